//! The rules of judgement: read, added, changed, removed, and the shipped ones again.

use axum::extract::State;
use people::Deed;
use serde::{Deserialize, Serialize};
use telework::inventory::{Approval, Information, Outcome, Rule, When, Zone};
use utoipa::ToSchema;

use super::super::rules::{TEXT, is_name};
use super::super::words::unruly;
use super::super::{judging, put_rule, remove_rule, reset_rules, shown};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::call::{Body, PathOf};
use kit::http::seen::Seen;
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Scope, changed, json, refused};

/// A rule of judgement: each attribute that is given must be the work's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleInfo {
    /// Its key.
    key: String,
    /// Whether nobody can change it.
    locked: bool,
    /// What it says.
    #[serde(flatten)]
    rule: RuleBody,
}

/// What a rule says.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
pub(crate) struct RuleBody {
    /// Its name.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// `condition`, `no`, `ask`.
    #[schema(example = "condition")]
    result: String,
    /// For `no`: the survey's reason.
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: Option<String>,
    /// What would take the obstacle away.
    #[serde(default)]
    #[schema(max_length = 200)]
    remedy: Option<String>,
    /// `none`, `internal`, `personal`, `specific_personal`.
    #[serde(default)]
    information: Option<String>,
    /// `mynumber`, `lgwan`, `internet`.
    #[serde(default)]
    zone: Option<String>,
    /// `none`, `electronic`, `paper`.
    #[serde(default)]
    #[schema(example = "paper")]
    approval: Option<String>,
    /// Paper is needed.
    #[serde(default)]
    paper: Option<bool>,
    /// A seal is needed.
    #[serde(default)]
    seal: Option<bool>,
    /// It is done at the counter.
    #[serde(default)]
    counter: Option<bool>,
    /// It is done on site.
    #[serde(default)]
    site: Option<bool>,
    /// It needs the office's telephone.
    #[serde(default)]
    telephone: Option<bool>,
    /// It can be interrupted.
    #[serde(default)]
    interruptible: Option<bool>,
    /// The rule in short: sent back with a change of it, which is refused where it is another by
    /// then;
    /// nothing for a new one.
    #[serde(default)]
    revision: Option<String>,
}

impl RuleBody {
    /// The rule, without its key; nothing where a word is none of its list.
    fn read(&self) -> Option<Rule> {
        let short = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default().trim();
            (!text.is_empty()).then(|| text.chars().take(TEXT).collect())
        };
        let name = self.name.trim();
        let result = Outcome::read(&self.result).filter(|_| is_name(name))?;
        Some(Rule {
            key: String::new(),
            name: name.to_owned(),
            when: When {
                information: one_of(&self.information, Information::read)?,
                zone: one_of(&self.zone, Zone::read)?,
                approval: one_of(&self.approval, Approval::read)?,
                paper: self.paper,
                seal: self.seal,
                counter: self.counter,
                site: self.site,
                telephone: self.telephone,
                interruptible: self.interruptible,
            },
            reason: short(&self.reason).filter(|_| result == Outcome::No),
            result,
            remedy: short(&self.remedy),
            locked: false,
        })
    }
}

/// None where nothing was sent, the value where it is of the list; nothing at all where it is not.
fn one_of<T>(text: &Option<String>, read: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    match text.as_deref() {
        None | Some("") => Some(None),
        Some(text) => read(text).map(Some),
    }
}

/// Rules of judgement.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleList {
    /// In order; the first `no` gives the reason.
    rules: Vec<RuleInfo>,
    /// All of them in short: sent with the return to the shipped ones, which is refused where they
    /// are
    /// others by then.
    revision: String,
}

/// The rules by which work is judged.
#[utoipa::path(
    get,
    path = "/api/v1/telework/works/rules",
    tag = "telework",
    security(("token" = ["works:read"])),
    responses((status = 200, description = "The rules", body = RuleList)),
)]
pub(crate) async fn rules(caller: Caller, State(app): State<Kit>) -> Answer {
    caller.actor.widest(Deed::SeeWorks).ok_or(Refusal::NotFound)?;
    let rules = judging(&mut *app.store.read().await?, caller.actor.body).await?;
    let revision = shown::rules(Lang::Ja, &rules).revision();
    let info = |rule: telework::inventory::Rule| RuleInfo {
        locked: rule.locked,
        rule: RuleBody {
            revision: Some(shown::rule(Lang::Ja, &rule).revision()),
            name: rule.name,
            result: rule.result.key().to_owned(),
            reason: rule.reason,
            remedy: rule.remedy,
            information: rule.when.information.map(|one| one.key().to_owned()),
            zone: rule.when.zone.map(|one| one.key().to_owned()),
            approval: rule.when.approval.map(|one| one.key().to_owned()),
            paper: rule.when.paper,
            seal: rule.when.seal,
            counter: rule.when.counter,
            site: rule.when.site,
            telephone: rule.when.telephone,
            interruptible: rule.when.interruptible,
        },
        key: rule.key,
    };
    json(&RuleList { rules: rules.rules.into_iter().map(info).collect(), revision })
}

/// A rule that was written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleKey {
    /// Its key.
    key: String,
}

/// Adds a rule.
#[utoipa::path(
    post,
    path = "/api/v1/telework/works/rules",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    request_body = RuleBody,
    responses(
        (status = 200, description = "Added", body = RuleKey),
        (status = 422, description = "Not a rule", body = ErrorBody),
    ),
)]
pub(crate) async fn add_rule(
    caller: Caller,
    State(app): State<Kit>,
    Body(new): Body<RuleBody>,
) -> Answer {
    put(&app, &caller, None, new).await
}

/// Changes a rule.
#[utoipa::path(
    post,
    path = "/api/v1/telework/works/rules/{key}",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    params(("key" = String, Path, description = "Its key")),
    request_body = RuleBody,
    responses(
        (status = 200, description = "Changed", body = RuleKey),
        (status = 409, description = "Somebody changed it since it was read", body = ErrorBody),
        (status = 422, description = "Not a rule", body = ErrorBody),
    ),
)]
pub(crate) async fn change_rule(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(key): PathOf<String>,
    Body(new): Body<RuleBody>,
) -> Answer {
    put(&app, &caller, Some(key), new).await
}

async fn put(app: &Kit, caller: &Caller, key: Option<String>, new: RuleBody) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let seen = Seen::Revision(new.revision.as_deref().unwrap_or_default());
    match put_rule(app, &permit, Lang::Ja, key, new.read(), seen).await? {
        Ok(key) => json(&RuleKey { key }),
        Err(unput) if unput.changed.is_empty() => {
            Ok(refused(unput.fault.iter().map(|fault| unruly(Lang::Ja, fault)).collect()))
        }
        Err(unput) => Ok(changed(unput.changed)),
    }
}

/// Removes a rule.
#[utoipa::path(
    post,
    path = "/api/v1/telework/works/rules/{key}/remove",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    params(("key" = String, Path, description = "Its key")),
    responses((status = 200, description = "Removed", body = Done)),
)]
pub(crate) async fn drop_rule(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(key): PathOf<String>,
) -> Answer {
    remove_rule(&app, &caller.permit(Deed::ManageTelework)?, &key).await?;
    json(&Done::yes())
}

/// The rules as they were read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulesRead {
    /// All of them in short.
    revision: String,
}

/// The shipped rules again.
#[utoipa::path(
    post,
    path = "/api/v1/telework/works/rules/reset",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    request_body = RulesRead,
    responses(
        (status = 200, description = "As shipped", body = Done),
        (
            status = 409,
            description = "Somebody changed them since they were read",
            body = ErrorBody,
        ),
    ),
)]
pub(crate) async fn shipped_rules(
    caller: Caller,
    State(app): State<Kit>,
    Body(read): Body<RulesRead>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    match reset_rules(&app, &permit, Lang::Ja, Seen::Revision(&read.revision)).await? {
        stands if stands.is_empty() => json(&Done::yes()),
        stands => Ok(changed(stands)),
    }
}

pub(super) fn routes() -> Vec<Route> {
    use Scope::{TeleworkManage, WorksRead};
    let api = Access::Api;
    vec![
        call(Method::Get, "/api/v1/telework/works/rules", api(WorksRead), rules),
        call(Method::Post, "/api/v1/telework/works/rules", api(TeleworkManage), add_rule),
        call(
            Method::Post,
            "/api/v1/telework/works/rules/reset",
            api(TeleworkManage),
            shipped_rules,
        ),
        call(Method::Post, "/api/v1/telework/works/rules/{key}", api(TeleworkManage), change_rule),
        call(
            Method::Post,
            "/api/v1/telework/works/rules/{key}/remove",
            api(TeleworkManage),
            drop_rule,
        ),
    ]
}
