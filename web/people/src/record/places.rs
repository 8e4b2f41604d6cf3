//! What is done about lost records, kind by kind, after an old copy was put back (spec/audit.md,
//! "Putting a copy back").

use audit::Kind;

/// What is done about lost records of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// `taken.rs` reads what it took away, and it is taken away again.
    Taken,
    /// What it took away ended for everybody, whoever lost records.
    Ended,
    /// A setting, or something taken back that opens no door: not done again by the program. The
    /// operator looks and does it by hand.
    Look,
    /// It took nothing away that the copy could have.
    Given,
}

/// What is done about a kind; one that this version does not know is looked at.
pub(crate) fn place(kind: Kind) -> Place {
    PLACES.iter().find(|(_, kinds)| kinds.contains(&kind)).map_or(Place::Look, |(place, _)| *place)
}

/// Each kind once.
#[rustfmt::skip]
const PLACES: &[(Place, &[Kind])] = &[
    (Place::Taken, &[
        // Credentials of people.
        Kind::ACTIVATED, Kind::PASSWORD_CHANGED, Kind::TOTP_CHANGED, Kind::PASSKEY_REMOVED,
        Kind::ACTIVATION_ISSUED, Kind::RESET_AT_CONSOLE, Kind::RESTORED,
        // Bodies, people, roles, who leads.
        Kind::BODY_SUSPENDED, Kind::STAFF_SUSPENDED, Kind::STAFF_CHANGED, Kind::CHANGE_WITHDRAWN,
        Kind::DIVISION_CHANGED, Kind::DIVISION_REMOVED,
        // Devices, agents, tokens, PCs.
        Kind::DEVICE_REVOKED, Kind::AGENT_REVOKED, Kind::API_TOKEN_REVOKED, Kind::PC_STOPPED,
        Kind::UNASSIGNED,
        // What opens a PC, and who decides on it.
        Kind::TELEWORK_RETURNED, Kind::TELEWORK_REFUSED, Kind::TELEWORK_CANCELLED,
        Kind::EMERGENCY_LIFTED, Kind::LEAVE_REMOVED, Kind::HAND_OVER_ENDED,
    ]),
    (Place::Ended, &[
        Kind::SIGNED_OUT, Kind::SIGN_INS_ENDED, Kind::SIGN_IN_ENDED, Kind::FEED_REVOKED,
        Kind::ENROLMENT_WITHDRAWN,
    ]),
    (Place::Look, &[
        Kind::SIGN_IN_POLICY_CHANGED, Kind::SESSION_POLICY_CHANGED, Kind::RECORD_POLICY_CHANGED,
        Kind::MAIL_CHANGED, Kind::NOTICES_CHANGED, Kind::PC_CHANGED, Kind::DEVICE_CHANGED,
        Kind::DESKS_CHANGED, Kind::BODY_VALIDITY_CHANGED, Kind::BODY_LATER_REMOVED,
        Kind::ATTACHMENT_REMOVED, Kind::ANSWER_TAKEN_BACK, Kind::TELEWORK_RULES_CHANGED,
        Kind::TELEWORK_MEMBER_CHANGED, Kind::ALLOWANCE_WITHDRAWN, Kind::JUDGING_CHANGED, Kind::LOST,
    ]),
    (Place::Given, &[
        // The server and sign-in.
        Kind::SERVER_STARTED, Kind::SERVER_SET_UP, Kind::SERVER_SEEDED, Kind::SIGNED_IN,
        Kind::SIGN_IN_FAILED, Kind::LOCKED_OUT, Kind::UNLOCKED, Kind::PROVED, Kind::PROOF_FAILED,
        Kind::PASSKEY_ADDED,
        // Bodies, people, tokens; what is asked for waits no more, and what came of it is given
        // again.
        Kind::BODY_ADDED, Kind::BODY_RESUMED, Kind::DIVISION_ADDED, Kind::STAFF_ADDED,
        Kind::STAFF_RESUMED, Kind::STAFF_IMPORTED, Kind::STAFF_EXPORTED, Kind::MAIL_TESTED,
        Kind::API_TOKEN_MADE, Kind::API_TOKEN_ASKED, Kind::API_TOKEN_CONSENTED, Kind::CHANGE_ASKED,
        Kind::CHANGE_CONFIRMED, Kind::CHANGE_BEGAN, Kind::CHANGE_WAITS,
        // Agents, PCs, devices.
        Kind::ENROLMENT_ISSUED, Kind::AGENT_ENROLLED, Kind::AGENT_CONNECTED, Kind::AGENT_LOST,
        Kind::ENROLMENT_REFUSED, Kind::PC_OFFERED, Kind::PC_RESUMED, Kind::PC_REFUSED,
        Kind::ASSIGNED, Kind::DEVICE_PAIRED, Kind::PAIRING_FAILED, Kind::INVITED,
        Kind::PAIRING_STARTED,
        // Sessions: what is open is judged anew by its grounds.
        Kind::SESSION_REQUESTED, Kind::SESSION_REFUSED, Kind::SESSION_STARTED, Kind::SESSION_ENDED,
        Kind::SESSION_CUT, Kind::PASSWORD_REFUSED,
        // The record itself; addresses that were kept long enough are deleted again in time.
        Kind::AUDIT_EXPORTED, Kind::AUDIT_VERIFIED, Kind::RECORD_GAP, Kind::ADDRESSES_DELETED,
        Kind::ANCHORS_BEGUN,
        // The exchange: a step that is lost is taken again.
        Kind::CASE_DRAFTED, Kind::CASE_SENT, Kind::CASE_RECEIVED, Kind::CASE_FORWARDED,
        Kind::CASE_CIRCULATED, Kind::CASE_CLOSED, Kind::CASE_REOPENED, Kind::CASE_PUBLISHED,
        Kind::ANSWER_SAVED, Kind::ANSWER_SAVED_BY_PROXY, Kind::PART_SAVED, Kind::APPROVAL_ASKED,
        Kind::ANSWER_APPROVED, Kind::APPROVAL_DECLINED, Kind::ANSWER_SUBMITTED,
        Kind::ANSWER_RETURNED, Kind::ANSWER_PASSED, Kind::ANSWER_HANDED_UP, Kind::ANSWER_QUERIED,
        Kind::ANSWER_CONFIRMED, Kind::ANSWER_REOPENED, Kind::EXTENSION_ASKED,
        Kind::EXTENSION_GRANTED, Kind::EXTENSION_REFUSED, Kind::QUESTION_ASKED,
        Kind::QUESTION_ANSWERED, Kind::REMINDED, Kind::ATTACHMENT_ADDED, Kind::FORM_ADDED,
        Kind::BODY_ADDED_LATER, Kind::BUNDLE_WRITTEN, Kind::BUNDLE_AGAIN, Kind::BUNDLE_READ,
        Kind::BUNDLE_REFUSED, Kind::PEER_ADDED,
        // Telework: a step that is lost is taken again.
        Kind::TELEWORK_ASKED, Kind::TELEWORK_APPROVED, Kind::DAY_REPORTED, Kind::DAY_REPORT_WRITTEN,
        Kind::REASON_GIVEN, Kind::TELEWORK_REGISTERED, Kind::EMERGENCY_ORDERED, Kind::LEAVE_ENTERED,
        Kind::HANDED_OVER, Kind::MONTH_CLOSED, Kind::MONTH_REOPENED, Kind::ALLOWANCE_FIXED,
        Kind::PAYROLL_EXPORTED, Kind::ATTENDANCE_EXPORTED, Kind::WORK_ADDED, Kind::WORK_CHANGED,
        Kind::WORK_REMOVED, Kind::WORKS_IMPORTED, Kind::WORKS_EXPORTED, Kind::WORK_DECIDED,
        Kind::WORK_LINKED, Kind::SURVEY_FIGURE_SETTLED, Kind::SURVEY_FIGURE_REOPENED, Kind::LENT,
        Kind::GIVEN_BACK, Kind::TAKEOUT_ASKED, Kind::TAKEOUT_DECIDED, Kind::TAKEOUT_SETTLED,
        Kind::FEED_MADE,
    ]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_place() {
        for kind in Kind::ALL {
            let count = PLACES
                .iter()
                .flat_map(|(_, kinds)| *kinds)
                .filter(|placed| *placed == kind)
                .count();
            assert_eq!(
                count,
                1,
                "{}: what is done about it when an old copy was put back?",
                kind.name()
            );
        }
        assert_eq!(place(Kind::from_number(9_999)), Place::Look, "one of a newer version");
    }
}
