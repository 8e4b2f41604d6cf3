//! Loan register: who has which PC, filter or SIM, and until when.

use jiff::civil::Date;
use people::{DeviceId, StaffId};
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

    /// It came back.
    ///
    /// # Errors
    /// [`LoanFault::Settled`] when it already has, or was lost.
    pub fn give_back(&self, day: Date) -> Result<Self, LoanFault> {
        if self.is_out() {
            Ok(Self { returned: Some(day), ..self.clone() })
        } else {
            Err(LoanFault::Settled)
        }
    }

    /// It is lost. Returns the device to cut, when one is known.
    ///
    /// # Errors
    /// [`LoanFault::Settled`] when it is back or already reported.
    pub fn lose(&self, day: Date) -> Result<(Self, Option<DeviceId>), LoanFault> {
        if !self.is_out() {
            return Err(LoanFault::Settled);
        }
        Ok((Self { lost: Some(day), ..self.clone() }, self.device))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::who;
    use jiff::civil::date;

    #[test]
    fn one_thing_is_lent_once_and_its_loss_names_the_device_to_cut() {
        let loan = Loan {
            item: Item::Pc,
            number: "PC-12".into(),
            staff: who("sato"),
            from: date(2026, 4, 1),
            until: date(2026, 9, 30),
            returned: None,
            lost: None,
            device: Some(DeviceId([1; 16])),
        };
        assert_eq!(loan.check(&[]), Ok(()));
        assert_eq!(loan.check(std::slice::from_ref(&loan)), Err(LoanFault::Out(who("sato"))));
        assert!(loan.is_overdue(date(2026, 10, 1)) && !loan.is_overdue(date(2026, 9, 30)));
        let back = loan.give_back(date(2026, 9, 1)).unwrap();
        assert_eq!(loan.check(std::slice::from_ref(&back)), Ok(()));
        assert_eq!(back.lose(date(2026, 9, 2)), Err(LoanFault::Settled));
        let (lost, cut) = loan.lose(date(2026, 5, 1)).unwrap();
        assert_eq!((lost.is_out(), cut), (false, Some(DeviceId([1; 16]))));
        assert_eq!(Loan { until: date(2026, 3, 1), ..loan }.check(&[]), Err(LoanFault::Backwards));
    }
}
