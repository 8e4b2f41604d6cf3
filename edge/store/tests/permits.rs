//! A permit is for one deed: a write commits what it is for, and no other act.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

use audit::{Decision, Event, Kind};
use people::{
    Actor, Authority, Deed, Division, DivisionId, Ground, Permit, Resource, Role, Roles, Staff,
    StaffId,
};
use store::sign_ins::SignIn;
use store::{Fault, Store};

const SIGN_IN: [u8; 32] = [7; 32];
const DIVISION: DivisionId = DivisionId([3; 16]);
const NOW: i64 = 2;

/// Somebody with every right there is, signed in.
async fn with_every_right(store: &Store) -> Actor {
    let body: people::BodyCode = "011002".parse().unwrap();
    let person = Staff {
        id: StaffId([5; 16]),
        body,
        login: "hanako".parse().unwrap(),
        name: "花子".parse().unwrap(),
        division: None,
        roles: Roles::of(&Role::ALL),
        operator: true,
        state: people::StaffState::Active,
        fiscal_year: false,
        created: 1,
    };
    let sign_in = SignIn {
        staff: person.id,
        created: 1,
        seen: 1,
        factor: "passkey".into(),
        proved: 1,
        address: String::new(),
        browser: String::new(),
    };
    let mut tx = store.write(body.chain(), 1).await.unwrap();
    store::bodies::add(&mut tx, body, 1).await.unwrap();
    store::staff::add(&mut tx, &person).await.unwrap();
    let division = Division {
        id: DIVISION,
        body,
        code: "1".into(),
        name: "総務課".parse().unwrap(),
        superior: Some(person.id),
        deputy: None,
    };
    store::divisions::add(&mut tx, &division).await.unwrap();
    store::sign_ins::add(&mut tx, &SIGN_IN, &sign_in).await.unwrap();
    tx.keep(()).await.unwrap();
    let mut conn = store.read().await.unwrap();
    let ground = Ground::SignIn(SIGN_IN);
    store::grounds::standing(&mut conn, ground, NOW).await.unwrap().unwrap().actor
}

fn permit(actor: &Actor, deed: Deed) -> Permit {
    let own = Resource::person(actor.body, actor.id, None);
    let led = Resource::division(actor.body, DIVISION);
    let resources = [Resource::body(actor.body), own, led, Resource::SERVER];
    resources.iter().find_map(|resource| actor.permit(deed, *resource).ok()).unwrap()
}

async fn records(store: &Store, actor: &Actor) -> usize {
    let mut conn = store.read().await.unwrap();
    store::audit_after(&mut conn, actor.body.chain(), 0, u32::MAX).await.unwrap().len()
}

#[tokio::test]
async fn every_pair_of_a_permit_and_an_act_that_is_not_its_own_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    let actor = with_every_right(&store).await;
    let chain = actor.body.chain();
    let (mut kept, mut refused) = (0, 0);
    for permit in Deed::ALL.iter().map(|deed| permit(&actor, *deed)) {
        for kind in Kind::ALL {
            // Whoever makes the event: the permit in hand, or the act by itself.
            let by_itself = Event::new(chain, permit.who(), *kind, "x");
            for event in [permit.event(*kind, "x"), by_itself] {
                let tx = store.write_as(&permit, chain, NOW).await.unwrap();
                let done = tx.commit(Decision::new((), event)).await;
                let (deed, name) = (permit.deed(), kind.name());
                match (done, deed.records().contains(kind)) {
                    (Ok(()), true) => kept += 1,
                    (Err(Fault::Beyond(found)), false) if found == name => refused += 1,
                    (done, may) => panic!("{deed:?} {name}: {done:?}, and may: {may}"),
                }
            }
        }
    }
    assert_eq!(kept + refused, 2 * Deed::ALL.len() * Kind::ALL.len());
    assert!(kept > 200 && refused > 10_000, "{kept} {refused}");
    assert_eq!(records(&store, &actor).await, kept, "what was refused is not on record");
}

#[tokio::test]
async fn a_wrong_permit_is_refused_inside_a_write_of_the_whole_person_too() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    let actor = with_every_right(&store).await;
    let chain = actor.body.chain();
    let commit = async |deed: Deed| {
        let event = permit(&actor, deed).event(Kind::TELEWORK_APPROVED, "hanako");
        store.write_as(&actor, chain, NOW).await?.commit(Decision::new((), event)).await
    };
    for deed in Deed::ALL.iter().filter(|deed| **deed != Deed::DecideTelework) {
        assert!(matches!(commit(*deed).await, Err(Fault::Beyond(_))), "{deed:?}");
    }
    commit(Deed::DecideTelework).await.unwrap();
    // What no right is to is no person's act, whoever makes the event.
    let event = Event::new(chain, actor.who(), Kind::SERVER_SEEDED, "x");
    let tx = store.write_as(&actor, chain, NOW).await.unwrap();
    let done = tx.commit(Decision::new((), event)).await;
    assert!(matches!(done, Err(Fault::Beyond("server.seeded"))), "{done:?}");
}

#[tokio::test]
async fn a_second_permit_of_the_same_person_is_proved_in_the_same_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    let actor = with_every_right(&store).await;
    let chain = actor.body.chain();
    let (stops, devices) =
        (permit(&actor, Deed::SuspendStaff), permit(&actor, Deed::ManageDevices));
    let both = || {
        Decision::new((), stops.event(Kind::STAFF_SUSPENDED, "hanako"))
            .and(devices.event(Kind::DEVICE_REVOKED, "端末"))
    };
    let tx = store.write_as(&stops, chain, NOW).await.unwrap();
    assert!(matches!(tx.commit(both()).await, Err(Fault::Beyond("device.revoked"))));
    let mut tx = store.write_as(&stops, chain, NOW).await.unwrap();
    tx.also(&devices).unwrap();
    tx.commit(both()).await.unwrap();

    // Another's, one that was taken back meanwhile, and one in a write that proved nobody.
    let other = Actor { id: StaffId([6; 16]), ..actor.clone() };
    let mut tx = store.write_as(&stops, chain, NOW).await.unwrap();
    assert!(matches!(tx.also(&permit(&other, Deed::ManageDevices)), Err(Fault::Denied)));
    drop(tx);
    let mut tx = store.write(chain, NOW).await.unwrap();
    assert!(matches!(tx.also(&devices), Err(Fault::Denied)));
    let roles = Roles::of(&[Role::Hr]);
    let person = store::staff::by_id(&mut tx, actor.id).await.unwrap().unwrap();
    store::staff::change(&mut tx, &Staff { roles, ..person }).await.unwrap();
    tx.keep(()).await.unwrap();
    let mut tx = store.write_as(&stops, chain, NOW).await.unwrap();
    assert!(matches!(tx.also(&devices), Err(Fault::Denied)));
}
