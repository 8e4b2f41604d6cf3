//! A ministry's draft: made, filled in, sent.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use audit::Decision;
use axum::extract::{Path as At, State as Shared};
use axum::http::StatusCode;
use exchange::body::{Body, BodyCode, BodyKind, bodies, is_prefecture};
use exchange::case::{
    Addressee, Audience, Case, CaseAction, CaseKind, DESKS, Duty, Letter, Path, ReminderPlan, Right, Stage, send, today,
};
use exchange::form::FormRef;
use jiff::civil::Date;
use people::{Action as Use, Actor, MINISTRY};

use super::access::{Seat, Undone, case_id, now, open_case};
use super::words;
use crate::app::App;
use crate::error::Refusal;
use crate::http::Access::May;
use crate::http::{Answer, Ctx, Form, Lang, Nothing, Route, SignedIn, page_with, post, see_other};
use crate::mail::exchange as mail;

/// Longest text of a letter's field, characters; its body may be longer.
const SHORT: usize = 1_000;
const LONG: usize = 20_000;

#[derive(Template)]
#[template(path = "exchange/draft.html")]
struct Page {
    ctx: Ctx,
    id: String,
    revision: u64,
    e: Entered,
    addressees: usize,
    files: Vec<super::attachments::FileLine>,
    forms: Vec<(String, String)>,
    prefectures: Vec<(String, &'static str)>,
    faults: Vec<String>,
}

impl Page {
    fn kinds(&self) -> [(&'static str, &'static str); 4] {
        let t = |kind| words::kind(self.ctx.lang, kind);
        [
            ("survey", t(CaseKind::Survey)),
            ("inquiry", t(CaseKind::Inquiry)),
            ("notice", t(CaseKind::Notice)),
            ("information", t(CaseKind::Information)),
        ]
    }

    fn paths(&self) -> [(&'static str, &'static str); 3] {
        let t = |path| words::path(self.ctx.lang, path);
        [("cascade", t(Path::Cascade)), ("direct", t(Path::Direct)), ("both", t(Path::Both))]
    }

    fn duties(&self) -> [(&'static str, &'static str); 3] {
        let t = |duty| words::duty(self.ctx.lang, duty);
        [("asked", t(Duty::Asked)), ("obliged", t(Duty::Obliged)), ("none", t(Duty::None))]
    }

    fn body_kinds(&self) -> [(&'static str, &'static str); 6] {
        KINDS.map(|(name, kind)| (name, kind.ja()))
    }

    fn desks(&self) -> [&'static str; 3] {
        DESKS
    }

    fn has(&self, list: &[String], name: &str) -> bool {
        list.iter().any(|one| one == name)
    }
}

const KINDS: [(&str, BodyKind); 6] = [
    ("prefecture", BodyKind::Prefecture),
    ("designated", BodyKind::DesignatedCity),
    ("ward", BodyKind::SpecialWard),
    ("city", BodyKind::City),
    ("town", BodyKind::Town),
    ("village", BodyKind::Village),
];

/// The fields as they are typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entered {
    kind: String,
    number: String,
    date: String,
    to: String,
    from: String,
    subject: String,
    text: String,
    items: String,
    legal_basis: String,
    duty: String,
    funding: String,
    purpose: String,
    minutes: String,
    contact: String,
    path: String,
    audience: String,
    kinds: Vec<String>,
    prefectures: Vec<String>,
    list: String,
    desk: String,
    form: String,
    deadline: String,
    accept_late: bool,
    before: String,
    on_the_day: bool,
    after: String,
    revision: u64,
    send: bool,
}

impl Entered {
    /// From the fields a page sends.
    pub(crate) fn read(fields: Vec<(String, String)>) -> Self {
        let mut e = Self::default();
        for (name, value) in fields {
            let slot = match name.as_str() {
                "kind" => &mut e.kind,
                "number" => &mut e.number,
                "date" => &mut e.date,
                "to" => &mut e.to,
                "from" => &mut e.from,
                "subject" => &mut e.subject,
                "text" => &mut e.text,
                "items" => &mut e.items,
                "legal_basis" => &mut e.legal_basis,
                "duty" => &mut e.duty,
                "funding" => &mut e.funding,
                "purpose" => &mut e.purpose,
                "minutes" => &mut e.minutes,
                "contact" => &mut e.contact,
                "path" => &mut e.path,
                "audience" => &mut e.audience,
                "list" => &mut e.list,
                "desk" => &mut e.desk,
                "form" => &mut e.form,
                "deadline" => &mut e.deadline,
                "before" => &mut e.before,
                "after" => &mut e.after,
                "kinds" => {
                    e.kinds.push(value);
                    continue;
                }
                "prefectures" => {
                    e.prefectures.push(value);
                    continue;
                }
                "accept_late" => {
                    e.accept_late = true;
                    continue;
                }
                "on_the_day" => {
                    e.on_the_day = true;
                    continue;
                }
                "revision" => {
                    e.revision = value.parse().unwrap_or(u64::MAX);
                    continue;
                }
                "act" => {
                    e.send = value == "send";
                    continue;
                }
                _ => continue,
            };
            *slot = value.replace("\r\n", "\n");
        }
        e
    }

    fn of(case: &Case, addressees: &BTreeSet<Addressee>) -> Self {
        let l = &case.letter;
        let days = |days: &BTreeSet<u16>| days.iter().rev().map(u16::to_string).collect::<Vec<_>>().join(", ");
        Self {
            kind: kind_name(case.kind).to_owned(),
            number: l.number.clone(),
            date: l.date.to_string(),
            to: l.to.clone(),
            from: l.from.clone(),
            subject: l.subject.clone(),
            text: l.text.clone(),
            items: l.items.join("\n"),
            legal_basis: l.legal_basis.clone(),
            duty: duty_name(l.duty).to_owned(),
            funding: l.funding.clone(),
            purpose: l.purpose.clone(),
            minutes: l.minutes.map(|n| n.to_string()).unwrap_or_default(),
            contact: l.contact.clone(),
            path: path_name(case.path).to_owned(),
            audience: if addressees.is_empty() { "all" } else { "keep" }.to_owned(),
            desk: addressees.first().map_or(DESKS[0].to_owned(), |to| to.desk.clone()),
            form: case.form.as_ref().map(|form| format!("{}/{}", form.id, form.version)).unwrap_or_default(),
            deadline: case.deadline.map(|day| day.to_string()).unwrap_or_default(),
            accept_late: case.accept_late,
            before: days(&case.reminders.before),
            on_the_day: case.reminders.on_the_day,
            after: days(&case.reminders.after),
            ..Self::default()
        }
    }

    /// The draft these fields say, or what is wrong with them.
    fn draft(&self, lang: Lang, case: &Case, before: BTreeSet<Addressee>) -> Result<Case, Vec<String>> {
        let mut faults = Vec::new();
        let mut say = |ja: &str, en: &str| faults.push(lang.t(ja, en).to_owned());
        let all =
            [&self.number, &self.to, &self.from, &self.subject, &self.legal_basis, &self.funding, &self.purpose, &self.contact];
        if all.iter().any(|text| text.chars().count() > SHORT)
            || self.text.chars().count() > LONG
            || self.items.chars().count() > LONG
        {
            say("文字数が多すぎる欄があります。", "A field is too long.");
        }
        if self.subject.trim().is_empty() {
            say("件名を入力してください。", "Please enter a subject.");
        }
        let date = self.date.parse::<Date>().unwrap_or(case.letter.date);
        let minutes = self.minutes.trim().parse::<u32>().ok().filter(|n| *n <= 100_000);
        if minutes.is_none() && !self.minutes.trim().is_empty() {
            say("想定所要時間は分で入力してください。", "The time is a number of minutes.");
        }
        let deadline = if self.deadline.is_empty() { None } else { self.deadline.parse::<Date>().ok() };
        if deadline.is_none() && !self.deadline.is_empty() {
            say("期限の日付を確認してください。", "The deadline is no date.");
        }
        let days = |text: &str| -> Option<BTreeSet<u16>> {
            let parts = text.split([',', '、', ' ', '　']).filter(|part| !part.is_empty());
            let days: Option<BTreeSet<u16>> = parts.map(|part| part.parse().ok().filter(|n| (1..=60).contains(n))).collect();
            days.filter(|days| days.len() <= 10)
        };
        let (before_days, after_days) = (days(&self.before), days(&self.after));
        if before_days.is_none() || after_days.is_none() {
            say("督促の日数は1から60の数を「,」で区切ってください。", "Reminders: numbers from 1 to 60 with commas.");
        }
        let form = self.form.split_once('/').map(|(id, version)| FormRef { id: id.to_owned(), version: version.to_owned() });
        let addressees = match self.audience() {
            Ok(None) => before,
            Ok(Some(audience)) => audience.addressees(bodies(), self.desk(), &BTreeMap::new()),
            Err(unknown) => {
                let list = unknown.join("、");
                faults.push(match lang {
                    Lang::Ja => format!("宛先に団体コードまたは団体名でないものがあります：{list}"),
                    Lang::En => format!("No body is called so: {list}"),
                });
                BTreeSet::new()
            }
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        let text = |text: &str| text.trim().to_owned();
        Ok(Case {
            kind: kind(&self.kind),
            letter: Letter {
                number: text(&self.number),
                date,
                to: text(&self.to),
                from: text(&self.from),
                subject: text(&self.subject),
                text: text(&self.text),
                items: self.items.lines().map(text).filter(|line| !line.is_empty()).collect(),
                legal_basis: text(&self.legal_basis),
                duty: match self.duty.as_str() {
                    "obliged" => Duty::Obliged,
                    "none" => Duty::None,
                    _ => Duty::Asked,
                },
                funding: text(&self.funding),
                purpose: text(&self.purpose),
                minutes,
                attachments: case.letter.attachments.clone(),
                contact: text(&self.contact),
            },
            path: match self.path.as_str() {
                "direct" => Path::Direct,
                "both" => Path::Both,
                _ => Path::Cascade,
            },
            addressees,
            form: form.filter(|_| kind(&self.kind).wants_answer()),
            deadline,
            accept_late: self.accept_late,
            reminders: ReminderPlan {
                before: before_days.unwrap_or_default(),
                on_the_day: self.on_the_day,
                after: after_days.unwrap_or_default(),
            },
            ..case.clone()
        })
    }

    fn desk(&self) -> &str {
        DESKS.into_iter().find(|desk| *desk == self.desk).unwrap_or(DESKS[0])
    }

    /// Who is meant; nothing, where the addressees stay.
    fn audience(&self) -> Result<Option<Audience>, Vec<String>> {
        Ok(Some(match self.audience.as_str() {
            "keep" => return Ok(None),
            "kinds" => Audience::Kinds(
                KINDS.iter().filter(|(name, _)| self.kinds.iter().any(|kind| kind == name)).map(|(_, kind)| *kind).collect(),
            ),
            "prefectures" => Audience::Prefectures(self.prefectures.iter().filter_map(|code| code.parse().ok()).collect()),
            "list" => Audience::List(list(&self.list)?),
            _ => Audience::All,
        }))
    }
}

/// Bodies by code or full name, one a line.
fn list(text: &str) -> Result<BTreeSet<BodyCode>, Vec<String>> {
    let (mut found, mut unknown) = (BTreeSet::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()).take(2_000) {
        let first = line.split([',', '\t', ' ', '　']).next().unwrap_or(line);
        let by_code = first.parse::<BodyCode>().ok().filter(|code| exchange::body::body(*code).is_ok());
        let by_name = || bodies().iter().find(|body: &&Body| body.full_name == line).map(|body| body.code);
        match by_code.or_else(by_name) {
            Some(code) => {
                found.insert(code);
            }
            None if unknown.len() < 10 => unknown.push(line.chars().take(30).collect()),
            None => {}
        }
    }
    if unknown.is_empty() { Ok(found) } else { Err(unknown) }
}

fn kind(name: &str) -> CaseKind {
    match name {
        "inquiry" => CaseKind::Inquiry,
        "notice" => CaseKind::Notice,
        "information" => CaseKind::Information,
        _ => CaseKind::Survey,
    }
}

/// The names forms use.
fn kind_name(kind: CaseKind) -> &'static str {
    match kind {
        CaseKind::Survey => "survey",
        CaseKind::Inquiry => "inquiry",
        CaseKind::Notice => "notice",
        CaseKind::Information => "information",
    }
}

fn duty_name(duty: Duty) -> &'static str {
    match duty {
        Duty::Obliged => "obliged",
        Duty::Asked => "asked",
        Duty::None => "none",
    }
}

fn path_name(path: Path) -> &'static str {
    match path {
        Path::Cascade => "cascade",
        Path::Direct => "direct",
        Path::Both => "both",
    }
}

/// An empty draft under the next number.
async fn create(visit: SignedIn, Shared(app): Shared<App>, Form(Nothing {}): Form<Nothing>) -> Answer {
    let case = begin(&app, &visit.actor).await?;
    Ok(see_other(&format!("/exchange/cases/{}", case.id)))
}

/// Begins a draft: the ministry's desk alone.
pub(crate) async fn begin(app: &App, by: &Actor) -> Result<Case, Refusal> {
    let day = today(now(app));
    let fiscal = if day.month() >= 4 { day.year() } else { day.year() - 1 };
    let mut tx = app.write(MINISTRY).await?;
    let seat = Seat::of(&mut tx, by).await?;
    if !seat.ministry_desk() {
        return Err(Refusal::NotFound);
    }
    let id =
        store::exchange::next_serial(&mut tx, u16::try_from(fiscal).map_err(|_| Refusal::Internal("the clock".into()))?).await?;
    let case = blank(id, day);
    let permit = seat.permit_case(Right::RunCase, &case)?;
    let edit = CaseAction::Edit(Box::new(case.clone()));
    let decision = case.decide(edit, &permit, 0, now(app)).map_err(|refused| Refusal::Internal(refused.to_string()))?;
    store::exchange::add_case(&mut tx, &decision.value).await?;
    Ok(tx.commit(decision).await?)
}

/// A case before anybody wrote in it.
pub(crate) fn blank(id: exchange::case::CaseId, date: Date) -> Case {
    Case {
        id,
        kind: CaseKind::Survey,
        letter: Letter {
            number: String::new(),
            date,
            to: String::new(),
            from: String::new(),
            subject: String::new(),
            text: String::new(),
            items: Vec::new(),
            legal_basis: String::new(),
            duty: Duty::Asked,
            funding: String::new(),
            purpose: String::new(),
            minutes: None,
            attachments: Vec::new(),
            contact: String::new(),
        },
        path: Path::Cascade,
        addressees: BTreeSet::new(),
        form: None,
        deadline: None,
        accept_late: false,
        reminders: ReminderPlan::default(),
        stage: Stage::Draft,
        sent_at: None,
        questions: Vec::new(),
        revision: 0,
    }
}

/// Saves what is typed; with 「発出する」 sends it too, in the same write.
async fn save(
    visit: SignedIn,
    Shared(app): Shared<App>,
    At(id): At<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let entered = Entered::read(fields);
    match write(&app, &visit.actor, visit.ctx.lang, &id, &entered).await? {
        Ok(case) if case.stage == Stage::Draft => Ok(see_other(&format!("/exchange/cases/{id}?done=saved"))),
        Ok(_) => Ok(see_other(&format!("/exchange/cases/{id}?done=exchange-sent"))),
        Err((case, faults)) => render(&app, visit, *case, Some(entered), faults, StatusCode::UNPROCESSABLE_ENTITY).await,
    }
}

/// Writes a draft as it was entered, and sends it where that is asked for; or the draft as it is, and what is wrong.
pub(crate) async fn write(
    app: &App,
    by: &Actor,
    lang: Lang,
    id: &str,
    entered: &Entered,
) -> Result<Result<Case, (Box<Case>, Vec<String>)>, Refusal> {
    let mut tx = app.write(MINISTRY).await?;
    let (seat, case, _) = open_case(&mut tx, by, case_id(id)?).await?;
    let permit = seat.permit_case(Right::RunCase, &case)?;
    let before = store::exchange::addressees(&mut tx, case.id).await?;
    let draft = match entered.draft(lang, &case, before) {
        Ok(draft) => draft,
        Err(faults) => return Ok(Err((Box::new(case), faults))),
    };
    let step = async {
        let edited = case.decide(CaseAction::Edit(Box::new(draft)), &permit, entered.revision, now(app))?;
        let Decision { value: edited, mut events } = edited;
        if !entered.send {
            if !store::exchange::put_case(&mut tx, case.revision, &edited).await? {
                return Err(exchange::case::Refused::Stale.into());
            }
            return Ok::<_, Undone>(tx.commit(Decision { value: edited, events }).await?);
        }
        // Nothing of a case that names a form nobody has may go out.
        if let Some(name) = &edited.form {
            app.form(&mut tx, name).await?.ok_or(exchange::case::Refused::NoForm)?;
            store::exchange::fix_form(&mut tx, name).await?;
        }
        let sent = send(&edited, &permit, edited.revision, now(app))?;
        events.extend(sent.events);
        let (sent, deliveries) = sent.value;
        if !store::exchange::put_case(&mut tx, case.revision, &edited).await?
            || !store::exchange::put_case(&mut tx, edited.revision, &sent).await?
        {
            return Err(exchange::case::Refused::Stale.into());
        }
        store::exchange::add_deliveries(&mut tx, &deliveries, app.now()).await?;
        for delivery in deliveries.iter().filter(|delivery| delivery.state == exchange::case::State::Sent) {
            mail::came_in(app, &mut tx, &sent, delivery).await?;
        }
        Ok(tx.commit(Decision { value: sent, events }).await?)
    };
    match step.await {
        Ok(case) => Ok(Ok(case)),
        Err(undone) => {
            let refused = undone.refused()?;
            let faults = match refused {
                exchange::case::Refused::BadDay(_) => {
                    vec![lang.t("回答期限に今日以降の日付を入れてください。", "The deadline is a day from today on.").to_owned()]
                }
                exchange::case::Refused::NoForm => {
                    vec![lang.t("調査・照会には調査票を選んでください。", "A survey needs a form.").to_owned()]
                }
                exchange::case::Refused::CaseNotOpen => {
                    vec![lang.t("宛先を選んでください。", "Please choose addressees.").to_owned()]
                }
                other => words::refused(lang, &other, None),
            };
            Ok(Err((Box::new(case), faults)))
        }
    }
}

/// The page of a draft, with what was typed when it was not taken.
pub(super) async fn render(
    app: &App,
    visit: SignedIn,
    case: Case,
    entered: Option<Entered>,
    faults: Vec<String>,
    status: StatusCode,
) -> Answer {
    let mut conn = app.store.read().await?;
    let addressees = store::exchange::addressees(&mut conn, case.id).await?;
    let forms = store::exchange::forms(&mut conn).await?;
    let view = Page {
        id: case.id.to_string(),
        revision: case.revision,
        e: entered.unwrap_or_else(|| Entered::of(&case, &addressees)),
        addressees: addressees.len(),
        files: super::attachments::lines(&mut conn, case.id, None).await?,
        forms: forms
            .into_iter()
            .map(|form| {
                let name = format!("{}/{}", form.name.id, form.name.version);
                (name, format!("{} {}", form.title, form.name.version))
            })
            .collect(),
        prefectures: bodies()
            .iter()
            .filter(|body| is_prefecture(body.code))
            .map(|body| (body.code.to_string(), body.name))
            .collect(),
        faults,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Use::UseExchange);
    vec![post("/exchange/cases", may, create), post("/exchange/cases/{id}/draft", may, save)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_takes_codes_and_full_names_and_names_what_it_does_not_know() {
        let found = list("012025 函館市\n東京都千代田区\n\n").unwrap();
        assert_eq!(found.into_iter().map(|code| code.to_string()).collect::<Vec<_>>(), ["012025", "131016"]);
        assert_eq!(list("千代田区\n府中市\n000019"), Err(vec!["千代田区".into(), "府中市".into(), "000019".into()]));
    }
}
