//! The work inventory (業務棚卸し): pieces of work, how each is judged, and what stands in the way.

mod judge;
mod labels;
mod obstacles;
mod possible;
pub mod sheet;

pub use judge::{Cause, Decided, Judgement, Outcome, Rule, RuleSet, RulesError, When};
pub use obstacles::{Freed, hours_by_division, hours_by_outcome, obstacles};
pub use possible::{Possible, Share, possible_staff};

use crate::time::Minutes;
use people::DivisionId;
use serde::{Deserialize, Serialize};

/// What information a piece of work handles, the most sensitive kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Information {
    /// なし
    None,
    /// 庁内情報
    Internal,
    /// 個人情報
    Personal,
    /// 特定個人情報 (with a My Number)
    SpecificPersonal,
}

/// The network zone its systems stand in (三層の対策).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// マイナンバー利用事務系
    Mynumber,
    /// LGWAN接続系
    Lgwan,
    /// インターネット接続系
    Internet,
}

/// How its decisions are approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// No approval.
    None,
    /// 紙決裁
    Paper,
    /// 電子決裁
    Electronic,
}

/// How often it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// 毎日
    Daily,
    /// 毎週
    Weekly,
    /// 毎月
    Monthly,
    /// 年に数回
    Seasonal,
    /// 随時
    Occasional,
}

/// One piece of work (業務) of one division, with the attributes that decide whether it can be done
/// from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Identifier within the body.
    pub id: u64,
    /// Its name as the division calls it.
    pub name: String,
    /// The division (所属) that does it.
    pub division: DivisionId,
    /// How often.
    pub frequency: Frequency,
    /// Time a year over all staff, in minutes.
    pub yearly: Minutes,
    /// What it handles.
    pub information: Information,
    /// Where its systems stand.
    pub zone: Zone,
    /// Paper documents are needed.
    pub paper: bool,
    /// A seal is needed.
    pub seal: bool,
    /// Citizens are met at a counter.
    pub counter: bool,
    /// It is done on a site.
    pub site: bool,
    /// Outside calls are taken.
    pub telephone: bool,
    /// How it is approved.
    pub approval: Approval,
    /// It can be put down and taken up again.
    pub interruptible: bool,
    /// What a person decided where the rules do not, or against them.
    pub decided: Option<Decided>,
    /// Keys of obstacles already removed for this work (the remedy is in place).
    #[serde(default)]
    pub removed: Vec<String>,
}

#[cfg(test)]
mod tests_support {
    use super::*;

    /// Work that nothing stands against.
    pub(super) fn desk_work() -> Work {
        Work {
            id: 1,
            name: "予算資料の作成".into(),
            division: DivisionId([7; 16]),
            frequency: Frequency::Monthly,
            yearly: Minutes(120 * 60),
            information: Information::Internal,
            zone: Zone::Lgwan,
            paper: false,
            seal: false,
            counter: false,
            site: false,
            telephone: false,
            approval: Approval::Electronic,
            interruptible: true,
            decided: None,
            removed: vec![],
        }
    }
}
