//! Leaves (休暇・休職) against days of telework.

use axum::http::StatusCode;

use super::{ask, register, rules, today, town};
use crate::testing::HOME;

#[tokio::test]
async fn a_leave_stands_in_the_way_of_a_request_and_is_shown_to_who_decides_and_to_the_team() {
    let town = town().await;
    rules(&town, &[]).await;
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    let first = today(&town).tomorrow().unwrap();
    let second = first.tomorrow().unwrap();
    ask(&mut staff, first).await;
    let mut superior = town.sign_in("superior1").await;
    assert!(!superior.get("/telework/approvals").await.ok().contains("休暇と重なります"));

    // Entered after she asked: the request stands, and the superior sees both.
    let person = town.person(HOME, "staff1").await;
    let mut hr = town.sign_in("hr1").await;
    let (from, to) = (first.to_string(), second.to_string());
    let path = format!("/admin/telework/people/{}", person.id);
    let entered =
        hr.post(&format!("{path}/leave"), &[("from", &from), ("to", &to), ("note", "通院")]).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text());
    assert!(superior.get("/telework/approvals").await.ok().contains("休暇と重なります"));

    // Nobody asks for a day of her own leave, herself or by HR.
    let day = [("day", to.as_str()), ("form", "home"), ("unit", "day"), ("note", "x")];
    for reply in [
        staff.post("/telework/requests", &day).await,
        hr.post(&format!("{path}/requests"), &day).await,
    ] {
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(reply.text().contains("休暇・休職として登録されています"), "{}", reply.text());
    }

    // The team sees that she is away and not why, and who is left is counted without her.
    let week = superior.get(&format!("/telework/team?day={second}")).await;
    assert!(
        week.ok().contains("<span class=\"chip off\">休暇</span>") && !week.text().contains("通院"),
        "{}",
        week.text()
    );
    let month = superior.get(&format!("/telework/team?view=month&day={second}")).await;
    assert!(month.ok().contains("職員 staff1 休暇"));
    let that_day = superior.get(&format!("/telework/team?view=day&day={second}")).await;
    assert!(that_day.ok().contains("<span class=\"chip off\">休暇</span>"));
    let free =
        superior.get(&format!("/telework/team?view=day&day={}", second.tomorrow().unwrap())).await;
    assert!(!free.ok().contains("休暇</span>"));
}
