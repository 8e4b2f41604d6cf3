//! Registering, asking for last week's days once more, and what a superior is told before deciding.

use axum::http::StatusCode;
use jiff::Span;
use jiff::civil::Date;
use telework::request::State;
use telework::time::{Calendar, week_of};

use super::{DIVISION, ask, register, requests, rules, today, town};
use crate::testing::HOME;

/// The Wednesday of the third week from now: no public holiday is near.
fn wednesday(town: &crate::testing::Town) -> Date {
    week_of(today(town)).checked_add(Span::new().days(23)).unwrap()
}

#[tokio::test]
async fn without_consent_or_with_a_question_left_open_nobody_is_registered() {
    let town = town().await;
    let mut staff = town.sign_in("staff1").await;
    let names: Vec<String> = super::super::checklist()
        .checks
        .iter()
        .map(|check| format!("check-{}", check.key))
        .collect();
    let all: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "yes")).collect();
    let fields = |left_out: &str, consent: bool| {
        let mut fields: Vec<(&str, &str)> =
            all.iter().copied().filter(|(name, _)| *name != left_out).collect();
        fields.push(("version", "1"));
        if consent {
            fields.push(("consent", "yes"));
        }
        fields
    };
    let silent = staff.post("/telework/registration", &fields("", false)).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.text().contains("同意がないと登録できません"));
    let open = staff.post("/telework/registration", &fields("check-desk", true)).await;
    assert_eq!(open.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(open.text().contains("はい・いいえを選んでください"));
    // What has to hold and does not is named, too.
    let mut dark = fields("check-privacy", true);
    dark.push(("check-privacy", "no"));
    let refused = staff.post("/telework/registration", &dark).await;
    assert!(refused.text().contains("テレワークを始める前に整えてください"));
    assert!(staff.get("/telework").await.ok().contains("利用登録が必要です"));
    register(&mut staff).await;
    assert!(!staff.get("/telework").await.ok().contains("利用登録が必要です"));
    // It holds for a year, then it is asked for again.
    town.clock.advance(367 * 86_400_000);
    assert!(
        town.sign_in("staff1").await.get("/telework").await.ok().contains("利用登録が必要です")
    );
}

#[tokio::test]
async fn last_weeks_days_are_asked_for_once_more_all_or_none() {
    let town = town().await;
    rules(&town, &[]).await;
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    let middle = wednesday(&town);
    for day in [middle, middle.tomorrow().unwrap()] {
        ask(&mut staff, day).await;
    }
    let next = middle.checked_add(Span::new().days(7)).unwrap().to_string();
    let copied = staff.post("/telework/requests/copy", &[("week", &next)]).await;
    assert_eq!(copied.status, StatusCode::SEE_OTHER, "{}", copied.text());
    let mut days: Vec<Date> = requests(&town).await.iter().map(|row| row.request.day).collect();
    days.sort();
    let week = Span::new().days(7);
    let expected = [middle, middle.tomorrow().unwrap()];
    let again = expected.map(|day| day.checked_add(week).unwrap());
    assert_eq!(days, [expected, again].concat());
    // Once more is against the rules, and leaves nothing behind.
    let twice = staff.post("/telework/requests/copy", &[("week", &next)]).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(twice.text().contains("同じ時間の申請がすでにあります"));
    assert_eq!(requests(&town).await.len(), 4);
    let empty = staff.post("/telework/requests/copy", &[("week", "2027-02-10")]).await;
    assert!(empty.text().contains("写すもとになる週に、申請がありません"));
}

#[tokio::test]
async fn a_row_of_weeks_takes_the_days_that_are_possible_and_says_which_were_left_out() {
    let town = town().await;
    let first = wednesday(&town);
    let off = first.checked_add(Span::new().days(14)).unwrap();
    rules(&town, &[("holidays", &off.to_string())]).await;
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    let text = first.to_string();
    let weekly = [
        ("day", text.as_str()),
        ("form", "home"),
        ("unit", "day"),
        ("weeks", "3"),
        ("place", "自宅"),
        ("note", "資料の作成"),
    ];
    let asked = staff.post("/telework/requests", &weekly).await;
    let page = asked.ok();
    assert!(page.contains("次の日を申請しました") && page.contains("次の日は申請していません"));
    let left_out = page.split("次の日は申請していません").nth(1).unwrap().split("</div>").next();
    let day = crate::words::day(kit::http::Lang::Ja, off);
    assert!(left_out.unwrap().contains(&day), "{left_out:?} {day}");
    let days: Vec<Date> = requests(&town).await.iter().map(|row| row.request.day).collect();
    assert_eq!((days.len(), days.contains(&off)), (3, false), "{days:?}");
    // Where none is possible nothing is asked for, and everything that was chosen stands.
    let again = staff.post("/telework/requests", &weekly).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept = web_town::forms::sheets(again.text())
        .into_iter()
        .find(|sheet| sheet.action == "/telework/requests")
        .unwrap();
    for (name, value) in weekly {
        assert_eq!(kept.value(name), Some(value), "{name}");
    }
    assert_eq!(requests(&town).await.len(), 3);
    // Last week's days once more: the one that is off is left out of them, too.
    let before = off.checked_sub(Span::new().days(6)).unwrap();
    ask(&mut staff, before).await;
    let copied = staff.post("/telework/requests/copy", &[("week", &off.to_string())]).await;
    assert!(copied.ok().contains("次の日は申請していません"), "{}", copied.text());
    assert_eq!(requests(&town).await.len(), 5);
}

#[tokio::test]
async fn a_refused_decision_keeps_the_ticks_and_the_reason() {
    let town = town().await;
    rules(&town, &[]).await;
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    for days in [0, 1, 2] {
        ask(&mut staff, wednesday(&town).checked_add(Span::new().days(days)).unwrap()).await;
    }
    let rows = requests(&town).await;
    let picks: Vec<String> = rows.iter().map(super::pick).collect();
    let mut superior = town.sign_in("superior1").await;
    let chosen = [("pick", picks[0].as_str()), ("pick", &picks[2]), ("act", "return"), ("why", "")];
    let refused = superior.post("/telework/approvals", &chosen).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let sheet = web_town::forms::sheets(refused.text())
        .into_iter()
        .find(|sheet| sheet.value("pick").is_some())
        .unwrap();
    let ticked: Vec<&str> = sheet
        .fields
        .iter()
        .filter(|(name, _)| name == "pick")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(ticked.len(), 2, "{ticked:?}");
    assert!(ticked.contains(&picks[0].as_str()) && ticked.contains(&picks[2].as_str()));
    let field = refused.between("<input id=\"why\"", ">").unwrap();
    assert!(field.contains("autofocus") && field.contains("aria-invalid"), "{field}");
}

#[tokio::test]
async fn whoever_is_not_eligible_is_told_before_she_registers() {
    let town = town().await;
    rules(&town, &[]).await;
    let mut tx = town.app.write_unattended(HOME.parse().unwrap()).await.unwrap();
    let mut one = town.person(HOME, "staff1").await;
    one.fiscal_year = true;
    assert!(store::staff::change(&mut tx, &one).await.unwrap());
    tx.keep(()).await.unwrap();
    let mut staff = town.sign_in("staff1").await;
    let own = staff.get("/telework").await;
    assert!(own.ok().contains("テレワークの対象になっていません"), "{}", own.text());
    assert!(!own.text().contains("利用登録が必要です"));
    let page = staff.get("/telework/registration").await;
    assert!(
        page.ok().contains("テレワークの対象になっていません") && !page.text().contains("check-")
    );
    let sent = staff.post("/telework/registration", &[("version", "1"), ("consent", "yes")]).await;
    assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut eligible = town.sign_in("superior1").await;
    assert!(eligible.get("/telework/registration").await.ok().contains("check-desk"));
}

#[tokio::test]
async fn too_few_at_the_counter_is_said_before_the_superior_decides() {
    let town = town().await;
    let least = format!("least-{DIVISION}");
    // The division has two people.
    rules(&town, &[(&least, "2")]).await;
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    ask(&mut staff, wednesday(&town)).await;
    let mut superior = town.sign_in("superior1").await;
    let page = superior.get("/telework/approvals").await.ok().to_owned();
    assert!(
        page.contains("窓口の人数にご注意ください")
            && page.contains("出勤は1人になります（必要 2人）"),
        "{page}"
    );
    rules(&town, &[(&least, "1")]).await;
    assert!(!superior.get("/telework/approvals").await.ok().contains("窓口の人数にご注意ください"));
}

#[tokio::test]
async fn public_holidays_and_own_days_off_are_shown_by_name_and_not_asked_for() {
    let town = town().await;
    rules(&town, &[("holidays", "2026-10-07"), ("opened", "2026-11-03")]).await;
    let mut hr = town.sign_in("hr1").await;
    let page = hr.get("/admin/telework").await.ok().to_owned();
    assert!(
        page.contains("2026-10-07") && page.contains("2026年11月23日（月） 勤労感謝の日"),
        "{page}"
    );
    let wrong = [
        ("forms-home", "yes"),
        ("holidays", "きのう"),
        ("year_end_from", "01-02"),
        ("year_end_to", "12-30"),
    ];
    let refused = hr.post("/admin/telework", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("きのう") && refused.text().contains("12月の最初の日"));
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    let own = staff.get("/telework?month=2026-10").await.ok().to_owned();
    assert!(own.contains("スポーツの日") && own.contains("閉庁日"));
    assert!(staff.get("/telework?month=2026-12").await.ok().contains("年末年始"));
    assert!(
        staff.get("/telework/team?view=month&day=2026-11-01").await.ok().contains("勤労感謝の日")
    );
    for (day, status) in [
        ("2026-10-07", 422),
        ("2026-10-12", 422),
        ("2026-12-29", 422),
        ("2026-11-03", 303),
        ("2026-10-08", 303),
    ] {
        let fields = [("day", day), ("form", "home"), ("unit", "day"), ("note", "理由")];
        assert_eq!(
            staff.post("/telework/requests", &fields).await.status.as_u16(),
            status,
            "{day}"
        );
    }
    let days: Vec<Date> = requests(&town)
        .await
        .iter()
        .filter(|row| row.request.state == State::Requested)
        .map(|row| row.request.day)
        .collect();
    assert!(
        days.iter()
            .all(|day| *day == jiff::civil::date(2026, 11, 3)
                || Calendar::default().is_working(*day))
    );
    // Saving other settings leaves the days off as they are.
    rules(&town, &[("days_a_week", "2")]).await;
    let kept: Calendar = {
        let mut conn = town.app.store.read().await.unwrap();
        store::telework::setting(&mut conn, HOME.parse().unwrap(), super::super::CALENDAR)
            .await
            .unwrap()
            .unwrap()
    };
    assert!(
        kept.holidays.contains(&jiff::civil::date(2026, 10, 7))
            && kept.opened.contains(&jiff::civil::date(2026, 11, 3))
    );
}
