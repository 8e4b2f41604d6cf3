//! `/telework/registration`: the yearly consent and the checklist of the workplace at home.

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use people::{Actor, Deed, Permit};
use store::Conn;
use store::telework::{Paper, PaperKind};
use telework::papers::{Registration, RegistrationFault, registered_until};
use telework::time::tokyo;

use super::{applicant, checklist, moment, office, words};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, SignedIn, get, page_with, post, see_other};

/// What is agreed to, in the project's own words. It is kept with the registration as it was shown.
pub const CONSENT: &str = "実施要領を守り、承認された日時・場所で業務を行います。業務の開始・中断・再開・終了を正しく報告します。\
画面や書類を他の人に見せず、機器や情報の紛失・盗難があったときはただちに情報担当に連絡します。";

/// The same in English, to be read; what is kept is [`CONSENT`].
const CONSENT_ENGLISH: &str = "I keep the rules and work at the day and place that were approved. \
    I report start, break, resume and end as they are. \
I show screen and papers to nobody, and tell IT at once when a device or information is lost or \
stolen.";

/// A question of the checklist in English.
fn english(key: &str) -> &'static str {
    match key {
        "desk" => "There is a desk large enough for the work and a chair that fits.",
        "light" => "Desk and screen are bright enough, without reflections on the screen.",
        "air" => "I can regulate temperature and fresh air myself.",
        "privacy" => "Nobody, family included, can see the screen or hear me.",
        "line" => "The line is encrypted, and no shared wireless network is used.",
        "safety" => "Nothing on the floor can make me fall or catch fire.",
        "contact" => "My division can reach me during working hours.",
        _ => "",
    }
}

#[derive(Template)]
#[template(path = "telework/registration.html")]
struct Page {
    ctx: Ctx,
    until: String,
    /// Why nothing can be asked for by somebody of her appointment.
    barred: Option<&'static str>,
    agreed: bool,
    consent: &'static str,
    consent_english: &'static str,
    version: u32,
    checks: Vec<Line>,
    no_consent: bool,
    changed: bool,
}

struct Line {
    key: String,
    text: String,
    /// The same for who reads English; what is kept is the Japanese.
    english: &'static str,
    required: bool,
    answer: Option<bool>,
    fault: Option<(&'static str, &'static str)>,
}

async fn show(visit: SignedIn, State(app): State<Kit>) -> Answer {
    render(&app, visit, (&BTreeMap::new(), false), &[], StatusCode::OK).await
}

async fn register(
    visit: SignedIn,
    State(app): State<Kit>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let answer = |key: &str| fields.get(&format!("check-{key}")).map(|value| value == "yes");
    let signed = Signed {
        agreed: fields.get("consent").is_some_and(|value| value == "yes"),
        version: fields.get("version").and_then(|version| version.parse().ok()).unwrap_or(0),
        answers: checklist()
            .checks
            .iter()
            .filter_map(|check| Some((check.key.clone(), answer(&check.key)?)))
            .collect(),
    };
    let (answers, agreed) = (signed.answers.clone(), signed.agreed);
    match sign(&app, &permit, &visit.actor, signed).await? {
        Ok(()) => Ok(see_other("/telework?done=telework-registered")),
        Err(faults) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            render(&app, visit, (&answers, agreed), &faults, status).await
        }
    }
}

/// What somebody signs once a year.
pub(crate) struct Signed {
    /// Whether the consent is given.
    pub(crate) agreed: bool,
    /// Version of the checklist that was shown.
    pub(crate) version: u32,
    /// Answers by key.
    pub(crate) answers: BTreeMap<String, bool>,
}

/// Keeps the yearly registration; or what is missing in it.
pub(crate) async fn sign(
    app: &Kit,
    permit: &Permit,
    actor: &Actor,
    signed: Signed,
) -> Result<Result<(), Vec<RegistrationFault>>, Refusal> {
    let list = checklist();
    if !is_eligible(&mut *app.store.read().await?, permit).await? {
        return Ok(Err(vec![RegistrationFault::NotEligible]));
    }
    let registration = Registration {
        staff: permit.actor(),
        day: tokyo(moment(app.now())).date(),
        consent: if signed.agreed { CONSENT.to_owned() } else { String::new() },
        version: signed.version,
        answers: signed.answers,
    };
    if let Err(faults) = registration.check(&list) {
        return Ok(Err(faults));
    }
    let mut tx = app.write_as(&permit).await?;
    let paper = Paper { id: app.random(), staff: Some(permit.actor()), value: registration };
    store::telework::put_paper(&mut tx, permit.body(), PaperKind::Registration, &paper, app.now())
        .await?;
    let event =
        permit.event(Kind::TELEWORK_REGISTERED, &actor.login).with("checklist", list.version);
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(()))
}

/// Whether the body's rules let somebody of her appointment telework.
pub(crate) async fn is_eligible(conn: &mut Conn, permit: &Permit) -> Result<bool, Refusal> {
    let staff =
        store::staff::find(conn, permit.body(), permit.actor()).await?.ok_or(Refusal::NotFound)?;
    let rules = office(conn, permit.body()).await?.rules;
    Ok(rules.eligible.contains(&applicant(conn, permit.body(), &staff).await?.employment))
}

/// Until when somebody's registration holds, if it holds today.
pub(crate) async fn holds_until(app: &Kit, permit: &Permit) -> Result<Option<Date>, Refusal> {
    let mut conn = app.store.read().await?;
    let papers = store::telework::papers_of::<Registration>(
        &mut conn,
        permit.body(),
        PaperKind::Registration,
        permit.actor(),
    )
    .await?;
    drop(conn);
    let all: Vec<Registration> = papers.into_iter().map(|paper| paper.value).collect();
    let today = tokyo(moment(app.now())).date();
    Ok(registered_until(&all, permit.actor()).filter(|until| *until >= today))
}

async fn render(
    app: &Kit,
    visit: SignedIn,
    (answers, agreed): (&BTreeMap<String, bool>, bool),
    faults: &[RegistrationFault],
    status: StatusCode,
) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let until = holds_until(app, &permit).await?;
    let list = checklist();
    let fault = |key: &str| {
        faults.iter().find_map(|fault| match fault {
            RegistrationFault::Open(open) if open == key => {
                Some(("はい・いいえを選んでください。", "Please answer."))
            }
            RegistrationFault::Required(required) if required == key => Some((
                "テレワークを始める前に整えてください。",
                "This has to hold before telework begins.",
            )),
            _ => None,
        })
    };
    let checks = list.checks.iter().map(|check| Line {
        key: check.key.clone(),
        text: check.text.clone(),
        english: english(&check.key),
        required: check.required,
        answer: answers.get(&check.key).copied(),
        fault: fault(&check.key),
    });
    let view = Page {
        until: until.map_or(String::new(), |until| match visit.ctx.lang {
            Lang::Ja => format!("{}年{}", until.year(), words::day(Lang::Ja, until)),
            Lang::En => until.strftime("%-d %B %Y").to_string(),
        }),
        barred: (!is_eligible(&mut *app.store.read().await?, &permit).await?)
            .then(|| words::not_eligible(visit.ctx.lang)),
        agreed,
        consent: CONSENT,
        consent_english: CONSENT_ENGLISH,
        version: list.version,
        checks: checks.collect(),
        no_consent: faults.contains(&RegistrationFault::NoConsent),
        changed: faults.contains(&RegistrationFault::OldChecklist),
        ctx: visit.ctx,
    };
    page_with(status, view)
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::AskForTelework);
    vec![get("/telework/registration", may, show), post("/telework/registration", may, register)]
}
