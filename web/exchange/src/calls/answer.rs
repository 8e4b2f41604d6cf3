//! Answering: the fields as they stand, drafts, versions, parts of divisions.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use exchange::case::AnswerVersion;
use exchange::draft::Typed;
use exchange::value::QuestionId;
use people::BodyCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::info::{FieldText, Stepped, fields};
use super::{day, undone};
use crate::Exchange;
use crate::Route;
use crate::access::{case_id, open, reach};
use crate::bodies::changes;
use crate::versions;
use crate::{Enter, Hand, Outcome, Place, Standing, Whose, Wish, enter, give_out, keep_typed};
use kit::error::{Most, Refusal};
use kit::http::call::{Body, PathOf, Query};
use kit::http::{
    Access, Answer, Caller, ErrorBody, Lang, Method, Reason, Scope, call, json, refused, stale,
};

/// Most fields of one entry.
const FIELDS: usize = 5_000;

/// Whose answer.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfBody {
    /// Code of the body; without it, the caller's own.
    body: Option<String>,
}

/// A fault of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FaultInfo {
    /// At which question.
    question: String,
    /// Row and column, for a table.
    cell: Option<String>,
    /// What is wrong, for people.
    message: String,
    /// Whether it is only that nothing was entered yet.
    missing: bool,
}

/// An answer as it stands in the caller's fields.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Fields {
    /// As what the caller is here: `desk`, `part` (a division's), `proxy`, `reader`.
    hand: &'static str,
    /// The version the fields stand on; 0 before the first.
    version: u32,
    /// The revision of the delivery.
    revision: u64,
    /// What stands in the fields: to be handed back as `base`.
    fields: Vec<FieldText>,
    /// Everything that is wrong or missing.
    faults: Vec<FaultInfo>,
    /// The body's answers of last year, in the fields of last year's form.
    previous: Vec<FieldText>,
}

/// The answer as it stands: the draft on top of what was saved, with everything that is wrong.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases/{id}/answer",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(("id" = String, Path, description = "Number of the case"), OfBody),
    responses((status = 200, description = "The fields", body = Fields)),
)]
pub(crate) async fn answer(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Query(of): Query<OfBody>,
) -> Answer {
    let whose = whose(of.body.as_deref())?;
    let mut conn = app.store.read().await?;
    let place = Place::of(&app, &mut conn, &caller.actor, &id, &whose).await?;
    let typed = if place.hand == Hand::Reader {
        place.answer().map(|answer| Typed::of(&place.form, &answer.sheet)).unwrap_or_default()
    } else {
        Standing::of(&mut conn, &place).await?.whole(&place)
    };
    drop(conn);
    let checked = place.check(&typed);
    // A division sees its own questions; the rest of the form is the desk's.
    let shown = if matches!(place.hand, Hand::Part(_)) { place.own(&typed) } else { typed };
    let open = place.open().filter(|_| matches!(place.hand, Hand::Part(_)));
    let faults = checked
        .faults
        .iter()
        .filter(|fault| open.as_ref().is_none_or(|open| open.contains(&fault.question)));
    json(&Fields {
        hand: match place.hand {
            Hand::Desk => "desk",
            Hand::Part(_) => "part",
            Hand::Proxy => "proxy",
            Hand::Reader => "reader",
        },
        version: place.answer().map_or(0, |answer| answer.number),
        revision: place.delivery().revision,
        fields: fields(&shown),
        faults: faults
            .map(|fault| FaultInfo {
                question: fault.question.to_string(),
                cell: fault.cell.as_ref().map(|(row, column)| format!("{row}.{column}")),
                message: fault.what.ja(),
                missing: fault.what.is_missing(),
            })
            .collect(),
        previous: place
            .before()
            .map(|(form, sheet)| fields(&Typed::of(form, sheet)))
            .unwrap_or_default(),
    })
}

/// A question that a version answers otherwise than the one before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeInfo {
    /// The question, as people see it.
    question: String,
    /// Its answer in the version before, in words; empty for none.
    before: String,
    /// Its answer in this one.
    after: String,
}

/// A version of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionLine {
    /// Its number, from 1.
    number: u32,
    /// When it was saved.
    #[schema(format = DateTime)]
    at: String,
    /// Sign-in name of who saved it.
    by: String,
    /// Why, where a reason was asked for.
    reason: String,
    /// Whether it was entered for the body (代理入力).
    proxy: bool,
    /// Receipts it was submitted under.
    receipts: Vec<String>,
    /// What changed since the version before, as far as the caller sees that.
    changes: Vec<ChangeInfo>,
}

/// Versions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Versions {
    /// The last fifty, oldest first.
    versions: Vec<VersionLine>,
}

/// The versions of an answer with who, when, why and what changed: a body all of its own, others
/// those that were submitted to them.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases/{id}/versions",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(("id" = String, Path, description = "Number of the case"), OfBody),
    responses((status = 200, description = "Versions", body = Versions)),
)]
pub(crate) async fn versions(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Query(of): Query<OfBody>,
) -> Answer {
    let mut conn = app.store.read().await?;
    let (opened, form) =
        versions::opened(&app, &mut conn, &caller.actor, &id, &whose(of.body.as_deref())?).await?;
    let all = versions::seen(&mut conn, &opened).await?;
    drop(conn);
    let first = all.len().saturating_sub(versions::ROWS);
    let line = |(place, version): (usize, &AnswerVersion)| {
        let before =
            place.checked_sub(1).and_then(|place| all.get(place)).map(|version| &version.sheet);
        let receipts =
            opened.delivery.receipts.iter().filter(|receipt| receipt.version == version.number);
        VersionLine {
            number: version.number,
            at: version.at.to_string(),
            by: version.by.clone(),
            reason: version.reason.clone(),
            proxy: version.proxy,
            receipts: receipts.map(|receipt| receipt.number.to_string()).collect(),
            changes: changes(&form, before, &version.sheet, Lang::Ja)
                .into_iter()
                .map(|(question, before, after)| ChangeInfo { question, before, after })
                .collect(),
        }
    };
    json(&Versions { versions: all.iter().enumerate().skip(first).map(line).collect() })
}

/// What was entered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entered {
    /// What stood in the fields when they were read: what only others changed since is kept, what
    /// both changed is told.
    #[serde(default)]
    #[schema(max_items = 5000)]
    base: Vec<FieldText>,
    /// What stands in the fields now. A field that is not here is empty.
    #[schema(max_items = 5000)]
    fields: Vec<FieldText>,
}

/// What only others, or both, changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OtherInfo {
    /// The question.
    question: String,
    /// Who.
    who: String,
    /// What they entered, in words.
    text: String,
}

/// A draft that was kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DraftInfo {
    /// Faults in it.
    wrong: usize,
    /// Questions still to be answered.
    missing: usize,
    /// What only others changed.
    theirs: Vec<OtherInfo>,
    /// What both changed: what the other had typed stands beside the field until somebody deals
    /// with it.
    clashes: Vec<OtherInfo>,
}

/// Keeps what is typed as the desk's draft, good or not. It is not a version and nobody outside the
/// office sees it.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/draft",
    tag = "exchange",
    security(("token" = ["exchange:answer"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = Entered,
    responses((status = 200, description = "Kept", body = DraftInfo)),
)]
pub(crate) async fn draft(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<Entered>,
) -> Answer {
    let (base, typed) = pairs(new)?;
    let kept =
        keep_typed(&app, &caller.actor, Lang::Ja, &id, &Whose::default(), base, typed).await?;
    let other = |one: crate::Other| OtherInfo { question: one.id, who: one.who, text: one.text };
    json(&DraftInfo {
        wrong: kept.hints.wrong,
        missing: kept.hints.missing,
        theirs: kept.theirs.into_iter().map(other).collect(),
        clashes: kept.clashes.into_iter().map(other).collect(),
    })
}

/// An answer to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewVersion {
    /// What stood in the fields when they were read.
    #[serde(default)]
    #[schema(max_items = 5000)]
    base: Vec<FieldText>,
    /// What stands in the fields now. A field that is not here is empty.
    #[schema(max_items = 5000)]
    fields: Vec<FieldText>,
    /// A division's part: whether it is done.
    #[serde(default)]
    done: bool,
}

/// Saves the answer as a version. It need not be complete; what cannot be read as an answer cannot
/// be saved as one and stays in the draft.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/answer",
    tag = "exchange",
    security(("token" = ["exchange:answer"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = NewVersion,
    responses(
        (status = 200, description = "Saved", body = Stepped),
        (status = 422, description = "Kept as a draft only, with the reasons", body = ErrorBody),
    ),
)]
pub(crate) async fn save(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<NewVersion>,
) -> Answer {
    let (base, fields) = pairs(Entered { base: new.base, fields: new.fields })?;
    let wish = Wish::Save { done: new.done };
    let sent = Enter { base, fields, proxy_reason: String::new(), wish };
    saved(enter(&app, &caller.actor, &id, &Whose::default(), sent).await?)
}

/// An answer entered for a body that cannot.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByProxy {
    /// What stood in the fields when they were read.
    #[serde(default)]
    #[schema(max_items = 5000)]
    base: Vec<FieldText>,
    /// What stands in the fields now. A field that is not here is empty.
    #[schema(max_items = 5000)]
    fields: Vec<FieldText>,
    /// Why the prefecture enters it.
    #[schema(min_length = 1, max_length = 4000)]
    reason: String,
}

/// 代理入力: the prefecture saves an answer for a body that cannot. It stays marked as such.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/bodies/{body}/answer",
    tag = "exchange",
    security(("token" = ["exchange:review"])),
    params(
        ("id" = String, Path, description = "Number of the case"),
        ("body" = String, Path, description = "Code of the body"),
    ),
    request_body = ByProxy,
    responses(
        (status = 200, description = "Saved", body = Stepped),
        (status = 422, description = "Kept as a draft only, with the reasons", body = ErrorBody),
    ),
)]
pub(crate) async fn proxy(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf((id, body)): PathOf<(String, String)>,
    Body(new): Body<ByProxy>,
) -> Answer {
    let whose = whose(Some(&body))?;
    if whose.code(&caller.actor)? == caller.actor.body {
        return Err(Refusal::NotFound);
    }
    let (base, fields) = pairs(Entered { base: new.base, fields: new.fields })?;
    let wish = Wish::Save { done: false };
    let sent = Enter { base, fields, proxy_reason: new.reason, wish };
    saved(enter(&app, &caller.actor, &id, &whose, sent).await?)
}

/// A division's part.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartInfo {
    /// Code of the division.
    division: String,
    /// Its questions.
    questions: Vec<String>,
    /// By when.
    #[schema(format = Date)]
    until: Option<String>,
    /// When it said it is done.
    #[schema(format = DateTime)]
    done: Option<String>,
}

/// Parts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Parts {
    /// The revision of the delivery.
    revision: u64,
    /// By code of the division.
    parts: Vec<PartInfo>,
}

/// 庁内照会: which division fills in what.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases/{id}/parts",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(("id" = String, Path, description = "Number of the case")),
    responses((status = 200, description = "Parts", body = Parts)),
)]
pub(crate) async fn parts(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
) -> Answer {
    let mut conn = app.store.read().await?;
    let opened = open(&mut conn, &caller.actor, case_id(&id)?, caller.actor.body).await?;
    drop(conn);
    let parts = opened.delivery.parts.iter().map(|(code, part)| PartInfo {
        division: code.clone(),
        questions: part.questions.iter().map(ToString::to_string).collect(),
        until: part.until.map(|day| day.to_string()),
        done: part.done.map(|at| at.to_string()),
    });
    json(&Parts { revision: opened.delivery.revision, parts: parts.collect() })
}

/// A part to be given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPart {
    /// Code of the division.
    division: String,
    /// Names of the questions.
    #[schema(min_items = 1, max_items = 500)]
    questions: Vec<String>,
}

/// Parts to be given, replacing those given before.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewParts {
    /// The revision that was seen.
    revision: u64,
    /// By when.
    #[serde(default)]
    #[schema(format = Date, nullable = false)]
    until: Option<String>,
    /// Who fills in what.
    #[schema(max_items = 500)]
    parts: Vec<NewPart>,
}

/// Gives questions to divisions. What a division has done stays done while its questions stay the
/// same.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/parts",
    tag = "exchange",
    security(("token" = ["exchange:answer"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = NewParts,
    responses(
        (status = 200, description = "Given", body = Stepped),
        (status = 422, description = "Not possible now", body = ErrorBody),
    ),
)]
pub(crate) async fn part_given(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<NewParts>,
) -> Answer {
    let case = reach(&app, &caller.actor, &id).await?;
    let until = new.until.as_deref().map(day).transpose()?;
    if new.parts.len() > 500 || new.parts.iter().any(|part| part.questions.len() > 500) {
        return Err(Refusal::Malformed("parts"));
    }
    let mut given: BTreeMap<String, BTreeSet<QuestionId>> = BTreeMap::new();
    for part in new.parts {
        given
            .entry(part.division)
            .or_default()
            .extend(part.questions.into_iter().map(QuestionId::new));
    }
    match give_out(&app, &caller.actor, case, new.revision, until, given).await {
        Ok(delivery) => json(&Stepped::of(&delivery)),
        Err(why) => undone(why, None),
    }
}

pub(super) fn whose(body: Option<&str>) -> Result<Whose, Refusal> {
    let body = body.unwrap_or_default();
    if !body.is_empty() {
        body.parse::<BodyCode>().map_err(|_| Refusal::NotFound)?;
    }
    Ok(Whose { body: body.to_owned() })
}

type Pairs = Vec<(String, String)>;

fn pairs(entered: Entered) -> Result<(Pairs, Pairs), Refusal> {
    if entered.base.len().max(entered.fields.len()) > FIELDS {
        return Err(Refusal::TooLarge(Most::Fields(FIELDS)));
    }
    let pairs =
        |fields: Vec<FieldText>| fields.into_iter().map(|one| (one.name, one.text)).collect();
    Ok((pairs(entered.base), pairs(entered.fields)))
}

fn saved(entered: crate::Entered) -> Answer {
    let crate::Entered { place, outcome, .. } = entered;
    match outcome {
        Outcome::Saved(delivery) => json(&Stepped::of(&delivery)),
        Outcome::Unsaved(why) => Ok(refused(why.reasons(Lang::Ja, &place))),
        // Nothing can be entered here now.
        Outcome::Closed(_) => Err(Refusal::Conflict("not_editable")),
        Outcome::Kept => Err(Refusal::Internal("a program asks for a version".to_owned())),
        Outcome::Met { theirs, clashes } => {
            let both: Vec<String> =
                theirs.iter().chain(&clashes).map(ToString::to_string).collect();
            let words = format!(
                "ほかの方が先に入力していました。入力した内容は下書きに残っています。変更点を確認してから、もう一度保存してください：{}",
                both.join("、")
            );
            Ok(stale(vec![Reason::new("entered_meanwhile", words)]))
        }
    }
}

pub(super) fn routes() -> Vec<Route> {
    let (read, write) = (Access::Api(Scope::ExchangeRead), Access::Api(Scope::ExchangeAnswer));
    vec![
        call(Method::Get, "/api/v1/exchange/cases/{id}/answer", read, answer),
        call(Method::Get, "/api/v1/exchange/cases/{id}/versions", read, versions),
        call(Method::Post, "/api/v1/exchange/cases/{id}/draft", write, draft),
        call(Method::Post, "/api/v1/exchange/cases/{id}/answer", write, save),
        call(
            Method::Post,
            "/api/v1/exchange/cases/{id}/bodies/{body}/answer",
            Access::Api(Scope::ExchangeReview),
            proxy,
        ),
        call(Method::Get, "/api/v1/exchange/cases/{id}/parts", read, parts),
        call(Method::Post, "/api/v1/exchange/cases/{id}/parts", write, part_given),
    ]
}
