//! My PCs: what was granted to me, and how it stands.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use people::{Deed, Pc};
use serde_json::json;

use crate::App;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Access, Answer, Ctx, SignedIn, get, page};
use web_people::agents::PcState;

/// A PC with what a person wants to know about it.
struct Row {
    pc: Pc,
    until: i64,
    state: PcState,
    /// Whether it is this person's own session that makes it busy.
    mine: bool,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    /// Why nothing opens now, where the body asks for an approved telework day.
    closed: Option<String>,
}

impl Row {
    fn ready(&self) -> bool {
        self.state == PcState::Ready && !self.pc.stopped
    }

    fn state_word(&self, ctx: &Ctx) -> &'static str {
        match self.state {
            _ if self.pc.stopped => ctx.t("停止中", "Stopped"),
            PcState::Busy if !self.mine => ctx.t("ほかの方が使用中", "In use by another"),
            state => state.words(ctx),
        }
    }

    fn state_class(&self) -> &'static str {
        if self.pc.stopped { "off" } else { self.state.class() }
    }

    /// What to do where it is not ready.
    fn advice(&self, ctx: &Ctx) -> &'static str {
        match self.state {
            // Ready opens, and whose session it is says more.
            PcState::Ready | PcState::Busy => "",
            PcState::Unreachable => ctx.t(
                "庁内のPCが応答しません。PCの電源をご確認ください。",
                "The office PC does not answer. Please check that it is switched on.",
            ),
            PcState::Untrusted => ctx.t(
                "PCの証明書が登録時のものと違うため、接続できません。情報担当にご連絡ください。",
                "The PC shows another certificate than the known one. Please tell your IT staff.",
            ),
            PcState::Offline => ctx.t(
                "庁内の装置につながりません。装置の電源をご確認ください。",
                "The office agent is not connected. Please check that it is switched on.",
            ),
        }
    }
}

async fn rows(app: &App, visit: &SignedIn) -> Result<Vec<Row>, Refusal> {
    let permit = visit.permit_own(Deed::SeeTargets)?;
    let mut conn = app.store.read().await?;
    let found =
        store::assignments::pcs_of(&mut conn, permit.body(), permit.actor(), app.now()).await?;
    let own =
        store::sessions::pcs_in_use_by(&mut conn, permit.body(), permit.actor(), app.now()).await?;
    let row = |(pc, until): (Pc, i64)| Row {
        state: app.hub.state(pc.agent, &pc.target),
        mine: own.contains(&pc.id),
        pc,
        until,
    };
    Ok(found.into_iter().map(row).collect())
}

async fn show(visit: Option<SignedIn>, State(app): State<App>) -> Answer {
    let Some(visit) = visit else {
        let mut conn = app.store.read().await?;
        let ready = store::staff::operator_exists(&mut conn).await?;
        return Ok(kit::http::see_other(if ready { "/sign-in" } else { "/set-up" }));
    };
    // Whoever only administers has no PCs: their front page is the first of the menu.
    if !visit.ctx.may(Deed::SeeTargets) {
        let first = visit.ctx.nav().first().map_or("/account", |item| item.href);
        return Ok(kit::http::see_other(first));
    }
    let rows = rows(&app, &visit).await?;
    let opened = web_telework::opening_for(
        &mut *app.store.read().await?,
        visit.actor.body,
        visit.actor.id,
        app.now(),
    )
    .await?;
    let closed = opened.err().map(|closed| web_telework::closed_words(visit.ctx.lang, &closed));
    page(Page { ctx: visit.ctx, rows, closed })
}

/// `GET /api/targets` (viewer/README.md).
async fn targets(visit: SignedIn, State(app): State<App>) -> Result<Response, Refusal> {
    let targets: Vec<_> = rows(&app, &visit)
        .await?
        .into_iter()
        .filter(|row| !row.pc.stopped)
        .map(|row| {
            // The agent by its own line: a PC that is off does not make it a missing agent.
            let agent_online = app.hub.is_connected(row.pc.agent);
            json!({
                "id": row.pc.id.to_string(),
                "name": row.pc.name.as_str(), "agent": row.pc.agent.to_string(),
                "agent_online": agent_online, "state": row.state.code(),
                "zone": row.pc.zone.number(), "until": row.until,
            })
        })
        .collect();
    Ok(axum::Json(json!({ "targets": targets })).into_response())
}

pub(crate) fn routes() -> Vec<Route> {
    vec![get("/", Access::Public, show), get("/api/targets", May(Deed::SeeTargets), targets)]
}

#[cfg(test)]
mod tests {
    use pairing::control::TargetState;
    use store::sessions::Session;
    use telework::rules::Rules;

    use crate::testing::{HOME, Town};

    #[tokio::test]
    async fn the_front_page_says_why_nothing_opens_and_not_to_whom_it_opens() {
        let town = Town::new().await;
        let staff = town.person(HOME, "staff1").await;
        let mut browser = town.sign_in("staff1").await;
        let closed = "いまはPCを開けません";
        assert!(!browser.get("/").await.ok().contains(closed), "the body asks for no day");
        for exempt in [false, true] {
            let exempt_ones = if exempt { [staff.id].into() } else { Default::default() };
            let rules = Rules { day_opens_pc: true, exempt: exempt_ones, ..Rules::default() };
            let mut tx = town.app.write_unattended(staff.body).await.unwrap();
            let now = town.app.now();
            store::telework::put_setting(&mut tx, staff.body, store::telework::RULES, &rules, now)
                .await
                .unwrap();
            tx.keep(()).await.unwrap();
            assert_eq!(browser.get("/").await.ok().contains(closed), !exempt);
        }
    }

    /// A PC that this person may open until the end of 31 March; answers its agent too.
    async fn granted(town: &Town, staff: &people::Staff) -> (people::Pc, people::AgentId) {
        let agent = people::AgentId([9; 16]);
        let pc = people::Pc {
            id: people::PcId([8; 16]),
            body: staff.body,
            agent,
            target: "desk".parse().unwrap(),
            name: "総務課のPC".parse().unwrap(),
            zone: people::Zone::Lgwan,
            stopped: false,
            seen: 1,
        };
        let last: jiff::civil::Date = "2027-03-31".parse().unwrap();
        let grant = people::Assignment {
            id: people::AssignmentId([7; 16]),
            body: staff.body,
            staff: staff.id,
            pc: pc.id,
            from: town.app.now() - 1,
            until: kit::time::start_of(last.tomorrow().unwrap()).unwrap(),
            by: staff.id,
        };
        let office = store::agents::Agent {
            id: agent,
            body: staff.body,
            number: 7,
            name: "本庁舎".into(),
            version: "1".into(),
            channel_key: [1; 32],
            control_key: [2; 32],
            enrolled: 1,
            seen: 1,
            revoked: 0,
            epoch: 0,
            reported: 0,
        };
        let device = store::devices::Device {
            id: people::DeviceId([6; 16]),
            body: staff.body,
            staff: staff.id,
            key: [3; 32],
            name: "自宅のPC".into(),
            user_agent: String::new(),
            paired: 1,
            used: 0,
            revoked: 0,
            posture: people::Posture::default(),
        };
        let mut tx = town.app.write_unattended(staff.body).await.unwrap();
        store::agents::add(&mut tx, &office).await.unwrap();
        store::devices::pair(&mut tx, &device, agent, 1).await.unwrap();
        store::pcs::offer(&mut tx, &pc).await.unwrap();
        store::assignments::add(&mut tx, &grant).await.unwrap();
        tx.keep(()).await.unwrap();
        (pc, agent)
    }

    #[tokio::test]
    async fn a_pc_in_use_is_told_as_her_own_session_or_as_somebody_elses() {
        let town = Town::new().await;
        let staff = town.person(HOME, "staff1").await;
        let (pc, agent) = granted(&town, &staff).await;
        town.app.hub.place(agent, staff.body, &pc.target, TargetState::Busy);
        let mut browser = town.sign_in("staff1").await;
        let page = browser.get("/").await;
        assert!(page.ok().contains("ほかの方が使用中です"), "{}", page.text());
        assert!(!page.text().contains("つづき"), "nothing of hers goes on");
        let now = town.app.now();
        let session = Session {
            meeting: people::MeetingId([5; 16]),
            body: staff.body,
            staff: staff.id,
            pc: pc.id,
            agent,
            device: people::DeviceId([6; 16]),
            address: String::new(),
            requested: now,
            not_after: now + 3_600_000,
            started: now,
            ended: 0,
            reason: String::new(),
            bytes_up: 0,
            bytes_down: 0,
            idle_seconds: 0,
        };
        let mut tx = town.app.write_unattended(staff.body).await.unwrap();
        store::sessions::add(&mut tx, &session).await.unwrap();
        tx.keep(()).await.unwrap();
        let page = browser.get("/").await;
        assert!(page.ok().contains("つづきから使えます"), "{}", page.text());
        assert!(!page.text().contains("ほかの方"));
    }

    #[tokio::test]
    async fn a_pc_that_does_not_answer_is_not_a_missing_agent() {
        let town = Town::new().await;
        let staff = town.person(HOME, "staff1").await;
        let (pc, agent) = granted(&town, &staff).await;
        let mut browser = town.sign_in("staff1").await;
        for (told, online, state, words) in [
            (None, false, "offline", "庁内の装置につながりません"),
            (Some(TargetState::Unreachable), true, "unreachable", "庁内のPCが応答しません"),
            (Some(TargetState::Untrusted), true, "untrusted", "証明書が登録時のものと違う"),
            (Some(TargetState::Ready), true, "ready", "使えます"),
        ] {
            if let Some(told) = told {
                town.app.hub.place(agent, staff.body, &pc.target, told);
            }
            let answer = browser.get("/api/targets").await;
            let answer: serde_json::Value = serde_json::from_str(answer.ok()).unwrap();
            let target = &answer["targets"][0];
            assert_eq!(target["agent_online"], online, "{state}");
            assert_eq!(target["state"], state);
            let page = browser.get("/").await;
            assert!(page.ok().contains(words), "{state}: {}", page.text());
        }
    }

    #[tokio::test]
    async fn a_period_ends_with_its_last_day() {
        let town = Town::new().await;
        let staff = town.person(HOME, "staff1").await;
        let (pc, _) = granted(&town, &staff).await;
        let home = town.sign_in("staff1").await.get("/").await;
        let of_it = town.sign_in("it1").await.get(&format!("/admin/pcs/{}", pc.id)).await;
        let mut hr = town.sign_in("hr1").await;
        let order = [("division", ""), ("day", ""), ("until", "2026-09-25"), ("why", "台風")];
        let given = hr.post("/admin/telework/emergency", &order).await;
        assert_eq!(given.status, axum::http::StatusCode::SEE_OTHER, "{}", given.text());
        let rules = hr.get("/admin/telework").await;
        for (page, wanted, not) in [
            (home, "2027年3月31日まで", "2027年4月1日"),
            (of_it, "2027年3月31日まで", "2027年4月1日"),
            (rules, "2026年9月25日まで", "2026年9月26日"),
        ] {
            let text = page.ok();
            assert!(text.contains(wanted) && !text.contains(not), "{text}");
        }
    }
}
