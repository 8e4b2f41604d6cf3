//! Bodies (団体), staff, roles, devices, policy: who may do what.
//!
//! Pure values and rules. A function that needs a right takes a [`Permit`], which only
//! [`Actor::permit`] makes; the whole table of rights is `tests/authority.txt`, and what each right
//! may put on record `tests/records.txt`, for an auditor to read.

mod authority;
mod body;
mod device;
mod error;
mod ground;
mod ids;
mod import;
mod password;
mod pc;
mod policy;
mod records;
mod second;
mod staff;
mod stop;

pub use authority::{Actor, Deed, Denied, Permit, Reach, Resource, Via};
pub use body::{Bodies, Body, BodyCode, BodyKind, MINISTRY, bodies};
pub use device::{Antivirus, Posture};
pub use error::Fault;
pub use ground::{Authority, Ground, roles_now};
pub use ids::{
    AgentId, AssignmentId, ChangeId, DeviceId, DivisionId, MailId, MeetingId, PasskeyId, PcId,
    StaffId, TokenId,
};
pub use import::{
    CellFault, CellFaultKind, MAX_CELL_FAULTS, MAX_STAFF_ROWS, STAFF_HEADINGS, read_staff,
    with_zeros,
};
pub use password::{PasswordFault, check_password};
pub use pc::{Assignment, Pc, TargetId, Zone};
pub use policy::{RecordPolicy, SessionPolicy, SignInPolicy};
pub use second::{Matter, NEVER, NotSecond, confirms, second_people, weighs, weight, why_not};
pub use staff::{Division, Login, Name, Role, Roles, Staff, StaffDraft, StaffState, tricks};
pub use stop::{Stop, Stopper};
