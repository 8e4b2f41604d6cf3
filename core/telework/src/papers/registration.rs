//! Yearly registration for telework: consent to the rules, and the checklist of the workplace at
//! home (作業環境チェックリスト).

use jiff::civil::Date;
use people::StaffId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Stable key.
    pub key: String,
    /// The question, in the body's words.
    pub text: String,
    /// Whether it must hold before telework begins.
    pub required: bool,
}

/// The body's checklist, by version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklist {
    /// Raised by each change: an older registration stands until it runs out.
    pub version: u32,
    /// In order.
    pub checks: Vec<Check>,
}

/// One person's registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Who.
    pub staff: StaffId,
    /// The day she registered.
    pub day: Date,
    /// The consent text as she saw it.
    pub consent: String,
    /// The checklist's version.
    pub version: u32,
    /// Her answers by key.
    pub answers: BTreeMap<String, bool>,
}

/// What a registration lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationFault {
    /// Her kind of appointment is not eligible by the body's rules: nothing could be asked for.
    #[error("not eligible")]
    NotEligible,
    /// The text was not agreed to.
    #[error("no consent")]
    NoConsent,
    /// The checklist changed since the page was opened.
    #[error("the checklist has changed")]
    OldChecklist,
    /// A question was left open.
    #[error("{0:?} is not answered")]
    Open(String),
    /// Something required does not hold.
    #[error("{0:?} is required")]
    Required(String),
}

impl Registration {
    /// Checks it against the body's checklist.
    ///
    /// # Errors
    /// Every fault, in the checklist's order.
    pub fn check(&self, list: &Checklist) -> Result<(), Vec<RegistrationFault>> {
        let mut faults = Vec::new();
        if self.consent.trim().is_empty() {
            faults.push(RegistrationFault::NoConsent);
        }
        if self.version != list.version {
            faults.push(RegistrationFault::OldChecklist);
        }
        for check in &list.checks {
            match self.answers.get(&check.key) {
                None => faults.push(RegistrationFault::Open(check.key.clone())),
                Some(false) if check.required => {
                    faults.push(RegistrationFault::Required(check.key.clone()))
                }
                Some(_) => {}
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// Until when she is registered: the day before the registration's first anniversary (29 February
/// counts to 28 February), the latest of all of hers.
pub fn registered_until(all: &[Registration], staff: StaffId) -> Option<Date> {
    let year = jiff::Span::new().years(1);
    all.iter()
        .filter(|r| r.staff == staff)
        .filter_map(|r| r.day.checked_add(year).ok()?.yesterday().ok())
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::who;
    use jiff::civil::date;

    #[test]
    fn a_registration_is_whole_or_says_what_is_missing() {
        let check =
            |key: &str, required| Check { key: key.into(), text: "机と椅子".into(), required };
        let list = Checklist {
            version: 2,
            checks: vec![check("desk", true), check("light", false), check("air", false)],
        };
        let r = Registration {
            staff: who("sato"),
            day: date(2024, 2, 29),
            consent: "同意します".into(),
            version: 2,
            answers: [("desk".into(), true), ("light".into(), false), ("air".into(), true)].into(),
        };
        assert_eq!(r.check(&list), Ok(()));
        assert_eq!(
            registered_until(std::slice::from_ref(&r), who("sato")),
            Some(date(2025, 2, 27))
        );
        assert_eq!(registered_until(std::slice::from_ref(&r), who("kato")), None);
        let bad = Registration {
            consent: String::new(),
            version: 1,
            answers: [("desk".into(), false)].into(),
            ..r
        };
        let faults = bad.check(&list).unwrap_err();
        assert_eq!(faults.len(), 5);
        assert!(faults.contains(&RegistrationFault::Required("desk".into())));
    }
}
