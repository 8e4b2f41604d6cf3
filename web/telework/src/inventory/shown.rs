//! What the forms of the inventory show, so that nothing is written over unseen: a piece of work
//! with what was decided on it, a person's part in it, a rule of judgement, all rules.

use people::{BodyCode, Staff};
use store::Conn;
use telework::inventory::sheet::hours;
use telework::inventory::{Rule, RuleSet, Work};
use telework::time::Minutes;

use super::words;
use kit::error::Refusal;
use kit::http::Lang;
use kit::http::seen::{Shown, yes};

/// A piece of work, with what a person decided on it.
pub(crate) async fn work(
    conn: &mut Conn,
    lang: Lang,
    body: BodyCode,
    rules: &RuleSet,
    work: &Work,
) -> Result<Shown, Refusal> {
    let division = store::divisions::find(conn, body, work.division).await?;
    let rule = |key: &String| {
        rules
            .rules
            .iter()
            .find(|rule| rule.key == *key)
            .map_or(key.clone(), |rule| rule.name.clone())
    };
    let removed: Vec<String> = work.removed.iter().map(rule).collect();
    let decided = work.decided.as_ref().map_or(String::new(), |decided| {
        format!("{}（{}）", words::outcome(lang, decided.outcome), decided.why)
    });
    let mut shown = Shown::default()
        .with("name", lang.t("業務名", "Name"), &work.name)
        .with(
            "division",
            lang.t("所属", "Division"),
            division.map_or(String::new(), |one| one.name.to_string()),
        )
        .with("hours", lang.t("年間時間", "Hours a year"), hours(work.yearly))
        .with("frequency", lang.t("頻度", "How often"), words::frequency(lang, work.frequency))
        .with(
            "information",
            lang.t("取り扱う情報", "Information"),
            words::information(lang, work.information),
        )
        .with("zone", lang.t("ネットワーク", "Network"), words::zone(lang, work.zone))
        .with("approval", lang.t("決裁", "Approval"), words::approval(lang, work.approval));
    let flags =
        [work.paper, work.seal, work.counter, work.site, work.telephone, work.interruptible];
    for ((key, ja, en), on) in words::FLAGS.into_iter().zip(flags) {
        shown = shown.with(key, lang.t(ja, en), yes(lang, on));
    }
    Ok(shown
        .with(
            "removed",
            lang.t("対応が済んだ支障", "Obstacles taken away"),
            removed.join(lang.t("、", ", ")),
        )
        .with("decided", lang.t("人の判断", "Decided by a person"), decided))
}

/// Of who does a piece of work: each person's hours. One form shows all of them and writes one.
pub(crate) fn shares<'a>(all: impl Iterator<Item = (&'a Staff, Minutes)>) -> Shown {
    let with = |shown: Shown, (one, yearly): (&Staff, Minutes)| {
        shown.with(one.id.to_string(), format!("{}（{}）", one.name, one.login), hours(yearly))
    };
    all.fold(Shown::default(), with).by_name()
}

/// A rule of judgement.
pub(crate) fn rule(lang: Lang, rule: &Rule) -> Shown {
    Shown::default()
        .with("name", lang.t("規則の名前", "Name"), &rule.name)
        .with("when", lang.t("条件", "Conditions"), words::when(lang, &rule.when))
        .with("result", lang.t("結果", "Result"), words::outcome(lang, rule.result))
        .with(
            "reason",
            lang.t("調査で数える理由", "Reason for the survey"),
            rule.reason.as_deref().unwrap_or(""),
        )
        .with("remedy", lang.t("可能にするには", "Remedy"), rule.remedy.as_deref().unwrap_or(""))
}

/// All rules of the body: what a return to the shipped ones replaces.
pub(crate) fn rules(lang: Lang, all: &RuleSet) -> Shown {
    let said = |rule: &Rule| {
        let texts =
            [rule.reason.as_deref(), rule.remedy.as_deref()].map(|text| text.unwrap_or("-"));
        let when = words::when(lang, &rule.when);
        format!(
            "{}／{when}／{}／{}／{}",
            rule.name,
            words::outcome(lang, rule.result),
            texts[0],
            texts[1]
        )
    };
    let with =
        |shown: Shown, rule: &Rule| shown.with(&rule.key, lang.t("規則", "Rule"), said(rule));
    all.rules.iter().fold(Shown::default(), with).in_short()
}
