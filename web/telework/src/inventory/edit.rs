//! One piece of work: adding, looking at, changing and removing it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::{Deed, Resource};
use store::telework::WorkRow;
use telework::inventory::sheet::hours;
use telework::inventory::{Approval, Frequency, Information, Judgement, Work, Zone};
use telework::time::tokyo;

use super::act::{add_work, change_work, is_closed, remove_work};
use super::command::{Described, Unfit};
use super::decide::Word;
use super::links::Link;
use super::words::told;
use super::{Stock, class, find, names, number, shown, words};
use crate::Route;
use kit::Kit;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen, Shown};
use kit::http::{Answer, Ctx, Form, Lang, Nothing, SignedIn, get, page_with, post, see_other};

#[derive(Template)]
#[template(path = "telework/inventory/work.html")]
struct Page {
    ctx: Ctx,
    /// The work's number; 0 while it is new.
    id: u64,
    entered: Entered,
    divisions: Vec<Choice>,
    frequencies: Vec<Choice>,
    informations: Vec<Choice>,
    zones: Vec<Choice>,
    approvals: Vec<Choice>,
    flags: Vec<(&'static str, &'static str, bool)>,
    obstacles: Vec<Obstacle>,
    judged: Option<Judged>,
    shares: Vec<Share>,
    mates: Vec<(String, String)>,
    may_change: bool,
    /// What stands now, for the fields that come back: of the work in its form and beside a word on
    /// it,
    /// and of who does it.
    seen: String,
    seen_word: String,
    seen_shares: String,
    unkept: Unkept,
}

/// What was sent and not kept: it is shown again, with why.
#[derive(Default)]
pub(super) struct Unkept {
    pub(super) faults: Vec<String>,
    /// What somebody else changed since the form was shown.
    pub(super) changed: Changed,
    /// A word on the work.
    pub(super) word: Option<Word>,
    /// Who does it.
    pub(super) link: Option<Link>,
}

impl Unkept {
    fn status(&self) -> StatusCode {
        match (self.faults.is_empty(), self.changed.is_empty()) {
            (_, false) => StatusCode::CONFLICT,
            (false, _) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::OK,
        }
    }
}

impl Page {
    fn word(&self) -> (&str, &str) {
        self.unkept.word.as_ref().map_or(("", ""), |word| (&word.outcome, &word.why))
    }

    fn link(&self) -> (&str, &str) {
        self.unkept.link.as_ref().map_or(("", ""), |link| (&link.login, &link.hours))
    }
}

struct Choice {
    key: String,
    text: String,
    chosen: bool,
}

/// A rule that stands against the work, whether or not its remedy is in place.
struct Obstacle {
    key: String,
    name: String,
    remedy: String,
    removed: bool,
    locked: bool,
}

struct Judged {
    outcome: &'static str,
    class: &'static str,
    reason: String,
    /// By whom, when and why, when a person decided.
    decided: Option<(String, String, String)>,
    /// Nobody may decide otherwise.
    locked: bool,
}

struct Share {
    staff: String,
    name: String,
    hours: String,
}

/// What the form says.
#[derive(Default)]
pub(crate) struct Entered {
    name: String,
    hours: String,
    fields: BTreeMap<String, String>,
}

impl Entered {
    /// From the fields of the form.
    pub(crate) fn of(fields: BTreeMap<String, String>) -> Self {
        let text =
            |name: &str| fields.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        Self { name: text("name"), hours: text("hours"), fields }
    }

    fn on(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(|value| value == "yes")
    }

    fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// The form for a work as it stands.
    fn from(work: &Work) -> Self {
        let mut fields = BTreeMap::new();
        let mut put = |name: &str, value: &str| fields.insert(name.to_owned(), value.to_owned());
        put("division", &work.division.to_string());
        put("frequency", work.frequency.key());
        put("information", work.information.key());
        put("zone", work.zone.key());
        put("approval", work.approval.key());
        let flags =
            [work.paper, work.seal, work.counter, work.site, work.telephone, work.interruptible];
        for ((key, ..), on) in words::FLAGS.into_iter().zip(flags) {
            put(key, if on { "yes" } else { "" });
        }
        for key in &work.removed {
            put(&format!("removed-{key}"), "yes");
        }
        Self { name: work.name.clone(), hours: hours(work.yearly), fields }
    }

    /// The work it describes.
    fn read(&self) -> Result<Work, Vec<Unfit>> {
        let removed = self.fields.iter().filter(|(_, value)| *value == "yes");
        let removed = removed.filter_map(|(name, _)| name.strip_prefix("removed-"));
        let described = Described {
            name: &self.name,
            hours: &self.hours,
            division: self.text("division").parse().ok(),
            frequency: Frequency::read(self.text("frequency")),
            information: Information::read(self.text("information")),
            zone: Zone::read(self.text("zone")),
            approval: Approval::read(self.text("approval")),
            removed: removed.map(str::to_owned).collect(),
        };
        Ok(Work {
            paper: self.on("paper"),
            seal: self.on("seal"),
            counter: self.on("counter"),
            site: self.on("site"),
            telephone: self.on("telephone"),
            interruptible: self.on("interruptible"),
            ..described.work()?
        })
    }
}

async fn new(visit: SignedIn, State(app): State<Kit>) -> Answer {
    let mut entered = Entered::default();
    for (name, value) in [
        ("interruptible", "yes"),
        ("information", "internal"),
        ("zone", "lgwan"),
        ("approval", "electronic"),
    ] {
        entered.fields.insert(name.to_owned(), value.to_owned());
    }
    render(&app, visit, None, entered, Unkept::default()).await
}

async fn show(visit: SignedIn, State(app): State<Kit>, Path(id): Path<String>) -> Answer {
    let (_, row) =
        find(&mut *app.store.read().await?, &visit.actor, Deed::SeeWorks, number(&id)?).await?;
    let entered = Entered::from(&row.work);
    render(&app, visit, Some(row), entered, Unkept::default()).await
}

/// The page of one work with something wrong on it, for the actions beside the form.
pub(super) async fn again(app: &Kit, visit: SignedIn, row: WorkRow, unkept: Unkept) -> Answer {
    let entered = Entered::from(&row.work);
    render(app, visit, Some(row), entered, unkept).await
}

async fn add(
    visit: SignedIn,
    State(app): State<Kit>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Answer {
    let entered = Entered::of(fields);
    let added = match entered.read() {
        Ok(work) => add_work(&app, &visit.actor, work).await?,
        Err(faults) => Err(faults),
    };
    match added {
        Ok(number) => Ok(see_other(&format!("/telework/works/{number}?done=added"))),
        Err(found) => {
            let faults = told(visit.ctx.lang, &found);
            render(&app, visit, None, entered, Unkept { faults, ..Unkept::default() }).await
        }
    }
}

async fn change(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Answer {
    let entered = Entered::of(fields);
    let (lang, seen) = (visit.ctx.lang, Seen::Form(entered.text("seen")));
    match change_work(&app, &visit.actor, lang, number(&id)?, entered.read(), seen).await? {
        Ok(number) => Ok(see_other(&format!("/telework/works/{number}?done=saved"))),
        Err(un) => {
            let (faults, changed) = (told(lang, &un.faults), un.changed);
            let unkept = Unkept { faults, changed, ..Unkept::default() };
            render(&app, visit, Some(*un.row), entered, unkept).await
        }
    }
}

async fn remove(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    remove_work(&app, &visit.actor, number(&id)?).await?;
    Ok(see_other("/telework/works?done=removed"))
}

async fn render(
    app: &Kit,
    visit: SignedIn,
    row: Option<WorkRow>,
    entered: Entered,
    unkept: Unkept,
) -> Answer {
    let (body, lang) = (visit.actor.body, visit.ctx.lang);
    let action = if row.is_some() { Deed::SeeWorks } else { Deed::ManageWorks };
    let mut conn = app.store.read().await?;
    let stock = Stock {
        rules: super::judging(&mut conn, body).await?,
        divisions: super::divisions(&mut conn, &visit.actor, action).await?,
        works: Vec::new(),
    };
    let staff = store::staff::all(&mut conn, body).await?;
    let all =
        if row.is_some() { store::telework::shares(&mut conn, body).await? } else { Vec::new() };
    let stands = match &row {
        Some(row) => shown::work(&mut conn, lang, body, &stock.rules, &row.work).await?,
        None => Shown::default(),
    };
    drop(conn);
    let of_work =
        all.iter().filter(|share| row.as_ref().is_some_and(|row| share.work == row.work.id));
    let with_names = of_work.filter_map(|share| {
        let person = staff.iter().find(|one| one.id == share.staff)?;
        Some((person, share.yearly))
    });
    // What was told belongs to the form that was sent; the others show what stands.
    let parts = shown::shares(with_names);
    let told = |sent: bool, posted: Option<&str>, now: &Shown| match sent {
        true => unkept.changed.seen(posted, now),
        false => now.seen(),
    };
    let posted = entered.fields.get("seen").map(String::as_str);
    let word = unkept.word.as_ref().map(|word| word.seen.as_str());
    let link = unkept.link.as_ref().map(|link| link.seen.as_str());
    let seen = told(posted.is_some(), posted, &stands);
    let (seen_word, seen_shares) =
        (told(word.is_some(), word, &stands), told(link.is_some(), link, &parts));
    let names = names(&staff);
    let name = |id: &people::StaffId| names.get(id).cloned().unwrap_or_default();
    let shares = row
        .iter()
        .flat_map(|row| all.iter().filter(|share| share.work == row.work.id))
        .map(|share| Share {
            staff: share.staff.to_string(),
            name: name(&share.staff),
            hours: hours(share.yearly),
        });
    let mates = staff
        .iter()
        .filter(|one| row.as_ref().is_some_and(|row| one.division == Some(row.division)));
    let choice = |name: &str, key: &str, text: &str| Choice {
        key: key.to_owned(),
        text: text.to_owned(),
        chosen: entered.text(name) == key,
    };
    let shares: Vec<Share> = shares.collect();
    let view = Page {
        id: row.as_ref().map_or(0, |row| row.work.id),
        divisions: stock
            .divisions
            .iter()
            .map(|one| choice("division", &one.id.to_string(), one.name.as_str()))
            .collect(),
        frequencies: Frequency::ALL
            .iter()
            .map(|one| choice("frequency", one.key(), words::frequency(lang, *one)))
            .collect(),
        informations: Information::ALL
            .iter()
            .map(|one| choice("information", one.key(), words::information(lang, *one)))
            .collect(),
        zones: Zone::ALL
            .iter()
            .map(|one| choice("zone", one.key(), words::zone(lang, *one)))
            .collect(),
        approvals: Approval::ALL
            .iter()
            .map(|one| choice("approval", one.key(), words::approval(lang, *one)))
            .collect(),
        flags: words::FLAGS.map(|(key, ja, en)| (key, lang.t(ja, en), entered.on(key))).into(),
        obstacles: row.as_ref().map(|row| obstacles(&stock, &row.work)).unwrap_or_default(),
        judged: row.as_ref().map(|row| {
            let judged = stock.rules.judge(&row.work);
            let by = row.work.decided.as_ref().map(|d| name(&d.by)).unwrap_or_default();
            self::judged(lang, &row.work, judged, by)
        }),
        shares,
        mates: mates.map(|one| (one.login.to_string(), one.name.to_string())).collect(),
        may_change: row.as_ref().is_none_or(|row| {
            visit.permit_on(Deed::ManageWorks, Resource::division(body, row.division)).is_ok()
        }),
        seen,
        seen_word,
        seen_shares,
        entered,
        ctx: visit.ctx,
        unkept,
    };
    page_with(view.unkept.status(), view)
}

/// Every rule that would stand against the work if nothing had been done about it.
fn obstacles(stock: &Stock, work: &Work) -> Vec<Obstacle> {
    let bare = stock.rules.judge(&Work { removed: Vec::new(), ..work.clone() });
    let causes = bare.causes.into_iter().map(|cause| Obstacle {
        removed: work.removed.contains(&cause.key),
        key: cause.key,
        name: cause.name,
        remedy: cause.remedy.unwrap_or_default(),
        locked: cause.locked,
    });
    causes.collect()
}

fn judged(lang: Lang, work: &Work, judged: Judgement, by: String) -> Judged {
    let decided = work.decided.as_ref().filter(|_| judged.by_person).map(|decided| {
        (by, format!("{}", tokyo(decided.at).strftime("%Y-%m-%d %H:%M")), decided.why.clone())
    });
    Judged {
        outcome: words::outcome(lang, judged.outcome),
        class: class(judged.outcome),
        locked: is_closed(work, &judged),
        reason: judged.reason.unwrap_or_default(),
        decided,
    }
}

pub(super) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManageWorks);
    vec![
        get("/telework/works/new", manage, new),
        post("/telework/works/new", manage, add),
        get("/telework/works/{id}", May(Deed::SeeWorks), show),
        post("/telework/works/{id}", manage, change),
        post("/telework/works/{id}/remove", manage, remove),
    ]
}
