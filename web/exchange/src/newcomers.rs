//! `/exchange/newcomers`: bodies that came to be after the list of the 1,788, for the ministry's
//! desk and for who runs this server.

use std::borrow::Cow;

use askama::Template;
use audit::{Decision, Event, Kind};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use exchange::body::BodyCode;
use exchange::newcomer::{BadNewcomer, Newcomer};
use people::{Actor, Bodies, BodyKind, Deed};
use serde::Deserialize;

use super::lineage::may;
use super::words;
use crate::Exchange;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen, Shown};
use kit::http::{Answer, Ctx, Form, Lang, SignedIn, get, page_with, post, see_other};

/// Kinds that municipalities are of.
const KINDS: [BodyKind; 5] = [
    BodyKind::City,
    BodyKind::Town,
    BodyKind::Village,
    BodyKind::DesignatedCity,
    BodyKind::SpecialWard,
];

/// Why a registration stays, in Japanese and English.
pub(crate) const USED: (&str, &str) = (
    "この団体は案件の宛先・合併の登録・このサーバーの団体になっているため、削除できません。",
    "A case, a merger or this server knows this body; it stays.",
);

#[derive(Template)]
#[template(path = "exchange/newcomers.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    kinds: Vec<(&'static str, &'static str)>,
    e: Entered,
    faults: Vec<&'static str>,
    /// What stands of the body in the form, for the field that comes back.
    seen: String,
    /// What stands of it that the form has not shown.
    changed: Changed,
}

struct Row {
    code: String,
    name: Cow<'static, str>,
    kana: String,
    kind: &'static str,
    since: String,
    day: String,
}

/// As it was typed.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Entered {
    /// What the form showed.
    seen: String,
    code: String,
    kind: String,
    name: String,
    kana: String,
    since: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    /// What the form begins with: a body that is registered, to be changed.
    code: String,
}

async fn show(visit: SignedIn, State(app): State<Exchange>, Query(asked): Query<Asked>) -> Answer {
    let mut conn = app.store.read().await?;
    may(&mut conn, &visit.actor).await?;
    let found = store::exchange::newcomers(&mut conn)
        .await?
        .into_iter()
        .find(|new| new.code.as_str() == asked.code);
    drop(conn);
    let entered = found.map_or(Entered::default(), |new| Entered {
        seen: String::new(),
        code: new.code.to_string(),
        kind: new.kind.ja().to_owned(),
        name: new.name,
        kana: new.kana,
        since: new.since.to_string(),
    });
    render(&app, visit, entered, Vec::new(), Changed::default(), StatusCode::OK).await
}

/// What the form shows of a body: nothing, where none of this code is registered.
pub(crate) fn shown(lang: Lang, all: &[Newcomer], code: &str) -> Shown {
    let none = Shown::default().by_name();
    let Some(new) = all.iter().find(|new| new.code.as_str() == code) else { return none };
    let key = |field: &str| format!("{code} {field}");
    none.with(key("name"), lang.t("名前", "Name"), &new.name)
        .with(key("kind"), lang.t("種別", "Kind"), words::one_kind(lang, new.kind))
        .with(key("kana"), lang.t("読み", "Reading"), &new.kana)
        .with(key("since"), lang.t("設置の日", "First day"), words::day(lang, new.since))
}

async fn render(
    app: &Exchange,
    visit: SignedIn,
    e: Entered,
    faults: Vec<&'static str>,
    changed: Changed,
    status: StatusCode,
) -> Answer {
    let mut conn = app.store.read().await?;
    may(&mut conn, &visit.actor).await?;
    let lang = visit.ctx.lang;
    let row = |new: Newcomer| Row {
        code: new.code.to_string(),
        name: new.body().full_name,
        kind: words::one_kind(lang, new.kind),
        since: new.since.to_string(),
        day: words::day(lang, new.since),
        kana: new.kana,
    };
    let all = store::exchange::newcomers(&mut conn).await?;
    drop(conn);
    let posted = (!faults.is_empty()).then_some(e.seen.as_str());
    let seen = changed.seen(posted, &shown(lang, &all, e.code.trim()));
    let rows = all.into_iter().map(row).collect();
    let kinds = KINDS.iter().map(|kind| (kind.ja(), words::one_kind(lang, *kind))).collect();
    page_with(status, Page { rows, kinds, e, faults, seen, changed, ctx: visit.ctx })
}

async fn enter(visit: SignedIn, State(app): State<Exchange>, Form(e): Form<Entered>) -> Answer {
    let lang = visit.ctx.lang;
    match Newcomer::read(&e.code, &e.kind, &e.name, &e.kana, &e.since) {
        Ok(new) => match add(&app, &visit.actor, lang, &new, Seen::Form(&e.seen)).await? {
            changed if changed.is_empty() => Ok(see_other("/exchange/newcomers?done=added")),
            changed => render(&app, visit, e, Vec::new(), changed, StatusCode::CONFLICT).await,
        },
        Err(faults) => {
            let faults = faults.iter().map(|fault| said(lang, *fault)).collect();
            render(&app, visit, e, faults, Changed::default(), StatusCode::UNPROCESSABLE_ENTITY)
                .await
        }
    }
}

fn said(lang: Lang, fault: BadNewcomer) -> &'static str {
    let en = match fault {
        BadNewcomer::Code => "The code has six digits, the last one a check digit.",
        BadNewcomer::Listed => "There is a body of this code already.",
        BadNewcomer::Prefecture => "This is not the code of a municipality of a prefecture.",
        BadNewcomer::Kind => "Please choose its kind.",
        BadNewcomer::Name => "The name ends as its kind does (市, 町, 村, 区).",
        BadNewcomer::Kana => "The reading is hiragana.",
        BadNewcomer::Since => "Please enter the first day.",
    };
    lang.t(fault.ja(), en)
}

/// Registers a body that came to be, or what is better known of one that was registered: what
/// stands of that and the sender has not seen; then it stays.
pub(crate) async fn add(
    app: &Exchange,
    by: &Actor,
    lang: Lang,
    new: &Newcomer,
    seen: Seen<'_>,
) -> Result<Changed, Refusal> {
    let mut tx = app.write_as(&by).await?;
    may(&mut tx, by).await?;
    let all = store::exchange::newcomers(&mut tx).await?;
    let changed = shown(lang, &all, new.code.as_str()).unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(changed);
    }
    store::exchange::put_newcomer(&mut tx, new).await?;
    let event = Event::new(by.body.chain(), by.who(), Kind::BODY_ADDED_LATER, new.code.to_string());
    let event = event.with("name", &new.name).with("kind", new.kind.ja()).with("since", new.since);
    tx.commit(Decision::new((), event)).await?;
    app.know_newcomers().await?;
    Ok(Changed::default())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Gone {
    code: String,
}

async fn remove(visit: SignedIn, State(app): State<Exchange>, Form(gone): Form<Gone>) -> Answer {
    let code: BodyCode = gone.code.parse().map_err(|_| Refusal::NotFound)?;
    if drop_one(&app, &visit.actor, code).await? {
        return Ok(see_other("/exchange/newcomers?done=removed"));
    }
    let faults = vec![visit.ctx.lang.t(USED.0, USED.1)];
    render(&app, visit, Entered::default(), faults, Changed::default(), StatusCode::CONFLICT).await
}

/// Takes the registration of a body back, where nothing came of it yet; false where something did.
pub(crate) async fn drop_one(app: &Exchange, by: &Actor, code: BodyCode) -> Result<bool, Refusal> {
    let mut tx = app.write_as(&by).await?;
    may(&mut tx, by).await?;
    let all = store::exchange::newcomers(&mut tx).await?;
    if all.iter().all(|new| new.code != code) {
        return Err(Refusal::NotFound);
    }
    if !store::exchange::remove_newcomer(&mut tx, code).await? {
        return Ok(false);
    }
    let event = Event::new(by.body.chain(), by.who(), Kind::BODY_LATER_REMOVED, code.to_string());
    tx.commit(Decision::new((), event)).await?;
    app.know_newcomers().await?;
    Ok(true)
}

impl Exchange {
    /// Reads from the store which bodies came to be after the list: at the start, after a change,
    /// and again now and then where several servers have one database.
    ///
    /// # Errors
    /// What the database can meet.
    pub async fn know_newcomers(&self) -> Result<(), Refusal> {
        // One after the other: whoever reads last says what is known.
        let _turn = self.knowing.lock().await;
        let mut conn = self.store.read().await?;
        let newcomers = store::exchange::newcomers(&mut conn).await?;
        self.know_bodies(Bodies::with_later(newcomers.iter().map(Newcomer::body)));
        Ok(())
    }
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::UseExchange);
    vec![
        get("/exchange/newcomers", may, show),
        post("/exchange/newcomers", may, enter),
        post("/exchange/newcomers/remove", may, remove),
    ]
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use exchange::body::prefecture_of;
    use exchange::case::{Stage, State};
    use exchange::form::shipped;
    use exchange::import::Answers;

    use crate::country::{
        NEIGHBOUR, PREFECTURE, R2, TOWN, answers, case_id, country, small_survey,
    };
    use crate::testing::{Area as _, KEY, PASSWORD, Town};
    use web_people::factors::TOTP_PURPOSE;

    /// 道南市, out of Hakodate and Otaru.
    const NEW: &str = "012998";

    fn fields(code: &'static str) -> [(&'static str, &'static str); 5] {
        [
            ("code", code),
            ("kind", "市"),
            ("name", "道南市"),
            ("kana", "どうなんし"),
            ("since", "2021-04-01"),
        ]
    }

    async fn revision(desk: &mut crate::testing::Browser, case: &str) -> String {
        let page = desk.get(&format!("/exchange/cases/{case}")).await;
        page.between("name=\"revision\" value=\"", "\"").unwrap().to_owned()
    }

    /// A survey by the ministry for whom the list says; the case, or why not.
    async fn survey_for(town: &Town, audience: &[(&str, &str)]) -> Result<String, String> {
        let mut desk = town.sign_in_to("000019", "desk1").await;
        let made = desk.post("/exchange/cases", &[]).await;
        let case = made.location().strip_prefix("/exchange/cases/").unwrap().to_owned();
        let revision = revision(&mut desk, &case).await;
        let deadline = crate::testing::day(town, 20);
        let mut fields = vec![
            ("revision", revision.as_str()),
            ("kind", "survey"),
            ("subject", "取組状況調査"),
            ("path", "direct"),
            ("form", "telework/令和3年"),
            ("deadline", deadline.as_str()),
            ("act", "send"),
        ];
        fields.extend(audience);
        let sent = desk.post(&format!("/exchange/cases/{case}/draft"), &fields).await;
        if sent.status == StatusCode::SEE_OTHER { Ok(case) } else { Err(sent.text().to_owned()) }
    }

    #[tokio::test]
    async fn a_new_body_is_written_to_answers_signs_in_and_has_last_years_figures_of_what_it_was() {
        let town = country().await;
        let before = answers(shipped::TELEWORK_R2, R2);
        small_survey(
            &town,
            "2020-0001",
            shipped::TELEWORK_R2,
            Stage::Published,
            State::Confirmed,
            &before,
        )
        .await;
        let mut desk = town.sign_in_to("000019", "desk1").await;
        desk.get("/exchange/newcomers").await.ok();
        assert_eq!(
            desk.post("/exchange/newcomers", &fields(NEW)).await.status,
            StatusCode::SEE_OTHER
        );
        assert_eq!(town.record("000019").await[0], audit::Kind::BODY_ADDED_LATER);
        let page = desk.get("/exchange/newcomers").await;
        assert!(page.ok().contains("北海道道南市") && page.text().contains(NEW), "{}", page.text());

        // It is the successor of two, by its name as by its code.
        let merger =
            [("body", "北海道道南市"), ("on", "2021-04-01"), ("predecessors", "012025\n012033")];
        assert_eq!(desk.post("/exchange/lineage", &merger).await.status, StatusCode::SEE_OTHER);
        assert!(desk.get("/exchange/lineage").await.ok().contains("北海道道南市"));

        // The operator serves it; its desk signs in under its name.
        let mut operator = town.sign_in_to(TOWN, "it1").await;
        assert!(operator.get("/admin/bodies?q=道南").await.ok().contains(NEW));
        let code: people::BodyCode = NEW.parse().unwrap();
        assert_eq!(prefecture_of(code).as_str(), PREFECTURE);
        let hash = town.app.people().passwords.hash(PASSWORD, town.app.random()).await.unwrap();
        let clerk = people::Staff {
            id: people::StaffId([0x77; 16]),
            body: code,
            ..town.person(TOWN, "desk1").await
        };
        let totp = town
            .app
            .seal(TOTP_PURPOSE, &clerk.id.0, &web_people::factors::totp::from_base32(KEY).unwrap())
            .unwrap();
        let mut tx = town.app.write_unattended(code).await.unwrap();
        store::bodies::add(&mut tx, code, town.app.now()).await.unwrap();
        store::staff::add(&mut tx, &clerk).await.unwrap();
        store::credentials::put(&mut tx, clerk.id, &hash, &totp, 0).await.unwrap();
        tx.keep(()).await.unwrap();

        // It is written to; what it came out of is not.
        let case = survey_for(&town, &[("audience", "prefectures"), ("prefectures", PREFECTURE)])
            .await
            .unwrap();
        let mut conn = town.app.store.read().await.unwrap();
        let to: Vec<String> = store::exchange::deliveries(&mut conn, case_id(&case), None)
            .await
            .unwrap()
            .iter()
            .map(|d| d.to.body.to_string())
            .collect();
        drop(conn);
        assert!(
            to.contains(&NEW.to_owned())
                && !to.contains(&TOWN.to_owned())
                && !to.contains(&NEIGHBOUR.to_owned())
        );
        assert_eq!(to.len(), 180 - 2 + 1);
        let gone = survey_for(&town, &[("audience", "list"), ("list", TOWN)]).await.unwrap_err();
        assert!(gone.contains("廃止された団体"), "{gone}");

        // Last year beside its form is the sum of both: 1,126 and 101.
        let mut clerk = town.sign_in_to(NEW, "desk1").await;
        assert!(clerk.get("/exchange").await.ok().contains("北海道道南市"));
        clerk.get(&format!("/exchange/cases/{case}")).await.ok();
        let page = clerk.get(&format!("/exchange/cases/{case}/answer")).await;
        assert!(
            page.ok().contains("1,227人") && page.text().contains("北海道小樽市 012033"),
            "{}",
            page.text()
        );

        // A server that starts anew knows it from its store; what is in use stays.
        town.app.know_newcomers().await.unwrap();
        desk.get("/exchange/newcomers").await;
        let kept = desk.post("/exchange/newcomers/remove", &[("code", NEW)]).await;
        assert_eq!(kept.status, StatusCode::CONFLICT);
        assert!(kept.text().contains("削除できません"));
    }

    #[tokio::test]
    async fn what_is_no_body_is_told_one_to_come_is_not_written_to_yet_and_nobody_else_registers() {
        let town = country().await;
        small_survey(
            &town,
            "2021-0001",
            shipped::TELEWORK_R3,
            Stage::Sent,
            State::Received,
            &Answers::new(),
        )
        .await;
        let mut desk = town.sign_in_to("000019", "desk1").await;
        desk.get("/exchange/newcomers").await;
        let bad = [
            ("code", "012997"),
            ("kind", "市"),
            ("name", "道南町"),
            ("kana", "ドウナン"),
            ("since", ""),
        ];
        let reply = desk.post("/exchange/newcomers", &bad).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in ["検査数字", "種別に合う終わり", "ひらがな", "設置の日", "value=\"道南町\""]
        {
            assert!(reply.text().contains(words), "{words}: {}", reply.text());
        }
        let mut later = fields("012980");
        later[2].1 = "あした市";
        later[4].1 = "2099-04-01";
        assert_eq!(desk.post("/exchange/newcomers", &later).await.status, StatusCode::SEE_OTHER);
        let early = survey_for(&town, &[("audience", "list"), ("list", "北海道あした市")])
            .await
            .unwrap_err();
        assert!(early.contains("まだ設置されていない団体"), "{early}");
        // A mistake is taken back while nothing came of it, and its name with it.
        let known = || town.app.bodies().body("012980".parse().unwrap()).is_ok();
        assert!(known());
        desk.get("/exchange/newcomers").await;
        assert_eq!(
            desk.post("/exchange/newcomers/remove", &[("code", "012980")]).await.status,
            StatusCode::SEE_OTHER
        );
        assert!(!known());
        assert_eq!(
            desk.post("/exchange/newcomers/remove", &[("code", "012980")]).await.status,
            StatusCode::NOT_FOUND
        );
        for (body, login) in [(PREFECTURE, "desk1"), (TOWN, "desk1"), ("000019", "staff1")] {
            let mut other = town.sign_in_to(body, login).await;
            assert_eq!(
                other.get("/exchange/newcomers").await.status,
                StatusCode::NOT_FOUND,
                "{body} {login}"
            );
            assert_eq!(
                other.post("/exchange/newcomers", &fields(NEW)).await.status,
                StatusCode::NOT_FOUND,
                "{body} {login}"
            );
        }
    }
}
