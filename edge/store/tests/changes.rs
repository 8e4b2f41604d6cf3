//! What waits for a second person, and who is an officer, over SQLite and PostgreSQL.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

#[macro_use]
mod common;

use people::{BodyCode, ChangeId, Ground, Role, Roles, Staff, StaffId, StaffState};
use store::Store;
use store::changes::{Change, ChangeKind};
use store::sign_ins::SignIn;

suite! {
    a_change_waits_once_a_subject_and_holds_the_role_back
    who_was_an_officer_until_lately_is_known
    an_operator_whose_power_is_held_back_operates_nothing
}

const NOW: i64 = 1_790_000_000_000;

fn home() -> BodyCode {
    "011002".parse().unwrap()
}

fn other() -> BodyCode {
    "131016".parse().unwrap()
}

fn person(n: u8, body: BodyCode) -> Staff {
    Staff {
        id: StaffId([n; 16]),
        body,
        login: format!("user{n}").parse().unwrap(),
        name: format!("職員 {n}").parse().unwrap(),
        division: None,
        roles: Roles::of(&[Role::Staff]),
        operator: false,
        state: StaffState::Active,
        fiscal_year: n.is_multiple_of(2),
        created: NOW,
    }
}

async fn with_people(store: &Store) {
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    for (code, numbers) in [(home(), 1..=3), (other(), 4..=5)] {
        store::bodies::add(&mut tx, code, NOW).await.unwrap();
        for n in numbers {
            store::staff::add(&mut tx, &person(n, code)).await.unwrap();
        }
    }
    tx.keep(()).await.unwrap();
}

async fn a_change_waits_once_a_subject_and_holds_the_role_back(store: Store) {
    with_people(&store).await;
    let id = StaffId([1; 16]);
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    let roles = Roles::of(&[Role::Staff, Role::Superior]);
    let change = |n: u8, doc: &str, begins: i64| Change {
        id: ChangeId([n; 16]),
        body: home(),
        kind: ChangeKind::Person,
        subject: id.to_string(),
        doc: doc.into(),
        by: vec![StaffId([2; 16]), StaffId([1; 16])],
        asked: NOW,
        begins,
    };
    let waits = format!("{{\"roles\":{},\"slip\":false}}", Roles::of(&[Role::Superior]).bits());
    let in_force =
        async |tx: &mut store::Tx| store::changes::in_force(tx, home(), id, roles).await.unwrap().0;
    assert_eq!(in_force(&mut tx).await, roles);
    store::changes::put(&mut tx, &change(1, &waits, NOW + 10)).await.unwrap();
    assert_eq!(
        in_force(&mut tx).await,
        Roles::of(&[Role::Staff]),
        "whatever its day: it is begun, or it waits"
    );
    // So does every other role, whichever it is.
    for role in [Role::It, Role::Hr, Role::Auditor] {
        let waits =
            format!("{{\"roles\":{},\"given\":0,\"slip\":false}}", Roles::of(&[role]).bits());
        store::changes::put(&mut tx, &change(1, &waits, NOW + 10)).await.unwrap();
        let (now, _) =
            store::changes::in_force(&mut tx, home(), id, Roles::of(&Role::ALL)).await.unwrap();
        assert_eq!(
            now.bits(),
            Roles::of(&Role::ALL).bits() & !Roles::of(&[role]).bits(),
            "{role:?}"
        );
    }
    // A later word about the same takes its place; one that cannot be read holds the role back.
    store::changes::put(&mut tx, &change(2, "?", people::NEVER)).await.unwrap();
    assert_eq!(in_force(&mut tx).await, Roles::of(&[Role::Staff]));
    assert_eq!(
        store::changes::all(&mut tx, home()).await.unwrap(),
        [change(2, "?", people::NEVER)]
    );
    assert_eq!(store::changes::all(&mut tx, other()).await.unwrap(), []);
    assert_eq!(store::changes::due(&mut tx, NOW + 1_000).await.unwrap(), []);
    assert_eq!(store::changes::find(&mut tx, other(), ChangeId([2; 16])).await.unwrap(), None);
    assert!(!store::changes::remove(&mut tx, other(), ChangeId([2; 16])).await.unwrap());
    store::changes::put(&mut tx, &change(3, &waits, NOW + 10)).await.unwrap();
    assert_eq!(store::changes::due(&mut tx, NOW + 10).await.unwrap().len(), 1);
    store::changes::forget(&mut tx, home(), ChangeKind::Division, &id.to_string()).await.unwrap();
    assert!(
        store::changes::about(&mut tx, home(), ChangeKind::Person, &id.to_string())
            .await
            .unwrap()
            .is_some()
    );
    assert!(store::changes::remove(&mut tx, home(), ChangeId([3; 16])).await.unwrap());
    assert_eq!(in_force(&mut tx).await, roles);
}

async fn who_was_an_officer_until_lately_is_known(store: Store) {
    with_people(&store).await;
    let (id, office) = (StaffId([1; 16]), Roles::of(&[Role::Hr]));
    let all =
        async |tx: &mut store::Tx, since| store::officers::all(tx, home(), since).await.unwrap();
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    let plain = store::staff::find(&mut tx, home(), id).await.unwrap().unwrap();
    store::staff::put_state(&mut tx, home(), id, StaffState::Active).await.unwrap();
    let officer = Staff { roles: office, state: StaffState::Active, ..plain };
    assert!(store::staff::change(&mut tx, &officer).await.unwrap());
    let found = all(&mut tx, 0).await.into_iter().find(|one| one.staff.id == id).unwrap();
    assert_eq!((found.in_force, found.settled, found.ended), (office, office, None));
    // Another role instead, which waits, does not stand for the one that was taken.
    let other = Staff { roles: Roles::of(&[Role::It]), ..officer.clone() };
    let hour = NOW + 3_600_000;
    tx.keep(()).await.unwrap();
    let mut tx = store.write(home().chain(), hour).await.unwrap();
    assert!(store::staff::change(&mut tx, &other).await.unwrap());
    let waits =
        format!("{{\"roles\":{0},\"given\":{0},\"slip\":false}}", Roles::of(&[Role::It]).bits());
    let change = Change {
        id: ChangeId([1; 16]),
        body: home(),
        kind: ChangeKind::Person,
        subject: id.to_string(),
        doc: waits,
        by: vec![StaffId([2; 16])],
        asked: hour,
        begins: people::NEVER,
    };
    store::changes::put(&mut tx, &change).await.unwrap();
    let found = all(&mut tx, hour - 1).await.into_iter().find(|one| one.staff.id == id).unwrap();
    assert_eq!(
        (found.in_force, found.settled, found.ended),
        (Roles::NONE, Roles::NONE, Some(hour))
    );
    let found = all(&mut tx, hour).await.into_iter().find(|one| one.staff.id == id).unwrap();
    assert_eq!(found.ended, None, "long ago");
    assert!(store::staff::change(&mut tx, &Staff { roles: Roles::NONE, ..other }).await.unwrap());
    assert!(!all(&mut tx, hour).await.iter().any(|one| one.staff.id == id));
    assert!(
        store::officers::all(&mut tx, "131016".parse().unwrap(), 0)
            .await
            .unwrap()
            .iter()
            .all(|one| one.staff.id != id)
    );
    tx.keep(()).await.unwrap();
}

async fn an_operator_whose_power_is_held_back_operates_nothing(store: Store) {
    with_people(&store).await;
    let (id, hash) = (StaffId([9; 16]), [7; 32]);
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    let roles = Roles::of(&[Role::Staff, Role::It]);
    store::staff::add(&mut tx, &Staff { id, roles, operator: true, ..person(9, home()) })
        .await
        .unwrap();
    let sign_in = SignIn {
        staff: id,
        created: NOW,
        seen: NOW,
        factor: "passkey".into(),
        proved: NOW,
        address: String::new(),
        browser: String::new(),
    };
    store::sign_ins::add(&mut tx, &hash, &sign_in).await.unwrap();
    let now = async |tx: &mut store::Tx| {
        let found = store::grounds::standing(tx, Ground::SignIn(hash), NOW).await.unwrap();
        found.map(|standing| (standing.actor.roles, standing.actor.operator))
    };
    assert_eq!(now(&mut tx).await, Some((roles, true)));
    // A slip of hers was handed out by one person alone.
    let it = Roles::of(&[Role::It]).bits();
    let mut change = Change {
        id: ChangeId([1; 16]),
        body: home(),
        kind: ChangeKind::Person,
        subject: id.to_string(),
        doc: format!("{{\"roles\":{it},\"given\":0,\"slip\":false}}"),
        by: vec![StaffId([2; 16])],
        asked: NOW,
        begins: NOW + 1,
    };
    store::changes::put(&mut tx, &change).await.unwrap();
    assert_eq!(now(&mut tx).await, Some((Roles::of(&[Role::Staff]), false)));
    // A stopped body lets its IT in, and not whose being IT waits.
    assert!(store::bodies::suspend(&mut tx, home(), true).await.unwrap());
    assert_eq!(now(&mut tx).await, None);
    // A role that was newly given waits alone.
    change.doc = format!("{{\"roles\":{it},\"given\":{it},\"slip\":false}}");
    store::changes::put(&mut tx, &change).await.unwrap();
    assert_eq!(now(&mut tx).await, Some((Roles::NONE, true)));
    tx.keep(()).await.unwrap();
}
