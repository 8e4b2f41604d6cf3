//! The outbox, people's wishes and tokens of the API over both databases.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod common;

use common::on_both;
use people::{BodyCode, MailId, Roles, Staff, StaffId, StaffState, TokenId};
use store::mail::{Mail, Wishes};
use store::tokens::Token;
use store::{Store, Tx};

const SATO: StaffId = StaffId([1; 16]);

fn here() -> BodyCode {
    "011002".parse().unwrap()
}

fn elsewhere() -> BodyCode {
    "131016".parse().unwrap()
}

async fn seed(store: &Store) -> Tx {
    let mut tx = store.write(here().chain(), 1_000).await.unwrap();
    store::bodies::add(&mut tx, here(), 0).await.unwrap();
    store::bodies::add(&mut tx, elsewhere(), 0).await.unwrap();
    let sato = Staff {
        id: SATO,
        body: here(),
        login: "sato".parse().unwrap(),
        name: "佐藤".parse().unwrap(),
        division: None,
        roles: Roles::NONE,
        operator: false,
        state: StaffState::Active,
        fiscal_year: false,
        created: 0,
    };
    store::staff::add(&mut tx, &sato).await.unwrap();
    tx
}

fn mail(id: u8, due: i64) -> Mail {
    Mail {
        id: MailId([id; 16]),
        body: here(),
        staff: SATO,
        address: "sato@town.example".into(),
        subject: "件名".into(),
        content: "本文\n".into(),
        queued: 1_000,
        due,
        tries: 0,
        given_up: false,
        fault: String::new(),
    }
}

#[tokio::test]
async fn mail_waits_until_it_is_due_and_is_removed_once_it_left() {
    on_both(async |store| {
        let mut tx = seed(store).await;
        for one in [mail(1, 3_000), mail(2, 2_000), mail(3, 9_000)] {
            store::mail::add(&mut tx, &one).await.unwrap();
        }
        assert_eq!(
            store::mail::due(&mut tx, 3_000, 10).await.unwrap(),
            vec![mail(2, 2_000), mail(1, 3_000)]
        );
        assert_eq!(store::mail::due(&mut tx, 3_000, 1).await.unwrap(), vec![mail(2, 2_000)]);
        assert_eq!(store::mail::waiting(&mut tx, here()).await.unwrap(), 3);
        assert_eq!(store::mail::waiting(&mut tx, elsewhere()).await.unwrap(), 0);
        assert_eq!(store::mail::queue(&mut tx).await.unwrap(), (3, Some(1_000)));
        store::mail::remove(&mut tx, MailId([2; 16])).await.unwrap();
        store::mail::put_back(&mut tx, MailId([1; 16]), 8_000, false, "451").await.unwrap();
        assert!(store::mail::due(&mut tx, 7_999, 10).await.unwrap().is_empty());
        let again = store::mail::due(&mut tx, 8_000, 10).await.unwrap();
        assert_eq!(again, vec![Mail { tries: 1, fault: "451".into(), ..mail(1, 8_000) }]);
        store::mail::put_back(&mut tx, MailId([1; 16]), 0, true, "550").await.unwrap();
        assert!(store::mail::due(&mut tx, 8_000, 10).await.unwrap().is_empty());
        assert_eq!(store::mail::given_up(&mut tx, 10).await.unwrap()[0].fault, "550");
        store::mail::sweep(&mut tx, 1_000).await.unwrap();
        assert_eq!(store::mail::given_up(&mut tx, 10).await.unwrap().len(), 1);
        store::mail::sweep(&mut tx, 1_001).await.unwrap();
        assert!(store::mail::given_up(&mut tx, 10).await.unwrap().is_empty());
        assert_eq!(store::mail::queue(&mut tx).await.unwrap(), (1, Some(1_000)));
        tx.keep(()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn wishes_are_a_persons_of_one_body() {
    on_both(async |store| {
        let mut tx = seed(store).await;
        assert_eq!(store::mail::wishes(&mut tx, here(), SATO).await.unwrap(), None);
        for silent in [0, 5] {
            let wishes = Wishes { address: "sato@town.example".into(), silent };
            store::mail::put_wishes(&mut tx, here(), SATO, &wishes).await.unwrap();
            assert_eq!(store::mail::wishes(&mut tx, here(), SATO).await.unwrap(), Some(wishes));
        }
        assert_eq!(store::mail::listeners(&mut tx, here()).await.unwrap(), [SATO]);
        assert_eq!(store::mail::listeners(&mut tx, elsewhere()).await.unwrap(), []);
        let silent = Wishes { address: String::new(), silent: 0 };
        store::mail::put_wishes(&mut tx, here(), SATO, &silent).await.unwrap();
        assert_eq!(
            store::mail::listeners(&mut tx, here()).await.unwrap(),
            [],
            "without an address nobody listens"
        );
        assert_eq!(store::mail::wishes(&mut tx, elsewhere(), SATO).await.unwrap(), None);
        tx.keep(()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_token_is_found_by_its_hash_while_it_holds() {
    on_both(async |store| {
        let mut tx = seed(store).await;
        let token = Token {
            id: TokenId([9; 16]),
            body: here(),
            staff: SATO,
            name: "給与".into(),
            hash: [4; 32],
            scopes: 5,
            created: 1_000,
            expires: 2_000,
            asked_by: None,
            consented: 1_000,
            revoked: 0,
            used: 0,
        };
        store::tokens::add(&mut tx, &token).await.unwrap();
        assert_eq!(
            store::tokens::valid(&mut tx, &[4; 32], 1_999).await.unwrap(),
            Some(token.clone())
        );
        assert_eq!(store::tokens::valid(&mut tx, &[4; 32], 2_000).await.unwrap(), None);
        assert_eq!(store::tokens::valid(&mut tx, &[5; 32], 1_500).await.unwrap(), None);
        assert_eq!(store::tokens::in_force(&mut tx, here(), 1_500).await.unwrap(), 1);
        assert_eq!(store::tokens::all(&mut tx, elsewhere()).await.unwrap(), vec![]);
        store::tokens::touch(&mut tx, token.id, 1_600).await.unwrap();
        assert_eq!(store::tokens::all(&mut tx, here()).await.unwrap()[0].used, 1_600);
        // Not by another body, and once.
        assert_eq!(
            store::tokens::revoke(&mut tx, elsewhere(), token.id, 1_700).await.unwrap(),
            None
        );
        assert!(store::tokens::revoke(&mut tx, here(), token.id, 1_700).await.unwrap().is_some());
        assert_eq!(store::tokens::revoke(&mut tx, here(), token.id, 1_700).await.unwrap(), None);
        assert_eq!(store::tokens::valid(&mut tx, &[4; 32], 1_800).await.unwrap(), None);
        assert_eq!(store::tokens::in_force(&mut tx, here(), 1_800).await.unwrap(), 0);
        tx.keep(()).await.unwrap();
    })
    .await;
}
