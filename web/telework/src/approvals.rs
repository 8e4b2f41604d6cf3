//! `/telework/approvals`: what waits for a superior, decided many at once, and who is where today.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use people::{Deed, DivisionId, Resource, Staff, StaffId};
use serde::Deserialize;
use store::telework::RequestRow;
use telework::request::Action;
use telework::time::tokyo;

use super::own::what;
use super::requests::{Bench, crowded, decide_led, hindered};
use super::{hex, hex16, moment, not_away, office, words};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Reason, SignedIn, get, page_with, post, see_other};

/// Requests of a page.
const ROWS: usize = 100;
/// Most decided at once.
const PICKS: usize = 500;

#[derive(Template)]
#[template(path = "telework/approvals.html")]
struct Page {
    ctx: Ctx,
    /// All that wait, and those the search found.
    all: usize,
    found: usize,
    waiting: Vec<Row>,
    asked: Asked,
    number: usize,
    before: Option<String>,
    after: Option<String>,
    conflicts: Vec<String>,
    teams: Vec<TeamToday>,
    /// Divisions whose superior is there, so that the deputy does not decide now.
    standing_by: String,
    faults: Vec<String>,
    typed: Typed,
}

/// What was sent and not done, as it was.
#[derive(Default)]
struct Typed {
    act: String,
    picks: Vec<String>,
    why: String,
}

impl Typed {
    /// The reason beside the requests that wait.
    fn why(&self) -> &str {
        if self.act == "cancel" { "" } else { &self.why }
    }

    /// The reason for taking back the approval of this request.
    fn why_of(&self, id: &str) -> Option<&str> {
        let of = |pick: &String| pick.split('.').next() == Some(id);
        (self.act == "cancel" && self.picks.iter().any(of)).then_some(self.why.as_str())
    }
}

struct Row {
    pick: String,
    /// Ticked before, and still as it was seen.
    picked: bool,
    name: String,
    /// Where somebody leads several divisions.
    division: String,
    day: String,
    what: String,
    /// The work it names.
    work: String,
    note: String,
    late: bool,
    /// HR entered a leave for that day after it was asked for.
    on_leave: bool,
    /// The hours of a leave that is a part of that day.
    leave: String,
    own: bool,
    /// Whether the reader can decide on it now.
    open: bool,
}

struct TeamToday {
    name: String,
    mates: Vec<Mate>,
}

struct Mate {
    id: String,
    name: String,
    place: String,
    presence: &'static str,
    clocks: String,
    report: String,
    away: bool,
    /// An approved day that can still be taken back: identity and version.
    approved: Option<(String, usize)>,
}

/// Which of them: words of a name, a day, a form or a division; which hundred.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    q: String,
    page: String,
}

impl Asked {
    fn of(q: &str, page: &str) -> Self {
        let bounded = |text: &str| text.trim().chars().take(60).collect();
        Self { q: bounded(q), page: bounded(page) }
    }

    fn address(&self, number: usize) -> String {
        let q: String = url::form_urlencoded::byte_serialize(self.q.as_bytes()).collect();
        format!("/telework/approvals?q={q}&page={number}")
    }
}

async fn show(visit: SignedIn, State(app): State<Kit>, Query(asked): Query<Asked>) -> Answer {
    render(
        &app,
        visit,
        Asked::of(&asked.q, &asked.page),
        (Vec::new(), Typed::default()),
        StatusCode::OK,
    )
    .await
}

/// `pick` (identity and the version that was seen) any number of times, `act`, `why`.
async fn decide(
    visit: SignedIn,
    State(app): State<Kit>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let field = |name: &str| {
        fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    };
    let why: String = field("why").trim().chars().take(400).collect();
    let action = match field("act") {
        "approve" => Action::Approve,
        "return" => Action::Return,
        "refuse" => Action::Refuse,
        "cancel" => Action::Cancel,
        _ => return Err(Refusal::Malformed("act")),
    };
    let asked = Asked::of(field("q"), field("page"));
    let mut picks = Vec::new();
    for (_, pick) in fields.iter().filter(|(key, _)| key == "pick") {
        if picks.len() == PICKS {
            return Err(Refusal::Malformed("pick"));
        }
        let (id, seen) = pick.split_once('.').ok_or(Refusal::Malformed("pick"))?;
        picks.push((hex16(id)?, seen.parse().map_err(|_| Refusal::Malformed("pick"))?));
    }
    let faults = if picks.is_empty() {
        vec![visit.ctx.t("申請を選んでください。", "Please choose requests.").to_owned()]
    } else {
        let found = decide_led(&app, &visit.actor, (action, &why), &picks).await?;
        Reason::words(hindered(&app, visit.actor.body, visit.ctx.lang, &found).await?)
    };
    if faults.is_empty() {
        // Back to where she was: what is left moves up.
        let number = asked.page.parse().unwrap_or(1);
        return Ok(see_other(&format!("{}&done=telework-decided", asked.address(number))));
    }
    let picks = fields.iter().filter(|(key, _)| key == "pick").map(|(_, pick)| pick.clone());
    let typed = Typed { act: field("act").to_owned(), picks: picks.collect(), why };
    render(&app, visit, asked, (faults, typed), StatusCode::CONFLICT).await
}

async fn render(
    app: &Kit,
    visit: SignedIn,
    asked: Asked,
    (faults, typed): (Vec<String>, Typed),
    status: StatusCode,
) -> Answer {
    let lang = visit.ctx.lang;
    let (body, me) = (visit.actor.body, visit.actor.id);
    let leads: Vec<DivisionId> = visit
        .actor
        .leads
        .iter()
        .copied()
        .filter(|one| visit.permit_on(Deed::DecideTelework, Resource::division(body, *one)).is_ok())
        .collect();
    let today = tokyo(moment(app.now())).date();
    let mut conn = app.store.read().await?;
    let office = office(&mut conn, body).await?;
    let rows = store::telework::waiting(&mut conn, body, &leads).await?;
    let works =
        super::inventory::named(&mut conn, body, rows.iter().map(|row| &row.request)).await?;
    let divisions = store::divisions::all(&mut conn, body).await?;
    let leaves = super::leaves::leaves(&mut conn, body).await?;
    let mut standing_by = Vec::new();
    for one in divisions.iter().filter(|one| leads.contains(&one.id)) {
        if not_away(&mut conn, one, me, me, app.now()).await?.is_some() {
            standing_by.push(one.name.to_string());
        }
    }
    let (first, last) = (
        rows.iter().map(|row| row.request.day).min(),
        rows.iter().map(|row| row.request.day).max(),
    );
    let (mut staff, mut around, mut todays, mut present) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for division in leads.iter().copied() {
        staff.extend(store::staff::in_division(&mut conn, body, division).await?);
        if let (Some(first), Some(last)) = (first, last) {
            around.extend(
                store::telework::requests_in(&mut conn, body, Some(division), first, last).await?,
            );
        }
        todays.extend(
            store::telework::requests_in(&mut conn, body, Some(division), today, today).await?,
        );
        present.extend(store::telework::days_in(&mut conn, body, Some(division), today).await?);
    }
    let mut people: BTreeMap<StaffId, Staff> =
        staff.iter().map(|one| (one.id, one.clone())).collect();
    for row in &rows {
        // Who has moved on since is named all the same.
        if let Entry::Vacant(place) = people.entry(row.staff)
            && let Some(found) = store::staff::find(&mut conn, body, row.staff).await?
        {
            place.insert(found);
        }
    }
    let days = rows.iter().map(|row| row.request.day).chain([today]);
    let bench = Bench::of(&mut conn, &visit.actor, days, app.now()).await?;
    drop(conn);
    let name = |id: StaffId| people.get(&id).map_or("", |one| one.name.as_str());
    let possible = |row: &RequestRow| {
        people.get(&row.staff).map_or(Vec::new(), |one| bench.possible(&visit.actor, row, one))
    };

    let mut warnings = Vec::new();
    let mut teams = Vec::new();
    for division in leads.iter().filter_map(|id| divisions.iter().find(|one| one.id == *id)) {
        let members: Vec<&Staff> =
            staff.iter().filter(|one| one.division == Some(division.id)).collect();
        for found in crowded(division.id, &members, &office, &leaves, &rows, &around) {
            let day = words::day(lang, found.day);
            warnings.push(match lang {
                kit::http::Lang::Ja => format!(
                    "{} {day}：すべて承認すると出勤は{}人になります（必要 {}人）。",
                    division.name, found.present, found.least
                ),
                kit::http::Lang::En => {
                    format!(
                        "{} {day}: approving all leaves {} in the office ({} needed).",
                        division.name, found.present, found.least
                    )
                }
            });
        }
        let mates = members.iter().map(|one| {
            let day = todays.iter().find(|row| row.staff == one.id && row.request.is_approved());
            let record = present.iter().find(|row| row.staff == one.id).map(|row| &row.record);
            let plan = day.map(|row| what(lang, &row.request));
            Mate {
                id: one.id.to_string(),
                name: one.name.to_string(),
                place: words::place(
                    lang,
                    &office.calendar,
                    &leaves,
                    one.id,
                    today,
                    plan.as_deref(),
                ),
                presence: if day.is_some() || record.is_some() {
                    words::presence(lang, record)
                } else {
                    ""
                },
                clocks: record.map_or(String::new(), |record| words::clocks(lang, record)),
                report: record.map_or(String::new(), |record| record.report.clone()),
                away: day.is_some(),
                approved: day
                    .filter(|row| row.staff != me)
                    .filter(|row| bench.possible(&visit.actor, row, one).contains(&Action::Cancel))
                    .map(|row| (hex(row.id), row.request.version())),
            }
        });
        teams.push(TeamToday { name: division.name.to_string(), mates: mates.collect() });
    }
    let all = rows.len();
    let division = |row: &RequestRow| {
        divisions
            .iter()
            .find(|one| Some(one.id) == row.division)
            .map_or("", |one| one.name.as_str())
    };
    let fits = |row: &&RequestRow| {
        let request = &row.request;
        let name = name(row.staff);
        let (day, iso) = (words::day(lang, request.day), request.day.to_string());
        [name, &day, &iso, &what(lang, request), division(row), &request.note]
            .iter()
            .any(|text| text.contains(&asked.q))
    };
    let rows: Vec<&RequestRow> = rows.iter().filter(fits).collect();
    let found = rows.len();
    let number = asked.page.parse::<usize>().unwrap_or(1).clamp(1, found.div_ceil(ROWS).max(1));
    let several = leads.len() > 1;
    let pick = |row: &RequestRow| format!("{}.{}", hex(row.id), row.request.version());
    let waiting = rows.into_iter().skip((number - 1) * ROWS).take(ROWS).map(|row| Row {
        picked: typed.picks.contains(&pick(row)),
        pick: pick(row),
        name: name(row.staff).to_owned(),
        division: if several { division(row).to_owned() } else { String::new() },
        day: words::day(lang, row.request.day),
        what: what(lang, &row.request),
        work: row
            .request
            .works
            .iter()
            .filter_map(|number| works.get(number).cloned())
            .collect::<Vec<_>>()
            .join(lang.t("、", ", ")),
        note: row.request.note.clone(),
        late: row.request.day <= today,
        on_leave: leaves
            .iter()
            .filter(|leave| leave.staff == row.staff)
            .any(|leave| leave.meets(row.request.day, row.request.hours)),
        leave: words::part_leaves(lang, &office.calendar, &leaves, row.staff, row.request.day)
            .join(lang.t("・", ", ")),
        own: row.staff == me,
        open: possible(row).contains(&Action::Approve),
    });
    let waiting = waiting.collect();
    let view = Page {
        all,
        found,
        waiting,
        number,
        before: (number > 1).then(|| asked.address(number - 1)),
        after: (number * ROWS < found).then(|| asked.address(number + 1)),
        asked,
        conflicts: warnings,
        teams,
        standing_by: standing_by.join(lang.t("、", ", ")),
        faults,
        typed,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::DecideTelework);
    vec![get("/telework/approvals", may, show), post("/telework/approvals", may, decide)]
}
