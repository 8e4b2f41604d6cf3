//! Who may meet whom: invites, grants, tickets, the agent's control conversation.
