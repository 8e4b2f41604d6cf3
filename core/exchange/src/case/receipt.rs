//! Receipts: what tells a desk that its answer was taken, and which.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::CaseId;
use crate::body::BodyCode;

/// 受付番号: case, body, how many times it was submitted, and two check digits (ISO 7064 MOD 97-10
/// over the digits):
/// `2021-0012-012025-01-55`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReceiptNumber {
    /// The case.
    pub case: CaseId,
    /// The body.
    pub body: BodyCode,
    /// 1 for the first submission.
    pub count: u8,
}

impl ReceiptNumber {
    fn check(&self) -> u128 {
        let mut number: u128 = 0;
        for part in [u128::from(self.case.year), u128::from(self.case.serial)] {
            number = number * 10_000 + part;
        }
        for digit in self.body.as_str().bytes() {
            number = number * 10 + u128::from(digit - b'0');
        }
        98 - (number * 1000 + u128::from(self.count)) * 100 % 97
    }
}

impl fmt::Display for ReceiptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:02}-{:02}", self.case, self.body, self.count, self.check())
    }
}

/// The text is no receipt number, or was mistyped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReceipt {
    /// Not of the shape.
    #[error("this is not a receipt number")]
    Shape,
    /// The check digits do not belong to the rest.
    #[error("the receipt number was mistyped")]
    Check,
}

impl FromStr for ReceiptNumber {
    type Err = BadReceipt;

    fn from_str(text: &str) -> Result<Self, BadReceipt> {
        let parts: Vec<&str> = text.trim().splitn(6, '-').collect();
        let [year, serial, body, count, check] = parts[..] else { return Err(BadReceipt::Shape) };
        let case = format!("{year}-{serial}").parse().map_err(|_| BadReceipt::Shape)?;
        let number = |text: &str| {
            let digits = (2..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse::<u8>().ok()).flatten().ok_or(BadReceipt::Shape)
        };
        let (count, check) = (number(count)?, number(check)?);
        let body = body.parse().map_err(|_| BadReceipt::Check)?;
        let read = ReceiptNumber { case, body, count };
        if u128::from(check) == read.check() { Ok(read) } else { Err(BadReceipt::Check) }
    }
}

impl TryFrom<String> for ReceiptNumber {
    type Error = BadReceipt;

    fn try_from(text: String) -> Result<Self, BadReceipt> {
        text.parse()
    }
}

impl From<ReceiptNumber> for String {
    fn from(number: ReceiptNumber) -> String {
        number.to_string()
    }
}

/// Made by the page or program that submits, once for each intention to submit; the same key twice
/// is one submission.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubmitKey(pub [u8; 16]);

/// A submission that was taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// 受付番号
    pub number: ReceiptNumber,
    /// The key it was submitted under.
    pub key: SubmitKey,
    /// The version of the answer that was taken.
    pub version: u32,
    /// When.
    pub at: Timestamp,
    /// Whether it came after the deadline.
    pub late: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_single_mistyped_digit_is_seen() {
        let case = CaseId { year: 2021, serial: 12 };
        let number = ReceiptNumber { case, body: "012025".parse().unwrap(), count: 1 };
        let text = number.to_string();
        assert_eq!(text.parse(), Ok(number));
        for place in 0..text.len() {
            for digit in b'0'..=b'9' {
                let mut bytes = text.clone().into_bytes();
                if bytes[place] != b'-' && bytes[place] != digit {
                    bytes[place] = digit;
                    let mistyped = String::from_utf8(bytes).unwrap();
                    assert_eq!(
                        mistyped.parse::<ReceiptNumber>(),
                        Err(BadReceipt::Check),
                        "{mistyped}"
                    );
                }
            }
        }
        assert_eq!("2021-0012".parse::<ReceiptNumber>(), Err(BadReceipt::Shape));
        assert_eq!("2021-0012-012025-1-+1-x".parse::<ReceiptNumber>(), Err(BadReceipt::Shape));
    }
}
