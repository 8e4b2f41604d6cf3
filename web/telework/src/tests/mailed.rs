//! Days about which somebody is asked: looked at in the outbox.

use kit::mail::Topic;
use web_town::mail::{sent, switched_on, wants};

use crate::testing::{HOME, Town};
use crate::tests::months::{at, connected, reported};

#[tokio::test]
async fn a_difference_is_asked_about_once_on_the_morning_after() {
    let town = Town::new().await;
    switched_on(&town, HOME).await;
    wants(&town, HOME, "staff1", &Topic::ALL).await;
    let staff = town.person(HOME, "staff1").await;
    let today = telework::time::tokyo(crate::moment(town.app.now())).date();
    // Connected for two hours that nobody reported.
    let yesterday = today.yesterday().unwrap();
    reported(&town, &staff, yesterday, at(yesterday, 9, 0), Some(at(yesterday, 12, 0))).await;
    connected(&town, &staff, at(yesterday, 9, 0), at(yesterday, 14, 0)).await;
    let hour = telework::time::tokyo(crate::moment(town.app.now())).hour();
    if hour < 6 {
        town.clock.advance(6 * 3_600_000);
    }
    assert_eq!(crate::differences::ask_about_differences(&town.app.kit).await.unwrap(), 1);
    let mails = sent(&town).await;
    assert_eq!(
        mails.iter().map(|mail| mail.address.as_str()).collect::<Vec<_>>(),
        [format!("staff1@{HOME}.example")]
    );
    assert!(
        mails[0].content.contains(&format!("{}月{}日", yesterday.month(), yesterday.day())),
        "{}",
        mails[0].content
    );
    assert_eq!(crate::differences::ask_about_differences(&town.app.kit).await.unwrap(), 0, "once");
    town.clock.advance(86_400_000);
    assert_eq!(
        crate::differences::ask_about_differences(&town.app.kit).await.unwrap(),
        0,
        "and not again the next day"
    );
}
