//! `/telework/works/rules`: the rules of judgement, to be read by everybody who sees the inventory
//! and changed by HR.

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::{Deed, Permit};
use serde::Deserialize;
use telework::inventory::sheet::hours;
use telework::inventory::{Approval, Information, Outcome, Rule, RuleSet, RulesError, When, Zone};
use telework::time::Minutes;

use super::{JUDGING, Stock, class, judging, shown, words};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen};
use kit::http::{Answer, Ctx, Form, Lang, Nothing, SignedIn, get, page_with, post, see_other};

/// Longest text of a rule, characters.
pub(super) const TEXT: usize = 200;

#[derive(Template)]
#[template(path = "telework/inventory/rules.html")]
struct ListPage {
    ctx: Ctx,
    rows: Vec<Row>,
    may_change: bool,
    /// What stands now, for the field that comes back.
    seen: String,
    changed: Changed,
}

struct Row {
    key: String,
    name: String,
    when: String,
    outcome: &'static str,
    class: &'static str,
    reason: String,
    remedy: String,
    locked: bool,
    works: usize,
    hours: String,
}

#[derive(Template)]
#[template(path = "telework/inventory/rule.html")]
struct RulePage {
    ctx: Ctx,
    /// Empty while it is new.
    key: String,
    name: String,
    reason: String,
    remedy: String,
    results: Vec<Choice>,
    /// Conditions: field, label, choices.
    conditions: Vec<(&'static str, &'static str, Vec<Choice>)>,
    locked: bool,
    /// What stands now, for the field that comes back.
    seen: String,
    fault: Option<String>,
    unkept: Unput,
}

/// Why a rule was not put.
#[derive(Default)]
pub(crate) struct Unput {
    /// As it is, where there is one.
    pub(crate) before: Option<Rule>,
    /// What is wrong.
    pub(crate) fault: Option<Unruly>,
    /// What somebody changed that the sender has not seen.
    pub(crate) changed: Changed,
}

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unruly {
    /// Without a name or a result, or with a word that is none of its list.
    Unread,
    /// It does not hold beside the others.
    Rules(RulesError),
}

struct Choice {
    key: &'static str,
    text: &'static str,
    chosen: bool,
}

async fn list(visit: SignedIn, State(app): State<Kit>) -> Answer {
    render_list(&app, visit, Changed::default()).await
}

async fn render_list(app: &Kit, visit: SignedIn, changed: Changed) -> Answer {
    let lang = visit.ctx.lang;
    let stock = Stock::of(&mut *app.store.read().await?, &visit.actor, Deed::SeeWorks).await?;
    let judged: Vec<_> =
        stock.works.iter().map(|row| (stock.rules.judge(&row.work), row.work.yearly)).collect();
    let rows = stock.rules.rules.iter().map(|rule| {
        let hit = || {
            judged
                .iter()
                .filter(|(judged, _)| judged.causes.iter().any(|cause| cause.key == rule.key))
        };
        Row {
            key: rule.key.clone(),
            name: rule.name.clone(),
            when: words::when(lang, &rule.when),
            outcome: words::outcome(lang, rule.result),
            class: class(rule.result),
            reason: rule.reason.clone().unwrap_or_default(),
            remedy: rule.remedy.clone().unwrap_or_default(),
            locked: rule.locked,
            works: hit().count(),
            hours: hours(hit().map(|(_, yearly)| *yearly).sum::<Minutes>()),
        }
    });
    let seen = changed.seen(None, &shown::rules(lang, &stock.rules));
    let may_change = visit.ctx.may(Deed::ManageTelework);
    let status = if changed.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    page_with(status, ListPage { rows: rows.collect(), may_change, seen, changed, ctx: visit.ctx })
}

async fn new(visit: SignedIn) -> Answer {
    visit.permit(Deed::ManageTelework)?;
    form(visit, &BTreeMap::new(), Unput::default())
}

async fn show(visit: SignedIn, State(app): State<Kit>, Path(key): Path<String>) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let rules = judging(&mut *app.store.read().await?, permit.body()).await?;
    let rule = rules.rules.iter().find(|rule| rule.key == key).ok_or(Refusal::NotFound)?;
    form(visit, &fields(rule), Unput { before: Some(rule.clone()), ..Unput::default() })
}

async fn add(
    visit: SignedIn,
    State(app): State<Kit>,
    Form(entered): Form<BTreeMap<String, String>>,
) -> Answer {
    put(visit, app, None, entered).await
}

async fn change(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(key): Path<String>,
    Form(entered): Form<BTreeMap<String, String>>,
) -> Answer {
    put(visit, app, Some(key), entered).await
}

async fn put(
    visit: SignedIn,
    app: Kit,
    key: Option<String>,
    entered: BTreeMap<String, String>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let seen = Seen::Form(entered.get("seen").map_or("", String::as_str));
    let (lang, rule) = (visit.ctx.lang, read(&entered));
    match put_rule(&app, &permit, lang, key, rule, seen).await? {
        Ok(_) => Ok(see_other("/telework/works/rules?done=saved")),
        Err(unkept) => form(visit, &entered, unkept),
    }
}

/// Adds a rule, or changes the one of this key, of which the sender saw `seen`. Its key; or the
/// rule as it is and why not.
pub(crate) async fn put_rule(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    key: Option<String>,
    rule: Option<Rule>,
    seen: Seen<'_>,
) -> Result<Result<String, Unput>, Refusal> {
    let mut tx = app.write_as(permit).await?;
    let mut rules = judging(&mut tx, permit.body()).await?;
    let before = match &key {
        None => None,
        Some(key) => Some(
            rules
                .rules
                .iter()
                .find(|rule| rule.key == *key && !rule.locked)
                .cloned()
                .ok_or(Refusal::NotFound)?,
        ),
    };
    let changed = before
        .as_ref()
        .map_or(Changed::default(), |rule| shown::rule(lang, rule).unseen(lang, seen));
    if !changed.is_empty() {
        return Ok(Err(Unput { before, changed, ..Unput::default() }));
    }
    let key = key.unwrap_or_else(|| unused(&rules));
    let Some(rule) = rule.map(|rule| Rule { key: key.clone(), ..rule }) else {
        let fault = Some(Unruly::Unread);
        return Ok(Err(Unput { before, fault, ..Unput::default() }));
    };
    match rules.rules.iter_mut().find(|one| one.key == key) {
        Some(one) => *one = rule.clone(),
        None => rules.rules.push(rule.clone()),
    }
    if let Err(error) = rules.check() {
        let fault = Some(Unruly::Rules(error));
        return Ok(Err(Unput { before, fault, ..Unput::default() }));
    }
    let event = permit
        .event(Kind::JUDGING_CHANGED, &rule.name)
        .with("key", &key)
        .with("result", rule.result.key())
        .with("before", before.as_ref().map_or("", |rule| rule.result.key()))
        .with("when", words::when(Lang::Ja, &rule.when));
    store::telework::put_setting(&mut tx, permit.body(), JUDGING, &rules, app.now()).await?;
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(key))
}

async fn remove(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(key): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    remove_rule(&app, &visit.permit(Deed::ManageTelework)?, &key).await?;
    Ok(see_other("/telework/works/rules?done=removed"))
}

/// Removes a rule that is not locked.
pub(crate) async fn remove_rule(app: &Kit, permit: &Permit, key: &str) -> Result<(), Refusal> {
    let mut tx = app.write_as(permit).await?;
    let mut rules = judging(&mut tx, permit.body()).await?;
    let at = rules
        .rules
        .iter()
        .position(|rule| rule.key == key && !rule.locked)
        .ok_or(Refusal::NotFound)?;
    let gone = rules.rules.remove(at);
    store::telework::put_setting(&mut tx, permit.body(), JUDGING, &rules, app.now()).await?;
    let event =
        permit.event(Kind::JUDGING_CHANGED, &gone.name).with("key", key).with("removed", true);
    tx.commit(Decision::new((), event)).await?;
    Ok(())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reset {
    /// What the list showed.
    seen: String,
}

async fn reset(visit: SignedIn, State(app): State<Kit>, Form(reset): Form<Reset>) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    match reset_rules(&app, &permit, visit.ctx.lang, Seen::Form(&reset.seen)).await? {
        changed if changed.is_empty() => Ok(see_other("/telework/works/rules?done=saved")),
        changed => render_list(&app, visit, changed).await,
    }
}

/// The shipped rules again. What somebody changed that the sender has not seen; then they stay.
pub(crate) async fn reset_rules(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    seen: Seen<'_>,
) -> Result<Changed, Refusal> {
    let shipped = RuleSet::shipped().map_err(|error| Refusal::Internal(error.to_string()))?;
    let mut tx = app.write_as(permit).await?;
    let changed = shown::rules(lang, &judging(&mut tx, permit.body()).await?).unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(changed);
    }
    store::telework::put_setting(&mut tx, permit.body(), JUDGING, &shipped, app.now()).await?;
    tx.commit(Decision::new((), permit.event(Kind::JUDGING_CHANGED, "shipped"))).await?;
    Ok(Changed::default())
}

/// A key no rule has had here: work keeps the keys of what was removed from it.
fn unused(rules: &RuleSet) -> String {
    let number = rules
        .rules
        .iter()
        .filter_map(|rule| rule.key.strip_prefix("own-")?.parse::<u32>().ok())
        .max()
        .unwrap_or(0);
    format!("own-{}", number.saturating_add(1))
}

const FLAG_KEYS: [&str; 2] = ["yes", "no"];

/// The rule of the form, without its key.
fn read(entered: &BTreeMap<String, String>) -> Option<Rule> {
    let text = |name: &str| entered.get(name).map_or("", |text| text.trim());
    let short = |name: &str| {
        Some(text(name))
            .filter(|text| !text.is_empty())
            .map(|text| text.chars().take(TEXT).collect())
    };
    let flag = |name: &str| match text(name) {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let name = text("name");
    if !is_name(name) {
        return None;
    }
    let result = Outcome::read(text("result"))?;
    Some(Rule {
        key: String::new(),
        name: name.to_owned(),
        when: When {
            information: Information::read(text("information")),
            zone: Zone::read(text("zone")),
            approval: Approval::read(text("approval")),
            paper: flag("paper"),
            seal: flag("seal"),
            counter: flag("counter"),
            site: flag("site"),
            telephone: flag("telephone"),
            interruptible: flag("interruptible"),
        },
        reason: short("reason").filter(|_| result == Outcome::No),
        result,
        remedy: short("remedy"),
        locked: false,
    })
}

/// Whether a rule can be named so.
pub(super) fn is_name(name: &str) -> bool {
    (1..=TEXT).contains(&name.chars().count()) && !name.chars().any(char::is_control)
}

/// The form of a rule as it stands.
fn fields(rule: &Rule) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            out.insert(name.to_owned(), value.to_owned());
        }
    };
    put("name", Some(&rule.name));
    put("result", Some(rule.result.key()));
    put("reason", rule.reason.as_deref());
    put("remedy", rule.remedy.as_deref());
    put("information", rule.when.information.map(Information::key));
    put("zone", rule.when.zone.map(Zone::key));
    put("approval", rule.when.approval.map(Approval::key));
    let when = &rule.when;
    let flags =
        [when.paper, when.seal, when.counter, when.site, when.telephone, when.interruptible];
    for ((key, ..), flag) in words::FLAGS.into_iter().zip(flags) {
        put(key, flag.map(|on| FLAG_KEYS[usize::from(!on)]));
    }
    out
}

fn form(visit: SignedIn, entered: &BTreeMap<String, String>, unkept: Unput) -> Answer {
    let lang = visit.ctx.lang;
    let rule = unkept.before.as_ref();
    let status = match (&unkept.fault, unkept.changed.is_empty()) {
        (_, false) => StatusCode::CONFLICT,
        (Some(_), _) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let text = |name: &str| entered.get(name).cloned().unwrap_or_default();
    let chosen = |name: &str, key: &str| entered.get(name).is_some_and(|value| value == key);
    let choice = |name: &str, key: &'static str, text: &'static str| Choice {
        key,
        text,
        chosen: chosen(name, key),
    };
    let information = Information::ALL
        .iter()
        .map(|one| choice("information", one.key(), words::information(lang, *one)));
    let zone = Zone::ALL.iter().map(|one| choice("zone", one.key(), words::zone(lang, *one)));
    let approval =
        Approval::ALL.iter().map(|one| choice("approval", one.key(), words::approval(lang, *one)));
    let mut conditions = vec![
        ("information", lang.t("取り扱う情報", "Information"), information.collect()),
        ("zone", lang.t("ネットワーク", "Network"), zone.collect()),
        ("approval", lang.t("決裁", "Approval"), approval.collect()),
    ];
    for (key, ja, en) in words::FLAGS {
        let choices = vec![
            choice(key, FLAG_KEYS[0], lang.t("はい", "Yes")),
            choice(key, FLAG_KEYS[1], lang.t("いいえ", "No")),
        ];
        conditions.push((key, lang.t(ja, en), choices));
    }
    let results = [Outcome::Condition, Outcome::No, Outcome::Ask]
        .map(|one| choice("result", one.key(), words::outcome(lang, one)));
    let view = RulePage {
        key: rule.map(|rule| rule.key.clone()).unwrap_or_default(),
        name: text("name"),
        reason: text("reason"),
        remedy: text("remedy"),
        results: results.into(),
        conditions,
        locked: rule.is_some_and(|rule| rule.locked),
        seen: rule.map_or(String::new(), |rule| {
            unkept.changed.seen(entered.get("seen").map(String::as_str), &shown::rule(lang, rule))
        }),
        fault: unkept.fault.as_ref().map(|fault| words::unruly(lang, fault).message),
        unkept,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

pub(super) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManageTelework);
    vec![
        get("/telework/works/rules", May(Deed::SeeWorks), list),
        get("/telework/works/rules/new", manage, new),
        post("/telework/works/rules/new", manage, add),
        post("/telework/works/rules/reset", manage, reset),
        get("/telework/works/rules/{key}", manage, show),
        post("/telework/works/rules/{key}", manage, change),
        post("/telework/works/rules/{key}/remove", manage, remove),
    ]
}
