//! Identities: 16 random bytes each, shown as 32 lower-case hexadecimal digits.

use crate::Fault;

id::ids! {
    Fault = Fault::Id;
    /// A member of staff.
    StaffId;
    /// A division (所属).
    DivisionId;
    /// A PC an agent offers, as this server knows it.
    PcId;
    /// Who may use which PC, and until when (利用許可).
    AssignmentId;
    /// A paired device: the first 16 bytes of SHA-256 over its key (spec/channel.md).
    DeviceId;
    /// An agent in an office (spec/pairing.md).
    AgentId;
    /// A passkey of a member of staff.
    PasskeyId;
    /// A meeting of a viewer and an agent, and the session that came of it (spec/pairing.md).
    MeetingId;
    /// A token of the API.
    TokenId;
    /// A change that waits for a second person or for its day.
    ChangeId;
    /// A mail on its way.
    MailId;
}
