//! Identities: 16 random bytes each, shown as 32 lower-case hexadecimal digits.

use crate::Fault;

id::ids! {
    Fault = Fault::Id;
    /// A member of staff.
    pub StaffId;
    /// A division (所属).
    pub DivisionId;
    /// A PC an agent offers, as this server knows it.
    pub PcId;
    /// Who may use which PC, and until when (利用許可).
    pub AssignmentId;
    /// A paired device: the first 16 bytes of SHA-256 over its key (spec/channel.md).
    pub DeviceId;
    /// An agent in an office (spec/pairing.md).
    pub AgentId;
    /// A passkey of a member of staff.
    pub PasskeyId;
    /// A meeting of a viewer and an agent, and the session that came of it (spec/pairing.md).
    pub MeetingId;
    /// A token of the API.
    pub TokenId;
    /// A change that waits for a second person or for its day.
    pub ChangeId;
    /// A mail on its way.
    pub MailId;
}
