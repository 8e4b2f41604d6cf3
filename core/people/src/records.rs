//! What each deed may put on record. A permit is for one deed, so an act that was handed the wrong
//! permit has no kind of event to tell of itself, and the store commits nothing of it.

use audit::Kind;

use crate::{Actor, Deed};

impl Deed {
    /// The kinds of events that tell of this deed. `tests/records.txt` shows the table whole.
    #[must_use]
    pub const fn records(self) -> &'static [Kind] {
        match self {
            Self::SeeTargets
            | Self::GrantOffice
            | Self::SeeDivisions
            | Self::SeeDevices
            | Self::SeePcs
            | Self::SeeAgents
            | Self::SeePolicy
            | Self::SeeSessions
            | Self::SeeChanges => &[],
            Self::OpenPc => &[Kind::SESSION_REQUESTED],
            Self::PairDevice => &[Kind::PAIRING_STARTED, Kind::DEVICE_REVOKED],
            Self::ChangeOwnCredentials => &[
                Kind::SIGNED_OUT,
                Kind::SIGN_INS_ENDED,
                Kind::SIGN_IN_ENDED,
                Kind::PROVED,
                Kind::PROOF_FAILED,
                Kind::PASSWORD_CHANGED,
                Kind::PASSKEY_ADDED,
                Kind::PASSKEY_REMOVED,
                Kind::NOTICES_CHANGED,
                Kind::API_TOKEN_REVOKED,
                Kind::API_TOKEN_CONSENTED,
            ],
            Self::ManageBodies => &[
                Kind::ACTIVATION_ISSUED,
                Kind::BODY_ADDED,
                Kind::BODY_SUSPENDED,
                Kind::BODY_RESUMED,
                Kind::STAFF_ADDED,
                Kind::MAIL_CHANGED,
                Kind::MAIL_TESTED,
                Kind::AUDIT_EXPORTED,
                Kind::AUDIT_VERIFIED,
                Kind::BODY_VALIDITY_CHANGED,
                Kind::BODY_ADDED_LATER,
                Kind::BODY_LATER_REMOVED,
                Kind::BUNDLE_WRITTEN,
                Kind::BUNDLE_AGAIN,
                Kind::BUNDLE_READ,
                Kind::BUNDLE_REFUSED,
                Kind::PEER_ADDED,
            ],
            Self::SeeStaff => &[Kind::STAFF_EXPORTED],
            Self::ManageStaff => &[
                Kind::ACTIVATION_ISSUED,
                Kind::STAFF_ADDED,
                Kind::STAFF_CHANGED,
                Kind::STAFF_IMPORTED,
                Kind::CHANGE_ASKED,
            ],
            Self::SuspendStaff => &[
                Kind::UNLOCKED,
                Kind::STAFF_SUSPENDED,
                Kind::STAFF_RESUMED,
                Kind::API_TOKEN_REVOKED,
                Kind::FEED_REVOKED,
                Kind::ENROLMENT_WITHDRAWN,
            ],
            Self::ResetCredentials => &[
                Kind::ACTIVATION_ISSUED,
                Kind::API_TOKEN_REVOKED,
                Kind::CHANGE_ASKED,
                Kind::FEED_REVOKED,
                Kind::ENROLMENT_WITHDRAWN,
            ],
            Self::ManageDivisions => &[
                Kind::DIVISION_ADDED,
                Kind::DIVISION_CHANGED,
                Kind::DIVISION_REMOVED,
                Kind::CHANGE_ASKED,
                Kind::CHANGE_WITHDRAWN,
            ],
            Self::ManageDevices => &[Kind::DEVICE_CHANGED, Kind::DEVICE_REVOKED],
            Self::ManagePcs => &[
                Kind::PC_CHANGED,
                Kind::PC_STOPPED,
                Kind::PC_RESUMED,
                Kind::ASSIGNED,
                Kind::UNASSIGNED,
            ],
            Self::ManageAgents => &[Kind::ENROLMENT_ISSUED, Kind::AGENT_REVOKED],
            Self::ManagePolicy => &[
                Kind::SIGN_IN_POLICY_CHANGED,
                Kind::SESSION_POLICY_CHANGED,
                Kind::RECORD_POLICY_CHANGED,
            ],
            Self::EndSession => &[Kind::SESSION_CUT],
            Self::CutBody => &[Kind::BODY_SUSPENDED, Kind::BODY_RESUMED],
            Self::SeeAudit => &[Kind::AUDIT_VERIFIED],
            Self::ExportAudit => &[Kind::AUDIT_EXPORTED],
            Self::ManageTokens => {
                &[Kind::API_TOKEN_MADE, Kind::API_TOKEN_REVOKED, Kind::API_TOKEN_ASKED]
            }
            // What a second person confirms comes to be by her word.
            Self::ConfirmChanges => &[
                Kind::ACTIVATION_ISSUED,
                Kind::DIVISION_CHANGED,
                Kind::API_TOKEN_REVOKED,
                Kind::CHANGE_CONFIRMED,
                Kind::CHANGE_WITHDRAWN,
                Kind::DESKS_CHANGED,
                Kind::TELEWORK_RULES_CHANGED,
                Kind::TELEWORK_MEMBER_CHANGED,
                Kind::FEED_REVOKED,
                Kind::ENROLMENT_WITHDRAWN,
            ],
            Self::AskForTelework
            | Self::DecideTelework
            | Self::ManageTelework
            | Self::SeeWorks
            | Self::ManageWorks
            | Self::AnswerSurvey
            | Self::SeeLoans
            | Self::ManageLoans => self.records_of_telework(),
            Self::UseExchange => EXCHANGE,
            Self::ManageExchange => &[Kind::CHANGE_ASKED, Kind::DESKS_CHANGED],
        }
    }

    const fn records_of_telework(self) -> &'static [Kind] {
        match self {
            Self::AskForTelework => &[
                Kind::TELEWORK_ASKED,
                Kind::TELEWORK_CANCELLED,
                Kind::DAY_REPORTED,
                Kind::DAY_REPORT_WRITTEN,
                Kind::REASON_GIVEN,
                Kind::TELEWORK_REGISTERED,
                Kind::TAKEOUT_ASKED,
                Kind::TAKEOUT_SETTLED,
                Kind::FEED_MADE,
                Kind::FEED_REVOKED,
            ],
            Self::DecideTelework => &[
                Kind::TELEWORK_APPROVED,
                Kind::TELEWORK_RETURNED,
                Kind::TELEWORK_REFUSED,
                Kind::TELEWORK_CANCELLED,
                Kind::HANDED_OVER,
                Kind::HAND_OVER_ENDED,
                Kind::TAKEOUT_DECIDED,
                Kind::TAKEOUT_SETTLED,
            ],
            // HR enters a request or a reason for who cannot.
            Self::ManageTelework => &[
                Kind::CHANGE_ASKED,
                Kind::TELEWORK_ASKED,
                Kind::REASON_GIVEN,
                Kind::TELEWORK_RULES_CHANGED,
                Kind::TELEWORK_MEMBER_CHANGED,
                Kind::EMERGENCY_ORDERED,
                Kind::EMERGENCY_LIFTED,
                Kind::LEAVE_ENTERED,
                Kind::LEAVE_REMOVED,
                Kind::MONTH_CLOSED,
                Kind::MONTH_REOPENED,
                Kind::ALLOWANCE_FIXED,
                Kind::ALLOWANCE_WITHDRAWN,
                Kind::PAYROLL_EXPORTED,
                Kind::ATTENDANCE_EXPORTED,
                Kind::JUDGING_CHANGED,
            ],
            Self::SeeWorks => &[Kind::WORKS_EXPORTED],
            Self::ManageWorks => &[
                Kind::WORK_ADDED,
                Kind::WORK_CHANGED,
                Kind::WORK_REMOVED,
                Kind::WORKS_IMPORTED,
                Kind::WORK_DECIDED,
                Kind::WORK_LINKED,
            ],
            Self::AnswerSurvey => &[Kind::SURVEY_FIGURE_SETTLED, Kind::SURVEY_FIGURE_REOPENED],
            // The loss of what was lent, by whoever has it; its device is revoked with it.
            Self::SeeLoans => &[Kind::DEVICE_REVOKED, Kind::LOST],
            Self::ManageLoans => &[Kind::DEVICE_REVOKED, Kind::LENT, Kind::GIVEN_BACK, Kind::LOST],
            _ => &[],
        }
    }
}

/// Which desk does which of these, core/exchange decides.
const EXCHANGE: &[Kind] = &[
    Kind::CASE_DRAFTED,
    Kind::CASE_SENT,
    Kind::CASE_RECEIVED,
    Kind::CASE_FORWARDED,
    Kind::CASE_CIRCULATED,
    Kind::CASE_CLOSED,
    Kind::CASE_REOPENED,
    Kind::CASE_PUBLISHED,
    Kind::ANSWER_SAVED,
    Kind::ANSWER_SAVED_BY_PROXY,
    Kind::PART_SAVED,
    Kind::APPROVAL_ASKED,
    Kind::ANSWER_APPROVED,
    Kind::APPROVAL_DECLINED,
    Kind::ANSWER_SUBMITTED,
    Kind::ANSWER_TAKEN_BACK,
    Kind::ANSWER_RETURNED,
    Kind::ANSWER_PASSED,
    Kind::ANSWER_HANDED_UP,
    Kind::ANSWER_QUERIED,
    Kind::ANSWER_CONFIRMED,
    Kind::ANSWER_REOPENED,
    Kind::EXTENSION_ASKED,
    Kind::EXTENSION_GRANTED,
    Kind::EXTENSION_REFUSED,
    Kind::QUESTION_ASKED,
    Kind::QUESTION_ANSWERED,
    Kind::REMINDED,
    Kind::ATTACHMENT_ADDED,
    Kind::ATTACHMENT_REMOVED,
    Kind::FORM_ADDED,
    Kind::BODY_VALIDITY_CHANGED,
    Kind::BODY_ADDED_LATER,
    Kind::BODY_LATER_REMOVED,
];

impl Actor {
    /// What somebody can put on record at all: by every right that a role of hers gives. Her own
    /// credentials are hers whatever her roles are.
    pub(crate) fn records(&self) -> Vec<Kind> {
        let reached =
            |deed: &&Deed| **deed == Deed::ChangeOwnCredentials || self.widest(**deed).is_some();
        Deed::ALL.iter().filter(reached).flat_map(|deed| deed.records()).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The golden table: an auditor reads the file, this test keeps it true.
    #[test]
    fn the_table_of_records_is_the_file() {
        let mut text = String::from(
            "# What each deed may put on record. Held by a test: a new kind of event is a line \
             here.\n\n",
        );
        let names = |kinds: &mut dyn Iterator<Item = Kind>| {
            kinds.fold(String::new(), |text, kind| format!("{text}    {}\n", kind.name()))
        };
        for deed in Deed::ALL {
            text.push_str(&format!("{deed:?}\n{}", names(&mut deed.records().iter().copied())));
        }
        let by_nobody = |kind: &Kind| !Deed::ALL.iter().any(|deed| deed.records().contains(kind));
        text.push_str("\n# By no deed: a machine, a timer, the console, or who is signing in.\n");
        text.push_str(&names(&mut Kind::ALL.iter().copied().filter(by_nobody)));
        let file = include_str!("../tests/records.txt");
        assert_eq!(text, file, "\n{text}");
    }
}
