//! Permission to take information assets out of the office (情報資産の持出許可).

use audit::{Decision, Kind};
use jiff::civil::Date;
use people::{Deed, DivisionId, Login, Permit, StaffId};
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeoutState {
    /// 申請中
    #[default]
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
    /// The permit is for something else: a fault of the program.
    #[error("a permit for something else")]
    WrongPermit,
}

/// What can be done with what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeoutAction {
    /// 許可
    Permit,
    /// 不許可
    Refuse,
    /// 返却・廃棄の届け出, by herself.
    Return,
    /// 返却・廃棄の確認
    Settle,
}

impl TakeoutAction {
    /// Every action, in the order pages show them.
    pub const ALL: [Self; 4] = [Self::Permit, Self::Refuse, Self::Return, Self::Settle];

    fn is_own(self) -> bool {
        self == Self::Return
    }

    /// As the record names it.
    fn name(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Refuse => "refuse",
            Self::Return => "return",
            Self::Settle => "settle",
        }
    }
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

    /// Asks for it. `login` is the sign-in name of the person, for the record.
    ///
    /// # Errors
    /// [`TakeoutFault`].
    pub fn ask(self, permit: &Permit, login: &Login) -> Result<Decision<Self>, TakeoutFault> {
        if permit.deed() != Deed::AskForTelework || permit.actor() != self.staff {
            return Err(TakeoutFault::WrongPermit);
        }
        self.check()?;
        let event = permit
            .event(Kind::TAKEOUT_ASKED, login)
            .with("from", self.from)
            .with("until", self.until)
            .with("personal", self.personal)
            .with("what", &self.what);
        Ok(Decision::new(Self { state: TakeoutState::Requested, ..self }, event))
    }

    /// What can be done with it: [`Takeout::decide`] does each of these, a refusal with a reason,
    /// and nothing else.
    pub fn possible(&self, permit: &Permit) -> Vec<TakeoutAction> {
        let allowed = |action: &TakeoutAction| self.allows(*action, permit).is_ok();
        TakeoutAction::ALL.into_iter().filter(allowed).collect()
    }

    /// Decides one action. `login` is the sign-in name of whoever asked for it, for the record.
    ///
    /// # Errors
    /// [`TakeoutFault`]; nothing changed.
    pub fn decide(
        &self,
        action: TakeoutAction,
        why: &str,
        permit: &Permit,
        login: &Login,
        today: Date,
    ) -> Result<Decision<Self>, TakeoutFault> {
        self.allows(action, permit)?;
        let (by, why) = (permit.actor(), why.trim());
        let (kind, state) = match action {
            TakeoutAction::Permit => (Kind::TAKEOUT_DECIDED, TakeoutState::Permitted { by }),
            TakeoutAction::Refuse if why.is_empty() => return Err(TakeoutFault::Empty),
            TakeoutAction::Refuse => {
                (Kind::TAKEOUT_DECIDED, TakeoutState::Refused { by, why: why.to_owned() })
            }
            TakeoutAction::Return => (Kind::TAKEOUT_SETTLED, TakeoutState::Returned { on: today }),
            TakeoutAction::Settle => {
                (Kind::TAKEOUT_SETTLED, TakeoutState::Settled { on: today, by })
            }
        };
        let event = permit.event(kind, login);
        let event = if action.is_own() {
            event.with("what", &self.what).with("said", "returned")
        } else {
            event.with("act", action.name()).with("what", &self.what).with("why", why)
        };
        Ok(Decision::new(Self { state, ..self.clone() }, event))
    }

    /// The one place that says what is possible.
    fn allows(&self, action: TakeoutAction, permit: &Permit) -> Result<(), TakeoutFault> {
        let own = permit.actor() == self.staff;
        let deed = if action.is_own() { Deed::AskForTelework } else { Deed::DecideTelework };
        if permit.deed() != deed || (action.is_own() && !own) {
            return Err(TakeoutFault::WrongPermit);
        }
        if !action.is_own() && own {
            return Err(TakeoutFault::Own);
        }
        match (action, &self.state) {
            // Rules may have become stricter since it was asked for.
            (TakeoutAction::Permit, TakeoutState::Requested) => self.check(),
            (TakeoutAction::Refuse, TakeoutState::Requested)
            | (TakeoutAction::Return, TakeoutState::Permitted { .. })
            | (
                TakeoutAction::Settle,
                TakeoutState::Permitted { .. } | TakeoutState::Returned { .. },
            ) => Ok(()),
            _ => Err(TakeoutFault::State),
        }
    }

    /// Whether somebody has to decide on it.
    pub fn is_waiting(&self) -> bool {
        self.state == TakeoutState::Requested
    }

    /// Whether nothing more comes of it.
    pub fn is_past(&self) -> bool {
        matches!(self.state, TakeoutState::Refused { .. } | TakeoutState::Settled { .. })
    }

    /// Whether it should have been back.
    pub fn is_overdue(&self, today: Date) -> bool {
        matches!(self.state, TakeoutState::Permitted { .. }) && self.until < today
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{permit, who};
    use jiff::civil::date;
    use proptest::prelude::*;

    fn asked() -> Takeout {
        Takeout {
            staff: who("sato"),
            division: None,
            what: "会議資料".into(),
            why: "在宅勤務で使う".into(),
            personal: false,
            specific_personal: false,
            from: date(2026, 4, 1),
            until: date(2026, 4, 2),
            state: TakeoutState::Requested,
        }
    }

    fn act(
        takeout: &Takeout,
        by: &str,
        action: TakeoutAction,
        why: &str,
    ) -> Result<Takeout, TakeoutFault> {
        let deed = if action.is_own() { Deed::AskForTelework } else { Deed::DecideTelework };
        let login = "sato".parse().unwrap();
        let decided = takeout.decide(action, why, &permit(by, deed), &login, date(2026, 4, 3));
        decided.map(|decision| decision.value)
    }

    #[test]
    fn my_number_never_leaves_and_nobody_permits_herself() {
        use TakeoutAction::{Permit, Refuse, Return, Settle};
        let t = asked();
        assert_eq!(act(&t, "sato", Permit, ""), Err(TakeoutFault::Own));
        let ok = act(&t, "ito", Permit, "").unwrap();
        assert_eq!(act(&ok, "ito", Permit, ""), Err(TakeoutFault::State));
        assert!(ok.is_overdue(date(2026, 4, 3)) && !ok.is_overdue(date(2026, 4, 2)));
        assert_eq!(act(&ok, "kato", Return, ""), Err(TakeoutFault::WrongPermit), "not hers");
        let back = act(&ok, "sato", Return, "").unwrap();
        assert!(!back.is_overdue(date(2026, 4, 9)));
        assert_eq!(act(&back, "sato", Return, ""), Err(TakeoutFault::State));
        assert_eq!(act(&back, "sato", Settle, ""), Err(TakeoutFault::Own));
        let done = act(&back, "ito", Settle, "").unwrap();
        assert_eq!(act(&done, "ito", Settle, ""), Err(TakeoutFault::State));
        assert_eq!(act(&t, "ito", Settle, ""), Err(TakeoutFault::State));
        assert_eq!(act(&t, "ito", Refuse, " "), Err(TakeoutFault::Empty));
        assert_eq!(act(&t, "sato", Refuse, "x"), Err(TakeoutFault::Own));
        let refused = act(&t, "ito", Refuse, "紙で足りる").unwrap();
        assert_eq!(act(&refused, "ito", Permit, ""), Err(TakeoutFault::State));
        let number = Takeout { specific_personal: true, ..t.clone() };
        assert_eq!(act(&number, "ito", Permit, ""), Err(TakeoutFault::MyNumber));
        for until in [date(2026, 6, 1), date(2026, 3, 1)] {
            let long = Takeout { until, ..t.clone() };
            assert_eq!(long.check(), Err(TakeoutFault::Period));
        }
    }

    #[test]
    fn it_is_asked_for_by_whoever_takes_it_out() {
        let login = "sato".parse().unwrap();
        let ask = |by, deed| asked().ask(&permit(by, deed), &login);
        assert_eq!(ask("ito", Deed::AskForTelework), Err(TakeoutFault::WrongPermit));
        assert_eq!(ask("sato", Deed::DecideTelework), Err(TakeoutFault::WrongPermit));
        let decision = ask("sato", Deed::AskForTelework).unwrap();
        assert_eq!(decision.events[0].kind, Kind::TAKEOUT_ASKED);
    }

    #[test]
    fn the_table_of_what_is_offered() {
        use TakeoutAction::{Permit, Refuse, Return, Settle};
        let (by, on) = (who("ito"), date(2026, 4, 3));
        let why = String::from("x");
        // What she is offered, what the superior is.
        let table: [(TakeoutState, &[TakeoutAction], &[TakeoutAction]); 5] = [
            (TakeoutState::Requested, &[], &[Permit, Refuse]),
            (TakeoutState::Permitted { by }, &[Return], &[Settle]),
            (TakeoutState::Refused { by, why }, &[], &[]),
            (TakeoutState::Returned { on }, &[], &[Settle]),
            (TakeoutState::Settled { on, by }, &[], &[]),
        ];
        for (state, own, led) in table {
            let takeout = Takeout { state, ..asked() };
            assert_eq!(takeout.possible(&permit("sato", Deed::AskForTelework)), own);
            assert_eq!(takeout.possible(&permit("ito", Deed::DecideTelework)), led);
            assert_eq!(takeout.possible(&permit("sato", Deed::DecideTelework)), [], "her own");
        }
    }

    proptest! {
        #[test]
        fn what_is_offered_is_what_is_decided(
            state in 0..5usize,
            by in 0..2usize,
            deed in 0..3usize,
            number: bool,
        ) {
            let (ito, on) = (who("ito"), date(2026, 4, 3));
            let states = [
                TakeoutState::Requested,
                TakeoutState::Permitted { by: ito },
                TakeoutState::Refused { by: ito, why: "x".into() },
                TakeoutState::Returned { on },
                TakeoutState::Settled { on, by: ito },
            ];
            let takeout =
                Takeout { state: states[state].clone(), specific_personal: number, ..asked() };
            let deeds = [Deed::AskForTelework, Deed::DecideTelework, Deed::ManageLoans];
            let permit = permit(["sato", "ito"][by], deeds[deed]);
            let login = "sato".parse().unwrap();
            let steps = takeout.possible(&permit);
            for action in TakeoutAction::ALL {
                let decided = takeout.decide(action, "理由", &permit, &login, on);
                prop_assert_eq!(steps.contains(&action), decided.is_ok(), "{:?}", action);
            }
        }
    }
}
