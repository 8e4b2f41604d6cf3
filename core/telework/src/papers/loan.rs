//! Loan register: who has which PC, filter or SIM, and until when.

use audit::{Decision, Kind};
use jiff::civil::Date;
use people::{Deed, DeviceId, Login, Permit, StaffId};
use serde::{Deserialize, Serialize};

/// What can be lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// 貸与PC
    Pc,
    /// プライバシーフィルター
    Filter,
    /// SIM・モバイルルーター
    Sim,
    /// その他
    Other,
}

impl Item {
    /// Every kind, in the order pages show them.
    pub const ALL: [Self; 4] = [Self::Pc, Self::Filter, Self::Sim, Self::Other];

    /// As forms, programs and the record name it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Pc => "pc",
            Self::Filter => "filter",
            Self::Sim => "sim",
            Self::Other => "other",
        }
    }
}

/// What can be done with a loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoanAction {
    /// Another device on it, another day it is due.
    Change,
    /// 返却
    Return,
    /// 紛失・盗難の届け出: by the register, or by whoever has it.
    Lose,
}

impl LoanAction {
    /// Every action, in the order pages show them.
    pub const ALL: [Self; 3] = [Self::Change, Self::Return, Self::Lose];
}

/// One loan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    /// What.
    pub item: Item,
    /// The number on it.
    pub number: String,
    /// Who has it.
    pub staff: StaffId,
    /// Since when.
    pub from: Date,
    /// When it is due back.
    pub until: Date,
    /// When it came back.
    #[serde(default)]
    pub returned: Option<Date>,
    /// When its loss was reported: the device key that belongs to it is revoked by the server in
    /// the same transaction.
    #[serde(default)]
    pub lost: Option<Date>,
    /// The paired device on it, as the server knows it.
    #[serde(default)]
    pub device: Option<DeviceId>,
}

/// Why a loan is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoanFault {
    /// It is out already.
    #[error("already lent to {0}")]
    Out(StaffId),
    /// Due before it begins.
    #[error("due before it begins")]
    Backwards,
    /// The number is missing.
    #[error("no number")]
    NoNumber,
    /// It is back or lost already.
    #[error("already settled")]
    Settled,
    /// The permit is for something else: a fault of the program.
    #[error("a permit for something else")]
    WrongPermit,
}

impl Loan {
    /// Whether it is out on `day`.
    pub fn is_out(&self) -> bool {
        self.returned.is_none() && self.lost.is_none()
    }

    /// Whether it should have come back.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.is_out() && self.until < today
    }

    /// Checks a new loan against those on record.
    ///
    /// # Errors
    /// [`LoanFault`].
    pub fn check(&self, others: &[Self]) -> Result<(), LoanFault> {
        if self.number.trim().is_empty() {
            return Err(LoanFault::NoNumber);
        }
        if self.until < self.from {
            return Err(LoanFault::Backwards);
        }
        match others.iter().find(|o| o.is_out() && o.item == self.item && o.number == self.number) {
            Some(o) => Err(LoanFault::Out(o.staff)),
            None => Ok(()),
        }
    }

    /// Lends it. `login` is the sign-in name of whoever gets it, for the record.
    ///
    /// # Errors
    /// [`LoanFault`].
    pub fn lend(
        self,
        others: &[Self],
        permit: &Permit,
        login: &Login,
    ) -> Result<Decision<Self>, LoanFault> {
        if permit.deed() != Deed::ManageLoans {
            return Err(LoanFault::WrongPermit);
        }
        self.check(others)?;
        let event = permit
            .event(Kind::LENT, login)
            .with("item", self.item.key())
            .with("number", &self.number)
            .with("from", self.from)
            .with("until", self.until);
        Ok(Decision::new(self, event))
    }

    /// What can be done with it: each of these is done, and nothing else.
    pub fn possible(&self, permit: &Permit) -> Vec<LoanAction> {
        let allowed = |action: &LoanAction| self.allows(*action, permit).is_ok();
        LoanAction::ALL.into_iter().filter(allowed).collect()
    }

    /// Another device on it, another day it is due.
    ///
    /// # Errors
    /// [`LoanFault`]; nothing changed.
    pub fn change(
        &self,
        device: Option<DeviceId>,
        until: Date,
        permit: &Permit,
    ) -> Result<Decision<Self>, LoanFault> {
        self.allows(LoanAction::Change, permit)?;
        if until < self.from {
            return Err(LoanFault::Backwards);
        }
        let event = permit
            .event(Kind::LENT, &self.number)
            .with("device", device.map_or(String::new(), |id| id.to_string()))
            .with("until", until);
        Ok(Decision::new(Self { device, until, ..self.clone() }, event))
    }

    /// It came back.
    ///
    /// # Errors
    /// [`LoanFault::Settled`] when it already has, or was lost.
    pub fn give_back(&self, day: Date, permit: &Permit) -> Result<Decision<Self>, LoanFault> {
        self.allows(LoanAction::Return, permit)?;
        let event = permit.event(Kind::GIVEN_BACK, &self.number).with("item", self.item.key());
        Ok(Decision::new(Self { returned: Some(day), ..self.clone() }, event))
    }

    /// It is lost; the device on it, where one is known, is to be cut.
    ///
    /// # Errors
    /// [`LoanFault::Settled`] when it is back or already reported.
    pub fn lose(&self, day: Date, why: &str, permit: &Permit) -> Result<Decision<Self>, LoanFault> {
        self.allows(LoanAction::Lose, permit)?;
        let event = permit
            .event(Kind::LOST, &self.number)
            .with("item", self.item.key())
            .with("staff", self.staff)
            .with("why", why);
        Ok(Decision::new(Self { lost: Some(day), ..self.clone() }, event))
    }

    /// The one place that says what is possible.
    fn allows(&self, action: LoanAction, permit: &Permit) -> Result<(), LoanFault> {
        let own = permit.deed() == Deed::SeeLoans && permit.actor() == self.staff;
        if permit.deed() != Deed::ManageLoans && !(own && action == LoanAction::Lose) {
            return Err(LoanFault::WrongPermit);
        }
        if self.is_out() { Ok(()) } else { Err(LoanFault::Settled) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{permit, who};
    use jiff::civil::date;
    use proptest::prelude::*;

    fn lent() -> Loan {
        Loan {
            item: Item::Pc,
            number: "PC-12".into(),
            staff: who("sato"),
            from: date(2026, 4, 1),
            until: date(2026, 9, 30),
            returned: None,
            lost: None,
            device: Some(DeviceId([1; 16])),
        }
    }

    #[test]
    fn one_thing_is_lent_once_and_its_loss_leaves_the_device_to_cut() {
        let loan = lent();
        let it = permit("joho", Deed::ManageLoans);
        assert_eq!(loan.check(&[]), Ok(()));
        assert_eq!(loan.check(std::slice::from_ref(&loan)), Err(LoanFault::Out(who("sato"))));
        assert!(loan.is_overdue(date(2026, 10, 1)) && !loan.is_overdue(date(2026, 9, 30)));
        let back = loan.give_back(date(2026, 9, 1), &it).unwrap().value;
        assert_eq!(loan.check(std::slice::from_ref(&back)), Ok(()));
        assert_eq!(back.lose(date(2026, 9, 2), "", &it), Err(LoanFault::Settled));
        let lost = loan.lose(date(2026, 5, 1), "", &it).unwrap().value;
        assert_eq!((lost.is_out(), lost.device), (false, Some(DeviceId([1; 16]))));
        assert_eq!(loan.change(None, date(2026, 3, 31), &it), Err(LoanFault::Backwards));
        assert_eq!(Loan { until: date(2026, 3, 1), ..loan }.check(&[]), Err(LoanFault::Backwards));
    }

    #[test]
    fn the_register_does_all_and_whoever_has_it_reports_its_loss() {
        use LoanAction::{Change, Lose, Return};
        let loan = lent();
        assert_eq!(loan.possible(&permit("joho", Deed::ManageLoans)), [Change, Return, Lose]);
        assert_eq!(loan.possible(&permit("sato", Deed::SeeLoans)), [Lose]);
        assert_eq!(loan.possible(&permit("kato", Deed::SeeLoans)), []);
        let others = permit("joho", Deed::ManageTelework);
        assert_eq!(loan.possible(&others), []);
        let login = "sato".parse().unwrap();
        assert_eq!(loan.clone().lend(&[], &others, &login), Err(LoanFault::WrongPermit));
        for gone in [
            Loan { returned: Some(date(2026, 5, 1)), ..loan.clone() },
            Loan { lost: Some(date(2026, 5, 1)), ..loan },
        ] {
            assert_eq!(gone.possible(&permit("joho", Deed::ManageLoans)), []);
            assert_eq!(gone.possible(&permit("sato", Deed::SeeLoans)), []);
        }
    }

    proptest! {
        #[test]
        fn what_is_offered_is_what_is_done(
            returned: bool,
            lost: bool,
            by in 0..2usize,
            deed in 0..3usize,
        ) {
            let day = date(2026, 5, 1);
            let (returned, lost) = (returned.then_some(day), lost.then_some(day));
            let loan = Loan { returned, lost, ..lent() };
            let deeds = [Deed::ManageLoans, Deed::SeeLoans, Deed::AskForTelework];
            let permit = permit(["sato", "joho"][by], deeds[deed]);
            let steps = loan.possible(&permit);
            let done = |action| match action {
                LoanAction::Change => loan.change(None, loan.until, &permit),
                LoanAction::Return => loan.give_back(day, &permit),
                LoanAction::Lose => loan.lose(day, "", &permit),
            };
            for action in LoanAction::ALL {
                prop_assert_eq!(steps.contains(&action), done(action).is_ok(), "{:?}", action);
            }
        }
    }
}
