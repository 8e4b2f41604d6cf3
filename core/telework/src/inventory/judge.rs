//! Judging one piece of work by rules that can be read and changed, and by people where rules do
//! not decide.

use super::{Approval, Information, Work, Zone};
use jiff::Timestamp;
use people::StaffId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The rules of a body, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// In order; the first `no` gives the reason.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable key, unique in the set; also the key of the obstacle it names.
    pub key: String,
    /// What it says, for people.
    pub name: String,
    /// The attributes that must all hold.
    pub when: When,
    /// What follows.
    pub result: Outcome,
    /// For `no`: the survey's reason (Q6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What would take the obstacle away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Cannot be set aside by anybody.
    #[serde(default)]
    pub locked: bool,
}

/// A condition: every attribute given must equal the work's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each field is the work's attribute of the same name")]
pub struct When {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub information: Option<Information>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counter: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interruptible: Option<bool>,
}

/// What a rule concludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// そのまま可
    Possible,
    /// 条件付き可
    Condition,
    /// 不可
    No,
    /// A person has to decide.
    Ask,
}

/// A decision by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The decision; [`Outcome::Ask`] is no decision and is ignored.
    pub outcome: Outcome,
    /// Why, in words.
    pub why: String,
    /// Who decided.
    pub by: StaffId,
    /// When.
    pub at: Timestamp,
}

/// One rule that applies to a work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The rule's key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What would take it away.
    pub remedy: Option<String>,
    /// Whether it is a reason of the survey, for `no`.
    pub reason: Option<String>,
    /// It cannot be set aside.
    pub locked: bool,
}

/// How a piece of work is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The result.
    pub outcome: Outcome,
    /// Every rule that stands against it, in the set's order.
    pub causes: Vec<Cause>,
    /// The survey's reason when the result is 不可.
    pub reason: Option<String>,
    /// Whether a person's word decided it.
    pub by_person: bool,
}

impl RuleSet {
    /// The rules Noren ships, the project's own wording.
    ///
    /// # Errors
    /// None in practice: the shipped file is checked by a test.
    pub fn shipped() -> Result<Self, RulesError> {
        Self::parse(include_str!("../../data/judgement.toml"))
    }

    /// Reads rules from TOML.
    ///
    /// # Errors
    /// [`RulesError`] with the place in the file, or the rule that does not make sense.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        if text.len() > 256 * 1024 {
            return Err(RulesError::TooLarge);
        }
        let set: Self = toml::from_str(text).map_err(|e| RulesError::Syntax(e.to_string()))?;
        set.check()?;
        Ok(set)
    }

    /// Checks that the rules make sense.
    ///
    /// # Errors
    /// [`RulesError`] names the rule that does not.
    pub fn check(&self) -> Result<(), RulesError> {
        if self.rules.len() > MOST_RULES {
            return Err(RulesError::TooLarge);
        }
        let mut keys = BTreeSet::new();
        for rule in &self.rules {
            if !keys.insert(rule.key.as_str()) {
                return Err(RulesError::Twice(rule.key.clone()));
            }
            if rule.when == When::default() {
                return Err(RulesError::Always(rule.key.clone()));
            }
            if rule.result == Outcome::No && rule.reason.is_none() {
                return Err(RulesError::NoReason(rule.key.clone()));
            }
            if rule.result == Outcome::Possible {
                return Err(RulesError::Permits(rule.key.clone()));
            }
        }
        Ok(())
    }

    /// Judges one piece of work. The My Number zone is 不可 whatever the rules or people say.
    pub fn judge(&self, work: &Work) -> Judgement {
        let hits: Vec<&Rule> = self
            .rules
            .iter()
            .filter(|r| r.when.holds(work) && (r.locked || !work.removed.contains(&r.key)))
            .collect();
        let causes: Vec<Cause> = hits.iter().map(|r| Cause::of(r)).collect();
        let first = |outcome| hits.iter().find(|r| r.result == outcome);
        let locked = hits.iter().find(|r| r.locked && r.result == Outcome::No);
        let closed =
            work.zone == Zone::Mynumber || work.information == Information::SpecificPersonal;
        if closed || locked.is_some() {
            let reason =
                locked.and_then(|r| r.reason.clone()).unwrap_or_else(|| MYNUMBER_REASON.into());
            return Judgement {
                outcome: Outcome::No,
                causes,
                reason: Some(reason),
                by_person: false,
            };
        }
        if let Some(decided) = work.decided.as_ref().filter(|d| d.outcome != Outcome::Ask) {
            let reason = (decided.outcome == Outcome::No).then(|| {
                first(Outcome::No)
                    .and_then(|r| r.reason.clone())
                    .unwrap_or_else(|| decided.why.clone())
            });
            return Judgement { outcome: decided.outcome, causes, reason, by_person: true };
        }
        let outcome = [Outcome::No, Outcome::Ask, Outcome::Condition]
            .into_iter()
            .find(|o| first(*o).is_some())
            .unwrap_or(Outcome::Possible);
        let reason = first(Outcome::No).and_then(|r| r.reason.clone());
        Judgement { outcome, causes, reason, by_person: false }
    }
}

/// Most rules of a set.
const MOST_RULES: usize = 200;

/// The survey's reason for work in the My Number zone; fixed here so that an edited rule file
/// cannot open it.
const MYNUMBER_REASON: &str = "個人情報やマイナンバーを取り扱う業務は実施できない";

impl When {
    fn holds(&self, w: &Work) -> bool {
        fn is<T: PartialEq>(want: &Option<T>, has: &T) -> bool {
            want.as_ref().is_none_or(|v| v == has)
        }
        is(&self.information, &w.information)
            && is(&self.zone, &w.zone)
            && is(&self.approval, &w.approval)
            && is(&self.paper, &w.paper)
            && is(&self.seal, &w.seal)
            && is(&self.counter, &w.counter)
            && is(&self.site, &w.site)
            && is(&self.telephone, &w.telephone)
            && is(&self.interruptible, &w.interruptible)
    }
}

impl Cause {
    fn of(rule: &Rule) -> Self {
        Self {
            key: rule.key.clone(),
            name: rule.name.clone(),
            remedy: rule.remedy.clone(),
            reason: rule.reason.clone(),
            locked: rule.locked,
        }
    }
}

/// Why a rule file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Over 256 KiB, or over 200 rules.
    #[error("too many rules")]
    TooLarge,
    /// Not TOML of this shape; the text names line and column.
    #[error("{0}")]
    Syntax(String),
    /// Two rules share a key.
    #[error("rule {0:?} stands twice")]
    Twice(String),
    /// A rule without a condition would judge everything.
    #[error("rule {0:?} has no condition")]
    Always(String),
    /// 不可 needs the survey's reason.
    #[error("rule {0:?} says no without a reason")]
    NoReason(String),
    /// Rules name obstacles; work without any is possible.
    #[error("rule {0:?} may not conclude \"possible\"")]
    Permits(String),
}

#[cfg(test)]
mod tests {
    use super::super::tests_support::desk_work;
    use super::*;

    #[test]
    fn desk_work_is_possible_and_each_obstacle_is_named() {
        let rules = RuleSet::shipped().unwrap();
        assert_eq!(rules.judge(&desk_work()).outcome, Outcome::Possible);
        let paper = Work { paper: true, seal: true, ..desk_work() };
        let judged = rules.judge(&paper);
        assert_eq!(judged.outcome, Outcome::Condition);
        assert_eq!(
            judged.causes.iter().map(|c| c.key.as_str()).collect::<Vec<_>>(),
            ["paper", "seal"]
        );
        assert!(judged.causes.iter().all(|c| c.remedy.is_some()));
        let counter = rules.judge(&Work { counter: true, paper: true, ..desk_work() });
        assert_eq!(counter.outcome, Outcome::No);
        assert_eq!(
            counter.reason.as_deref(),
            Some("窓口業務や相談業務などがテレワークになじまない")
        );
    }

    #[test]
    fn people_decide_where_rules_ask_and_may_overrule_but_never_open_my_number_work() {
        let rules = RuleSet::shipped().unwrap();
        let yes = Some(Decided {
            outcome: Outcome::Possible,
            why: "予約制にした".into(),
            by: StaffId([9; 16]),
            at: Timestamp::UNIX_EPOCH,
        });
        let asked = Work { interruptible: false, ..desk_work() };
        assert_eq!(rules.judge(&asked).outcome, Outcome::Ask);
        assert_eq!(rules.judge(&Work { decided: yes.clone(), ..asked }).outcome, Outcome::Possible);
        assert_eq!(
            rules.judge(&Work { counter: true, decided: yes.clone(), ..desk_work() }).outcome,
            Outcome::Possible
        );
        for closed in [
            Work { zone: Zone::Mynumber, decided: yes.clone(), ..desk_work() },
            Work {
                information: Information::SpecificPersonal,
                decided: yes.clone(),
                ..desk_work()
            },
        ] {
            assert_eq!(rules.judge(&closed).outcome, Outcome::No);
            // Not even a body that empties its rules opens it.
            assert_eq!(RuleSet { rules: vec![] }.judge(&closed).outcome, Outcome::No);
        }
    }

    #[test]
    fn a_rule_file_that_makes_no_sense_is_refused_with_its_fault() {
        let base = "[[rule]]\nkey='a'\nname='A'\nresult='no'\nreason='r'\nwhen={ paper = true }\n";
        assert!(RuleSet::parse(base).is_ok());
        assert_eq!(RuleSet::parse(&format!("{base}{base}")), Err(RulesError::Twice("a".into())));
        assert_eq!(
            RuleSet::parse(&base.replace("paper = true", "")),
            Err(RulesError::Always("a".into()))
        );
        assert_eq!(
            RuleSet::parse(&base.replace("reason='r'\n", "")),
            Err(RulesError::NoReason("a".into()))
        );
        assert_eq!(
            RuleSet::parse(&base.replace("'no'", "'possible'")),
            Err(RulesError::Permits("a".into()))
        );
        assert!(matches!(
                RuleSet::parse(&base.replace("paper", "papers")),
                Err(RulesError::Syntax(m)) if m.contains("line 6")));
    }
}
