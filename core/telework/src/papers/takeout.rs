//! Permission to take information assets out of the office (情報資産の持出許可).

use jiff::civil::Date;
use people::{DivisionId, StaffId};
use serde::{Deserialize, Serialize};

/// A request to take something out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Takeout {
    /// Who.
    pub staff: StaffId,
    /// Of which division it was asked: its superior decides, wherever the person is then.
    #[serde(default)]
    pub division: Option<DivisionId>,
    /// What, in words.
    pub what: String,
    /// Why.
    pub why: String,
    /// Whether it holds personal information.
    pub personal: bool,
    /// Whether it holds a My Number: never permitted.
    pub specific_personal: bool,
    /// From.
    pub from: Date,
    /// To.
    pub until: Date,
    /// Where it stands.
    pub state: TakeoutState,
}

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeoutState {
    /// 申請中
    Requested,
    /// 許可
    Permitted {
        /// By whom.
        by: StaffId,
    },
    /// 不許可
    Refused {
        /// By whom.
        by: StaffId,
        /// Why.
        why: String,
    },
    /// 返却・廃棄の届け出あり
    Returned {
        /// When she said so.
        on: Date,
    },
    /// 返却・廃棄の確認済み
    Settled {
        /// When.
        on: Date,
        /// By whom.
        by: StaffId,
    },
}

/// Why it is refused by rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TakeoutFault {
    /// 特定個人情報 never leaves.
    #[error("specific personal information never leaves the office")]
    MyNumber,
    /// What and why must be said.
    #[error("what and why must be said")]
    Empty,
    /// It ends before it begins, or lasts over 31 days.
    #[error("the period is not possible")]
    Period,
    /// Not in that state.
    #[error("not possible in this state")]
    State,
    /// Nobody permits herself.
    #[error("one's own request")]
    Own,
}

impl Takeout {
    /// Checks a new request.
    ///
    /// # Errors
    /// [`TakeoutFault`].
    pub fn check(&self) -> Result<(), TakeoutFault> {
        if self.specific_personal {
            return Err(TakeoutFault::MyNumber);
        }
        if self.what.trim().is_empty() || self.why.trim().is_empty() {
            return Err(TakeoutFault::Empty);
        }
        let days = (self.until - self.from).get_days();
        if (0..=31).contains(&days) { Ok(()) } else { Err(TakeoutFault::Period) }
    }

    /// The superior permits it.
    ///
    /// # Errors
    /// [`TakeoutFault`].
    pub fn permit(&self, by: StaffId) -> Result<Self, TakeoutFault> {
        self.check()?;
        if by == self.staff {
            return Err(TakeoutFault::Own);
        }
        if self.state != TakeoutState::Requested {
            return Err(TakeoutFault::State);
        }
        Ok(Self { state: TakeoutState::Permitted { by }, ..self.clone() })
    }

    /// The superior refuses it, with why.
    ///
    /// # Errors
    /// [`TakeoutFault`].
    pub fn refuse(&self, by: StaffId, why: &str) -> Result<Self, TakeoutFault> {
        if by == self.staff {
            return Err(TakeoutFault::Own);
        }
        if self.state != TakeoutState::Requested {
            return Err(TakeoutFault::State);
        }
        if why.trim().is_empty() {
            return Err(TakeoutFault::Empty);
        }
        Ok(Self { state: TakeoutState::Refused { by, why: why.trim().to_owned() }, ..self.clone() })
    }

    /// She says that what was taken out is back or destroyed.
    ///
    /// # Errors
    /// [`TakeoutFault::State`] unless it was permitted.
    pub fn give_back(&self, on: Date) -> Result<Self, TakeoutFault> {
        if !matches!(self.state, TakeoutState::Permitted { .. }) {
            return Err(TakeoutFault::State);
        }
        Ok(Self { state: TakeoutState::Returned { on }, ..self.clone() })
    }

    /// The superior has seen that it is back or destroyed.
    ///
    /// # Errors
    /// [`TakeoutFault::State`] unless it was permitted; [`TakeoutFault::Own`].
    pub fn settle(&self, by: StaffId, on: Date) -> Result<Self, TakeoutFault> {
        if by == self.staff {
            return Err(TakeoutFault::Own);
        }
        if !matches!(self.state, TakeoutState::Permitted { .. } | TakeoutState::Returned { .. }) {
            return Err(TakeoutFault::State);
        }
        Ok(Self { state: TakeoutState::Settled { on, by }, ..self.clone() })
    }

    /// Whether it should have been back.
    pub fn is_overdue(&self, today: Date) -> bool {
        matches!(self.state, TakeoutState::Permitted { .. }) && self.until < today
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::who;
    use jiff::civil::date;

    #[test]
    fn my_number_never_leaves_and_nobody_permits_herself() {
        let t = Takeout {
            staff: who("sato"),
            division: None,
            what: "会議資料".into(),
            why: "在宅勤務で使う".into(),
            personal: false,
            specific_personal: false,
            from: date(2026, 4, 1),
            until: date(2026, 4, 2),
            state: TakeoutState::Requested,
        };
        assert_eq!(t.permit(who("sato")), Err(TakeoutFault::Own));
        let ok = t.permit(who("ito")).unwrap();
        assert_eq!(ok.permit(who("ito")), Err(TakeoutFault::State));
        assert!(ok.is_overdue(date(2026, 4, 3)) && !ok.is_overdue(date(2026, 4, 2)));
        let back = ok.give_back(date(2026, 4, 3)).unwrap();
        assert!(!back.is_overdue(date(2026, 4, 9)));
        assert_eq!(back.give_back(date(2026, 4, 3)), Err(TakeoutFault::State));
        assert_eq!(back.settle(who("sato"), date(2026, 4, 3)), Err(TakeoutFault::Own));
        let done = back.settle(who("ito"), date(2026, 4, 3)).unwrap();
        assert_eq!(done.settle(who("ito"), date(2026, 4, 3)), Err(TakeoutFault::State));
        assert_eq!(t.settle(who("ito"), date(2026, 4, 3)), Err(TakeoutFault::State));
        assert_eq!(t.refuse(who("ito"), " "), Err(TakeoutFault::Empty));
        assert_eq!(t.refuse(who("sato"), "x"), Err(TakeoutFault::Own));
        assert_eq!(
            t.refuse(who("ito"), "紙で足りる").unwrap().permit(who("ito")),
            Err(TakeoutFault::State)
        );
        assert_eq!(
            Takeout { specific_personal: true, ..t.clone() }.permit(who("ito")),
            Err(TakeoutFault::MyNumber)
        );
        assert_eq!(
            Takeout { until: date(2026, 6, 1), ..t.clone() }.check(),
            Err(TakeoutFault::Period)
        );
        assert_eq!(Takeout { until: date(2026, 3, 1), ..t }.check(), Err(TakeoutFault::Period));
    }
}
