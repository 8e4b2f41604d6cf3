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
