//! The allowance as closed months pay it.

use axum::http::StatusCode;
use people::Staff;
use telework::rules::Form;
use telework::time::Month;

use super::super::month;
use super::months::{hours, last_month, order};
use super::{rules, town};
use crate::testing::{Browser, HOME, Town};

async fn ordered(town: &Town, staff: &Staff, of: Month, count: usize) {
    let mut day = of.days().unwrap().0;
    for _ in 0..count {
        order(town, staff, day, Form::Home, hours()).await;
        day = day.tomorrow().unwrap();
    }
}

async fn close(hr: &mut Browser, of: Month) {
    let reply =
        hr.post("/admin/telework/close", &[("month", &month::key(of)), ("why", "検証")]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
}

/// What the payroll file says of her in a month: the allowance, and what is made good.
async fn paid(hr: &mut Browser, of: Month) -> Vec<String> {
    let file =
        hr.post("/admin/telework/export/payroll/payroll.csv", &[("month", &month::key(of))]).await;
    let text = file.ok().trim_start_matches('\u{feff}').replace("\r\n", "\n");
    text.lines()
        .find(|line| line.contains("staff1"))
        .map_or(vec![], |line| line.split(',').skip(5).map(str::to_owned).collect())
}

#[tokio::test]
async fn a_month_closed_before_the_average_passed_ten_is_made_good_and_comes_back_when_it_falls() {
    let town = town().await;
    rules(&town, &[("allowance_yen", "3000")]).await;
    let person = town.person(HOME, "staff1").await;
    let last = last_month(&town);
    let (first, second) = (last.before().before(), last.before());
    let mut hr = town.sign_in("hr1").await;
    let fields =
        [("first", month::key(first)), ("months", "3".to_owned()), ("pick", person.id.to_string())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(hr.post("/admin/telework/allowance", &fields).await.status, StatusCode::SEE_OTHER);
    ordered(&town, &person, first, 10).await;
    ordered(&town, &person, second, 10).await;
    close(&mut hr, first).await;
    close(&mut hr, second).await;
    assert_eq!(
        (paid(&mut hr, first).await, paid(&mut hr, second).await),
        (vec!["0".to_owned(), "0".to_owned()], vec!["0".to_owned(), "0".to_owned()])
    );

    // Eleven days in the last month: over ten on average, and the two closed months are paid with
    // it.
    ordered(&town, &person, last, 11).await;
    close(&mut hr, last).await;
    assert_eq!(paid(&mut hr, last).await, ["3000", "6000"]);
    assert_eq!(paid(&mut hr, first).await, ["0", "0"], "what was paid once stays on record");
    assert!(hr.get("/admin/telework/allowance").await.ok().contains("＋遡及 6,000円"));

    // A layout without the column would lose the money: it is refused, and says why.
    let layout = [("place-login", "1"), ("place-allowance", "2"), ("headings", "yes")];
    assert_eq!(hr.post("/admin/telework/export", &layout).await.status, StatusCode::SEE_OTHER);
    let refused = hr
        .post("/admin/telework/export/payroll/payroll.csv", &[("month", &month::key(last))])
        .await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("遡及・戻入"), "{}", refused.text());

    // Opened again, the month pays nothing; closed again, the same as before.
    let again = [("month", month::key(last)), ("why", "訂正".to_owned())];
    let again = again.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(hr.post("/admin/telework/close/reopen", &again).await.status, StatusCode::SEE_OTHER);
    assert!(!hr.get("/admin/telework/allowance").await.ok().contains("遡及 6,000円"));
    close(&mut hr, last).await;
    assert!(hr.get("/admin/telework/allowance").await.ok().contains("＋遡及 6,000円"));
}
