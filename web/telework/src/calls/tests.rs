//! What HR, superiors and staff do by programs, and that nobody else does it.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use people::{Division, DivisionId};
use serde_json::{Value, json};
use telework::time::{Month, tokyo};

use crate::moment;
use crate::testing::{HOME, OTHER, Reply, Town};
use crate::testing::{call, token};
use kit::http::Method::{Get, Post};
use kit::http::Scope;

const DIVISION: DivisionId = DivisionId([0xd1; 16]);

/// A town in which `superior1` leads the division of `staff1`.
async fn town() -> Town {
    let town = Town::new().await;
    let (mut staff, superior) =
        (town.person(HOME, "staff1").await, town.person(HOME, "superior1").await);
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    let (code, name) = ("100".into(), "総務課".parse().unwrap());
    let division = Division {
        id: DIVISION,
        body: staff.body,
        code,
        name,
        superior: Some(superior.id),
        deputy: None,
    };
    store::divisions::add(&mut tx, &division).await.unwrap();
    staff.division = Some(DIVISION);
    assert!(store::staff::change(&mut tx, &staff).await.unwrap());
    tx.keep(()).await.unwrap();
    town
}

/// A program of somebody, with every scope.
struct Program<'a> {
    town: &'a Town,
    secret: String,
}

impl<'a> Program<'a> {
    async fn of(town: &'a Town, body: &str, login: &str) -> Self {
        let secret = token(town, town.person(body, login).await.id, body, &Scope::ALL).await;
        Self { town, secret }
    }

    async fn try_get(&self, path: &str) -> Reply {
        call(
            &mut self.town.browser(),
            Get,
            &format!("/api/v1/telework{path}"),
            Some(&self.secret),
            None,
        )
        .await
    }

    async fn try_post(&self, path: &str, body: &Value) -> Reply {
        let path = format!("/api/v1/telework{path}");
        call(&mut self.town.browser(), Post, &path, Some(&self.secret), Some(&body.to_string()))
            .await
    }

    async fn get(&self, path: &str) -> Value {
        value(path, &self.try_get(path).await)
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        value(path, &self.try_post(path, &body).await)
    }
}

fn value(path: &str, reply: &Reply) -> Value {
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    serde_json::from_slice(&reply.bytes).unwrap()
}

fn bytes(file: &Value) -> Vec<u8> {
    STANDARD.decode(file["content"].as_str().unwrap()).unwrap()
}

fn today(town: &Town) -> jiff::civil::Date {
    tokyo(moment(town.app.now())).date()
}

/// Registers whoever calls.
async fn register(program: &Program<'_>) {
    let asked = program.get("/registration").await;
    let keys = asked["checks"].as_array().unwrap().iter();
    let answers: serde_json::Map<String, Value> =
        keys.map(|check| (check["key"].as_str().unwrap().to_owned(), json!(true))).collect();
    let signed = json!({ "consent": true, "version": asked["version"], "answers": answers });
    program.post("/registration", signed).await;
}

#[tokio::test]
async fn what_hr_may_do_nobody_else_may() {
    let town = town().await;
    let hr = Program::of(&town, HOME, "hr1").await;
    let settings = hr.get("/settings").await;
    let rule = json!({ "name": "規則", "result": "ask", "paper": true });
    let rules = hr.get("/works/rules").await;
    let paper =
        rules["rules"].as_array().unwrap().iter().find(|rule| rule["key"] == "paper").unwrap();
    let mut other = rule.clone();
    other["revision"] = paper["revision"].clone();
    let mut layout = json!(
        { "columns": ["login", "overtime"], "headings": true, "encoding": "utf8",
            "hours": "clock" });
    layout["revision"] = hr.get("/payroll").await["revision"].clone();
    let (first, month) = (json!("2026-10"), "2026-08");
    let acts = [
        ("/settings".to_owned(), settings),
        ("/emergencies".into(), json!({ "until": "2026-09-25", "why": "台風" })),
        ("/people/staff1".into(), {
            let revision = hr.get("/people/staff1").await["revision"].clone();
            json!(
                { "employment": "regular", "general": true, "exempt": false, "revision": revision })
        }),
        ("/people/staff1/leaves".into(), json!({ "from": "2026-10-01", "to": "2026-10-02" })),
        (
            "/people/staff1/requests".into(),
            json!({ "day": "2026-10-05", "form": "home", "unit": "day" }),
        ),
        ("/allowance".into(), json!({ "first": first, "months": 3, "logins": ["staff1"] })),
        ("/payroll".into(), layout),
        (format!("/months/{month}/payroll"), Value::Null),
        (format!("/months/{month}/attendance"), json!({ "format": "xlsx" })),
        (format!("/months/{month}/close"), json!({})),
        ("/works/rules".into(), rule.clone()),
        ("/works/rules/paper".into(), other),
        ("/works/rules/paper/remove".into(), Value::Null),
        ("/works/rules/reset".into(), json!({ "revision": "0" })),
    ];
    let reads = [
        "/settings",
        "/emergencies",
        "/people",
        "/people/staff1",
        "/allowance",
        "/payroll",
        "/years/2026",
    ];
    for (body, login) in [
        (HOME, "staff1"),
        (HOME, "superior1"),
        (HOME, "it1"),
        (HOME, "auditor1"),
        (OTHER, "staff1"),
    ] {
        let other = Program::of(&town, body, login).await;
        for (path, act) in &acts {
            let reply = other.try_post(path, act).await;
            assert_eq!(
                reply.status,
                StatusCode::NOT_FOUND,
                "{body} {login} {path}: {}",
                reply.text()
            );
        }
        for path in
            reads.iter().copied().chain(["/months/2026-08/overtime", "/months/2026-08/differences"])
        {
            assert_eq!(
                other.try_get(path).await.status,
                StatusCode::NOT_FOUND,
                "{body} {login} {path}"
            );
        }
    }
    let mut done = 0;
    for (path, act) in &acts {
        let reply = hr.try_post(path, act).await;
        let late = path == "/works/rules/reset" && reply.status == StatusCode::CONFLICT;
        let fit = late || matches!(reply.status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY);
        assert!(fit, "{path}: {} {}", reply.status, reply.text());
        done += usize::from(reply.status == StatusCode::OK);
    }
    // A request of somebody who is not registered, the payroll of an open month and a return of
    // rules that were not read are refused for what they are.
    assert!(done >= acts.len() - 3, "{done}");
    for path in reads {
        hr.get(path).await;
    }
}

#[tokio::test]
async fn settings_are_read_changed_and_written_whole() {
    let town = town().await;
    let hr = Program::of(&town, HOME, "hr1").await;
    let mut settings = hr.get("/settings").await;
    assert_eq!(settings["year_end"], json!(["12-29", "01-03"]));
    settings["closed_days"] = json!(["06-23", "2026-10-07"]);
    settings["year_end"] = json!(["12-28", "01-04"]);
    settings["days_a_week"] = json!(2);
    settings["least_present"] = json!({ "100": 1 });
    hr.post("/settings", settings.clone()).await;
    // Whoever read them before comes too late.
    let late = hr.try_post("/settings", &settings).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text());
    assert_ne!(hr.get("/settings").await["revision"], settings["revision"]);
    settings["revision"] = hr.get("/settings").await["revision"].clone();
    assert_eq!(hr.get("/settings").await, settings);
    // What makes no sense changes nothing.
    for (name, odd) in [
        ("days_a_week", json!(9)),
        ("forms", json!([])),
        ("closed_days", json!(["いつか"])),
        ("year_end", json!(["01-03"])),
    ] {
        let mut wrong = settings.clone();
        wrong[name] = odd;
        let reply = hr.try_post("/settings", &wrong).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", reply.text());
    }
    assert_eq!(hr.get("/settings").await, settings);
    // The team sees the day off, and a public holiday by its name.
    let staff = Program::of(&town, HOME, "staff1").await;
    let team = staff.get("/team?from=2026-10-07&to=2026-10-12").await;
    let off = |at: usize| team["days"][at]["off"].clone();
    assert_eq!((off(0), off(1), off(5)), (json!("閉庁日"), Value::Null, json!("スポーツの日")));
    assert!(town.record(HOME).await.contains(&audit::Kind::TELEWORK_RULES_CHANGED));
    // Nobody asks for such a day.
    register(&staff).await;
    for (day, status) in [("2026-10-07", 422), ("2026-10-12", 422), ("2026-10-08", 200)] {
        let reply = staff
            .try_post("/requests", &json!({ "day": day, "form": "home", "unit": "day" }))
            .await;
        assert_eq!(reply.status.as_u16(), status, "{day}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_person_of_hr_an_emergency_and_an_allowance() {
    let town = town().await;
    let hr = Program::of(&town, HOME, "hr1").await;
    let made = hr
        .post("/emergencies", json!({ "division": "100", "until": "2026-09-25", "why": "台風" }))
        .await;
    let orders = hr.get("/emergencies").await;
    assert_eq!(
        (&orders["orders"][0]["division"], &orders["orders"][0]["lifted"]),
        (&json!("100"), &json!(false))
    );
    let lift = format!("/emergencies/{}/lift", made["id"].as_str().unwrap());
    hr.post(&lift, Value::Null).await;
    assert_eq!(hr.try_post(&lift, &Value::Null).await.status, StatusCode::NOT_FOUND, "lifted once");

    let wrong = json!(
        { "employment": "regular", "general": true, "exempt": false, "joined": "2026-04-01",
            "leaves": "2025-03-31", "revision": "" });
    assert_eq!(
        hr.try_post("/people/staff1", &wrong).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let revision = hr.get("/people/staff1").await["revision"].clone();
    let new = json!(
        { "employment": "fiscal_year", "general": false, "exempt": true, "joined": "2026-04-01",
            "revision": revision });
    hr.post("/people/staff1", new.clone()).await;
    assert_eq!(
        hr.try_post("/people/staff1", &new).await.status,
        StatusCode::CONFLICT,
        "it was changed since"
    );
    // That she needs no approved day waits for a second person.
    assert_eq!(hr.get("/people/staff1").await["exempt"], json!(false));
    town.second_person("it1").await;
    let leave = hr
        .post(
            "/people/staff1/leaves",
            json!({ "from": "2026-10-01", "to": "2026-10-02", "note": "研修" }),
        )
        .await;
    let person = hr.get("/people/staff1").await;
    assert_eq!((&person["employment"], &person["exempt"]), (&json!("fiscal_year"), &json!(true)));
    assert_eq!(
        (&person["joined"], &person["away"][0]["note"]),
        (&json!("2026-04-01"), &json!("研修"))
    );
    hr.post(&format!("/leaves/{}/remove", leave["id"].as_str().unwrap()), Value::Null).await;
    assert_eq!(hr.get("/people?q=staff1").await["people"][0]["away"], json!([]));
    assert_eq!(hr.try_get("/people/nobody1").await.status, StatusCode::NOT_FOUND);

    let period = json!({ "first": "2026-10", "months": 3, "logins": ["staff1"] });
    hr.post("/allowance", period.clone()).await;
    assert_eq!(
        hr.try_post("/allowance", &period).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "it overlaps itself"
    );
    let short = json!({ "first": "2027-04", "months": 2, "logins": ["staff1"] });
    assert_eq!(hr.try_post("/allowance", &short).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let periods = hr.get("/allowance").await;
    let one = &periods["periods"][0];
    assert_eq!(
        (&one["login"], &one["long_enough"], &one["over_ten"], &one["yen_a_month"]),
        (&json!("staff1"), &json!(true), &json!(false), &json!(0))
    );
    let withdraw = format!("/allowance/{}/withdraw", one["id"].as_str().unwrap());
    assert_eq!(
        hr.try_post(&withdraw, &json!({ "why": " " })).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    hr.post(&withdraw, json!({ "why": "入力誤り" })).await;
    assert_eq!(hr.get("/allowance").await["periods"][0]["withdrawn"], "入力誤り");
}

#[tokio::test]
async fn payroll_and_attendance_leave_as_files_on_record() {
    let town = town().await;
    let hr = Program::of(&town, HOME, "hr1").await;
    let last = Month::of(today(&town)).before();
    let of = format!("{:04}-{:02}", last.year, last.month);
    let mut layout = json!(
        { "columns": ["login", "overtime", "allowance", "allowance_arrears"], "headings": true,
            "encoding": "utf8", "hours": "clock" });
    layout["revision"] = hr.get("/payroll").await["revision"].clone();
    hr.post("/payroll", layout.clone()).await;
    assert_eq!(
        hr.try_post("/payroll", &layout).await.status,
        StatusCode::CONFLICT,
        "it was changed since"
    );
    layout["revision"] = hr.get("/payroll").await["revision"].clone();
    assert_eq!(hr.get("/payroll").await, layout);
    for odd in [json!(["login", "login"]), json!(["salary"]), json!([])] {
        let mut wrong = layout.clone();
        wrong["columns"] = odd;
        assert_eq!(hr.try_post("/payroll", &wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let path = format!("/months/{of}/payroll");
    assert_eq!(
        hr.try_post(&path, &Value::Null).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the month is open"
    );
    hr.post(&format!("/months/{of}/close"), json!({})).await;
    let file = hr.post(&path, Value::Null).await;
    assert_eq!(
        (&file["name"], &file["kind"]),
        (&json!(format!("payroll-{of}.csv")), &json!("text/csv; charset=utf-8"))
    );
    assert!(String::from_utf8(bytes(&file)).unwrap().contains("時間外"));
    let book = hr
        .post(&format!("/months/{of}/attendance"), json!({ "division": "100", "format": "xlsx" }))
        .await;
    assert!(crate::testing::first_sheet(&bytes(&book))[0][0].contains("出勤簿"));
    let nowhere = json!({ "division": "999", "format": "xlsx" });
    assert_eq!(
        hr.try_post(&format!("/months/{of}/attendance"), &nowhere).await.status,
        StatusCode::NOT_FOUND
    );
    let record = town.record(HOME).await;
    assert!(
        record.contains(&audit::Kind::PAYROLL_EXPORTED)
            && record.contains(&audit::Kind::ATTENDANCE_EXPORTED)
    );
    let overtime = hr.get(&format!("/months/{of}/overtime")).await;
    assert_eq!(
        (&overtime["month_limit_minutes"], &overtime["year_limit_minutes"]),
        (&json!(2_700), &json!(21_600))
    );
    assert_eq!(hr.get("/years/2026").await["months"].as_array().unwrap().len(), 12);
    assert_eq!(hr.get(&format!("/months/{of}/differences")).await["closed"], json!(true));
}

#[tokio::test]
async fn ones_own_year_week_and_things() {
    let town = town().await;
    let staff = Program::of(&town, HOME, "staff1").await;
    let unsigned = json!({ "consent": false, "version": 1, "answers": {} });
    assert_eq!(
        staff.try_post("/registration", &unsigned).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(staff.get("/registration").await["until"], Value::Null);
    register(&staff).await;
    assert!(staff.get("/registration").await["until"].is_string());

    // A week asked for, and once more; a returned day handed in again.
    for day in ["2026-10-05", "2026-10-06"] {
        staff.post("/requests", json!({ "day": day, "form": "home", "unit": "day" })).await;
    }
    assert_eq!(
        staff.try_post("/requests/copy", &json!({ "week": "2026-11-18" })).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let copied = staff.try_post("/requests/copy", &json!({ "week": "2026-10-14" })).await;
    assert_eq!(
        copied.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "its Monday is a holiday, so none of it: {}",
        copied.text()
    );
    let superior = Program::of(&town, HOME, "superior1").await;
    let waiting = superior.get("/waiting").await;
    assert_eq!(
        (waiting["requests"].as_array().unwrap().len(), &waiting["conflicts"]),
        (2, &json!([]))
    );
    let id = waiting["requests"][0]["id"].as_str().unwrap().to_owned();
    let back = json!(
        { "act": "return", "why": "業務を書いてください", "requests": [{ "id": id, "version": 1 }] });
    superior.post("/decisions", back).await;
    let again = format!("/requests/{id}/resubmit");
    assert_eq!(
        staff.try_post(&again, &json!({ "version": 1 })).await.status,
        StatusCode::CONFLICT,
        "seen too early"
    );
    assert_eq!(
        superior.try_post(&again, &json!({ "version": 2 })).await.status,
        StatusCode::NOT_FOUND
    );
    staff.post(&again, json!({ "version": 2 })).await;

    // An end forgotten is given the next day.
    let day = today(&town);
    staff.post("/today/marks", json!({ "mark": "start" })).await;
    town.clock.advance(12 * 3_600_000);
    let end = format!("/days/{day}/end");
    assert_eq!(
        staff.try_post(&end, &json!({ "time": "23:30", "why": "" })).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    staff.post(&end, json!({ "time": "23:30", "why": "押し忘れ" })).await;
    assert_eq!(
        superior.try_post(&end, &json!({ "time": "23:30", "why": "x" })).await.status,
        StatusCode::NOT_FOUND
    );
    let month = staff.get(&format!("/own/months/{}", &day.to_string()[..7])).await;
    assert_eq!((&month["login"], month["rows"].as_array().unwrap().len()), (&json!("staff1"), 1));
    // Worked without an order, which differs: a reason is asked for and given; by HR for somebody
    // who cannot.
    let reason = format!("/days/{day}/reason");
    assert_eq!(
        staff.try_post(&reason, &json!({ "why": " " })).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    staff.post(&reason, json!({ "why": "急ぎの照会" })).await;
    let hr = Program::of(&town, HOME, "hr1").await;
    let of = format!("/people/staff1/months/{}", &day.to_string()[..7]);
    for program in [&superior, &hr] {
        assert_eq!(program.get(&of).await["rows"][0]["reason"], "急ぎの照会");
    }
    let for_her = format!("/people/staff1{reason}");
    let unread = hr.try_post(&for_her, &json!({ "why": "本人に確認" })).await;
    assert_eq!(unread.status, StatusCode::CONFLICT, "hers was not read");
    let revision = hr.get(&of).await["rows"][0]["revision"].clone();
    hr.post(&for_her, json!({ "why": "本人に確認", "revision": revision })).await;
    for login in ["it1", "auditor1", "all1"] {
        let other = Program::of(&town, HOME, login).await;
        let status = if login == "all1" { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(other.try_get(&of).await.status, status, "{login}");
    }

    // Papers, and an address for a calendar program that ends.
    let made = staff.post("/feeds", json!({ "division": "100" })).await;
    let address = made["address"].as_str().unwrap();
    let path = &address[address.find("/calendar/").unwrap()..];
    assert_eq!(town.browser().get(path).await.status, StatusCode::OK);
    assert_eq!(
        staff.try_post("/feeds", &json!({ "division": "999" })).await.status,
        StatusCode::NOT_FOUND
    );
    staff.post("/feeds/revoke", json!({ "division": "100" })).await;
    assert_eq!(town.browser().get(path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(staff.try_get("/papers/other.pdf").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn things_lent_lost_and_taken_out() {
    let town = town().await;
    let (it, staff) =
        (Program::of(&town, HOME, "it1").await, Program::of(&town, HOME, "staff1").await);
    let loan = json!(
        { "item": "pc", "number": "PC-12", "login": "staff1", "from": "2026-09-01",
            "until": "2027-03-31" });
    for login in ["staff1", "superior1", "hr1", "auditor1"] {
        let other = Program::of(&town, HOME, login).await;
        assert_eq!(other.try_post("/loans", &loan).await.status, StatusCode::NOT_FOUND, "{login}");
    }
    let id = it.post("/loans", loan.clone()).await["id"].as_str().unwrap().to_owned();
    assert_eq!(
        it.try_post("/loans", &loan).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "it is out"
    );
    let revision = it.get(&format!("/loans/{id}")).await["revision"].clone();
    let sooner = json!({ "until": "2026-12-31", "revision": revision });
    it.post(&format!("/loans/{id}"), sooner.clone()).await;
    assert_eq!(
        it.try_post(&format!("/loans/{id}"), &sooner).await.status,
        StatusCode::CONFLICT,
        "it was changed since"
    );
    let seen = it.get(&format!("/loans/{id}")).await;
    assert_eq!(
        (&seen["until"], &seen["login"], &seen["state"]),
        (&json!("2026-12-31"), &json!("staff1"), &json!("out"))
    );
    assert_eq!(it.get("/loans?state=lost").await["loans"], json!([]));
    assert_eq!(staff.get("/own/loans").await["loans"][0]["number"], "PC-12");
    assert_eq!(
        staff.try_get("/loans").await.status,
        StatusCode::NOT_FOUND,
        "the register is not hers"
    );
    let superior = Program::of(&town, HOME, "superior1").await;
    let lost = format!("/own/loans/{id}/lost");
    assert_eq!(superior.try_post(&lost, &json!({})).await.status, StatusCode::NOT_FOUND, "not his");
    staff.post(&lost, json!({ "why": "電車に置き忘れた" })).await;
    assert_eq!(staff.try_post(&lost, &json!({})).await.status, StatusCode::CONFLICT);
    assert_eq!(it.get("/loans?state=lost").await["loans"][0]["id"], json!(id));
    let second = it
        .post(
            "/loans",
            json!(
                { "item": "sim", "number": "S-1", "login": "staff1", "from": "2026-09-01",
                    "until": "2027-03-31" }),
        )
        .await;
    let second = second["id"].as_str().unwrap();
    it.post(&format!("/loans/{second}/return"), Value::Null).await;
    assert_eq!(
        it.try_post(&format!("/loans/{second}/lost"), &json!({})).await.status,
        StatusCode::CONFLICT,
        "it is back"
    );

    let wanted = json!(
        { "what": "会議資料", "why": "在宅勤務で使う", "from": "2026-09-25", "until": "2026-09-26" });
    let mut number = wanted.clone();
    number["specific_personal"] = json!(true);
    assert_eq!(
        staff.try_post("/takeouts", &number).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "a My Number never leaves"
    );
    staff.post("/takeouts", wanted).await;
    let id = staff.get("/own/takeouts").await["takeouts"][0]["id"].as_str().unwrap().to_owned();
    let decide = format!("/takeouts/{id}/decide");
    for (login, status) in [("staff1", 404), ("it1", 404), ("hr1", 404)] {
        let other = Program::of(&town, HOME, login).await;
        let reply = other.try_post(&decide, &json!({ "act": "permit" })).await;
        assert_eq!(reply.status.as_u16(), status, "{login}");
    }
    assert_eq!(superior.get("/takeouts").await["takeouts"][0]["login"], "staff1");
    assert_eq!(
        superior.try_post(&decide, &json!({ "act": "refuse" })).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "why?"
    );
    superior.post(&decide, json!({ "act": "permit" })).await;
    staff.post(&format!("/takeouts/{id}/return"), Value::Null).await;
    superior.post(&decide, json!({ "act": "settle" })).await;
    assert_eq!(superior.get("/takeouts").await["takeouts"][0]["state"], "settled");
}

#[tokio::test]
async fn the_inventory_goes_in_and_out_as_a_workbook() {
    let town = town().await;
    let chief = Program::of(&town, HOME, "superior1").await;
    let work = json!({
        "division": "100", "name": "予算資料の作成", "hours": "120.5",
        "frequency": "monthly", "information": "internal",
        "zone": "lgwan", "approval": "paper", "interruptible": true,
    });
    let id = chief.post("/works", work).await["id"].as_u64().unwrap();
    chief.post(&format!("/works/{id}/staff"), json!({ "login": "staff1", "hours": "40" })).await;
    let seen = chief.get(&format!("/works/{id}")).await;
    assert_eq!(
        (&seen["staff"][0]["login"], &seen["staff"][0]["yearly_minutes"]),
        (&json!("staff1"), &json!(2_400))
    );
    assert_eq!((&seen["approval"], &seen["outcome"]), (&json!("paper"), &json!("condition")));
    let hours = chief.get("/works/hours").await;
    assert_eq!(
        (&hours["minutes"]["condition"], &hours["obstacles"][0]["alone_minutes"]),
        (&json!(7_230), &json!(7_230))
    );
    let able = chief.get("/works/staff").await;
    let hers = able["people"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["login"] == "staff1")
        .unwrap()
        .clone();
    assert_eq!((&hers["able"], &hers["linked_minutes"]), (&json!(false), &json!(2_400)));

    // Out, in again as it is; broken, it is refused by its cells and comes back marked.
    let file = chief.post("/works/export/works.xlsx", Value::Null).await;
    assert_eq!(kit::sheet::read(&bytes(&file)).unwrap().len(), 2);
    let again = json!({ "name": "works.xlsx", "content": file["content"] });
    assert_eq!(chief.post("/works/import/works", again).await["rows"], 1);
    assert_eq!(chief.try_get("/works/import/marked").await.status, StatusCode::NOT_FOUND);
    let csv = chief.post("/works/export/works.csv", Value::Null).await;
    let broken = String::from_utf8(bytes(&csv)).unwrap().replace("120.5", "とても長い");
    let broken = json!({ "name": "works.csv", "content": STANDARD.encode(broken) });
    let reply = chief.try_post("/works/import/works", &broken).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let faults: Value = serde_json::from_slice(&reply.bytes).unwrap();
    assert!(faults["faults"][0].as_str().unwrap().contains('2'), "{faults}");
    assert_eq!(chief.get("/works/import/marked").await["name"], "marked.xlsx");
    let odd =
        [("x", StatusCode::BAD_REQUEST), ("UEsDBGJyb2tlbg==", StatusCode::UNPROCESSABLE_ENTITY)];
    for (content, status) in odd {
        let reply = chief
            .try_post("/works/import/works", &json!({ "name": "a.xlsx", "content": content }))
            .await;
        assert_eq!(reply.status, status, "{}", reply.text());
    }
    let large = json!({ "name": "a.xlsx", "content": "A".repeat(7 << 20) });
    assert_eq!(
        chief.try_post("/works/import/works", &large).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        chief.try_post("/works/import/other", &json!({ "name": "a", "content": "" })).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(!bytes(&chief.get("/works/template/works.xlsx").await).is_empty());
    let staff = Program::of(&town, HOME, "staff1").await;
    for path in [
        "/works/rules",
        "/works/hours",
        "/works/staff",
        "/works/import/marked",
        "/works/template/works.xlsx",
    ] {
        assert_eq!(staff.try_get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let off = format!("/works/{id}/staff/staff1/remove");
    assert_eq!(staff.try_post(&off, &Value::Null).await.status, StatusCode::NOT_FOUND);
    chief.post(&off, Value::Null).await;
    assert_eq!(chief.try_post(&off, &Value::Null).await.status, StatusCode::NOT_FOUND);

    // Rules are HR's.
    let hr = Program::of(&town, HOME, "hr1").await;
    let added =
        hr.post("/works/rules", json!({ "name": "現場", "result": "ask", "site": true })).await;
    let key = added["key"].as_str().unwrap();
    let listed = hr.get("/works/rules").await;
    let mine =
        listed["rules"].as_array().unwrap().iter().find(|rule| rule["key"] == key).unwrap().clone();
    assert_eq!(
        (&mine["name"], &mine["site"], &mine["locked"]),
        (&json!("現場"), &json!(true), &json!(false))
    );
    let (path, mut other) = (
        format!("/works/rules/{key}"),
        json!({ "name": "現場の業務", "result": "ask", "site": true }),
    );
    assert_eq!(hr.try_post(&path, &other).await.status, StatusCode::CONFLICT, "it was not read");
    other["revision"] = mine["revision"].clone();
    hr.post(&path, other).await;
    let locked = listed["rules"]
        .as_array()
        .unwrap()
        .iter()
        .find(|rule| rule["locked"] == true)
        .unwrap()["key"]
        .clone();
    let locked = format!("/works/rules/{}/remove", locked.as_str().unwrap());
    assert_eq!(
        hr.try_post(&locked, &Value::Null).await.status,
        StatusCode::NOT_FOUND,
        "what is locked stays"
    );
    hr.post(&format!("/works/rules/{key}/remove"), Value::Null).await;
    let stale = hr.try_post("/works/rules/reset", &json!({ "revision": listed["revision"] })).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "they were changed since");
    let revision = hr.get("/works/rules").await["revision"].clone();
    hr.post("/works/rules/reset", json!({ "revision": revision })).await;
}

#[tokio::test]
async fn a_computed_answer_is_settled_as_it_was_seen() {
    let town = town().await;
    let hr = Program::of(&town, HOME, "hr1").await;
    let asked = "2026-10-01";
    let detail = hr.get(&format!("/survey/staff?as_of={asked}")).await;
    let seen = detail["revision"].as_str().unwrap().to_owned();
    assert!(!detail["working"].as_array().unwrap().is_empty(), "{detail}");
    let settle = |act: &str, seen: &str, value: Value, why: &str| {
        json!({
            "as_of": asked, "act": act, "revision": seen, "value": value, "why": why,
        })
    };
    let path = "/survey/staff";
    let stale = hr.try_post(path, &settle("confirm", "0人", json!([]), "")).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.text());
    assert_eq!(
        hr.try_post(path, &settle("change", &seen, json!(["4"]), "")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    hr.post(path, settle("change", &seen, json!(["4"]), "派遣を除く")).await;
    let all = hr.get(&format!("/survey?as_of={asked}")).await;
    assert_eq!(
        (&all["answers"][0]["value"]["number"], &all["answers"][0]["settled"]),
        (&json!(4), &json!(true))
    );
    let settled = hr.get(&format!("{path}?as_of={asked}")).await;
    assert_eq!(settled["why"], "派遣を除く");
    let unread = hr.try_post(path, &settle("reopen", &seen, json!([]), "")).await;
    assert_eq!(unread.status, StatusCode::CONFLICT, "it was settled since");
    hr.post(path, settle("reopen", settled["revision"].as_str().unwrap(), json!([]), "")).await;
    hr.post(path, settle("confirm", &seen, json!([]), "")).await;
    for login in ["staff1", "superior1", "auditor1"] {
        let other = Program::of(&town, HOME, login).await;
        let reply = other.try_post(path, &settle("confirm", &seen, json!([]), "")).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{login}");
    }
    assert_eq!(
        hr.try_get(&format!("/survey/other?as_of={asked}")).await.status,
        StatusCode::NOT_FOUND
    );
}
