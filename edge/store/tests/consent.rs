//! What the upgrade that asks for consent makes of the tokens of before.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod common;

use audit::{Decision, Event, Kind, Who};
use common::on_both;
use people::{BodyCode, Role, Roles, Staff, StaffId, StaffState, TokenId};

const NOW: i64 = 1_790_000_000_000;

fn home() -> BodyCode {
    "011002".parse().unwrap()
}

fn person(n: u8) -> Staff {
    Staff {
        id: StaffId([n; 16]),
        body: home(),
        login: format!("user{n}").parse().unwrap(),
        name: format!("職員 {n}").parse().unwrap(),
        division: None,
        roles: Roles::of(&[Role::Staff]),
        operator: false,
        state: StaffState::Active,
        fiscal_year: false,
        created: NOW,
    }
}

#[tokio::test]
async fn tokens_of_before_consent_was_asked_for_go_on_where_their_person_made_them() {
    on_both(async |store| {
        let mut tx = store.write(home().chain(), NOW).await.unwrap();
        store::bodies::add(&mut tx, home(), NOW).await.unwrap();
        for n in [1, 2] {
            store::staff::add(&mut tx, &person(n)).await.unwrap();
        }
        tx.commit(Decision::new(
            (),
            Event::new(home().chain(), Who::System, Kind::STAFF_ADDED, "user"),
        ))
        .await
        .unwrap();
        let (own, other) = (StaffId([1; 16]), StaffId([2; 16]));
        let maker = |id: StaffId| Who::Person { id: id.to_string(), login: "user".into() };
        // Made by her for herself, by her for another, by another for her, on the server itself, by
        // nobody on record.
        let made = [
            (own, Some(maker(own))),
            (other, Some(maker(own))),
            (own, Some(maker(other))),
            (other, Some(Who::System)),
            (own, None),
        ];
        for (n, (staff, who)) in (0xa1..).zip(made) {
            let token = store::tokens::Token {
                id: TokenId([n; 16]),
                body: home(),
                staff,
                asked_by: None,
                name: "給与".into(),
                hash: [n; 32],
                scopes: 1,
                created: NOW,
                expires: NOW + 1_000,
                consented: 0,
                revoked: 0,
                used: 0,
            };
            let mut tx = store.write(home().chain(), NOW).await.unwrap();
            store::tokens::add(&mut tx, &token).await.unwrap();
            let event = match who {
                Some(who) => {
                    tx.vouch(who.clone(), &[Kind::API_TOKEN_MADE]);
                    Event::new(home().chain(), who, Kind::API_TOKEN_MADE, "給与")
                        .with("token", StaffId([n; 16]))
                }
                None => Event::new(home().chain(), Who::System, Kind::STAFF_ADDED, "user"),
            };
            tx.commit(Decision::new((), event)).await.unwrap();
        }
        let mut tx = store.write(home().chain(), NOW).await.unwrap();
        sqlx::query("DELETE FROM migrations WHERE number = 202612010610")
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.keep(()).await.unwrap();
        store.migrate().await.unwrap();
        let mut conn = store.read().await.unwrap();
        let tokens = store::tokens::all(&mut conn, home()).await.unwrap();
        let holds: Vec<(u8, bool)> =
            tokens.iter().map(|token| (token.id.0[0], token.consented == NOW)).collect();
        assert_eq!(
            holds,
            [(0xa1, true), (0xa2, false), (0xa3, false), (0xa4, true), (0xa5, false)]
        );
        assert_eq!((tokens[0].asked_by, tokens[3].asked_by), (Some(own), None));
        assert!(
            store::tokens::valid(&mut conn, &[0xa1; 32], NOW).await.unwrap().is_some(),
            "it works as before"
        );
        assert_eq!(
            store::tokens::valid(&mut conn, &[0xa3; 32], NOW).await.unwrap(),
            None,
            "she was not asked"
        );
    })
    .await;
}
