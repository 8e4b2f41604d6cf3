//! One suite over SQLite and PostgreSQL.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

#[macro_use]
mod common;

use audit::{Chain, Decision, Event, Head, Kind, Who};
use people::{
    AgentId, Assignment, AssignmentId, BodyCode, DivisionId, MeetingId, PasskeyId, Pc, PcId, Role,
    Roles, SessionPolicy, Staff, StaffId, StaffState, Stop, Stopper, TokenId, Zone,
};
use store::activations::Activation;
use store::passkeys::StoredPasskey;
use store::pcs::{Offered, Promise};
use store::sign_ins::SignIn;
use store::{AuditFilter, Fault, Store};

suite! {
    state_and_record_come_together_or_not_at_all
    writers_at_once_leave_no_gap_and_no_double_number
    tampering_is_named_by_its_record
    one_body_does_not_see_another
    a_person_is_changed_without_her_state_and_her_tokens_do_not_come_back
    keys_are_unique_where_they_must_be
    a_code_step_is_used_once_whoever_is_first
    assignments_hold_for_their_period
    a_promised_pc_is_assigned_when_it_is_offered
    sign_ins_and_slips_and_passkeys
    policies_come_back_as_they_were
    the_record_is_found_by_what_people_look_for
    addresses_stand_beside_the_record_until_they_are_deleted
    a_write_commits_while_a_verification_is_in_the_middle
    a_head_that_was_told_is_compared_and_lost_records_come_back
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

fn event(n: u64) -> Event {
    Event::new(home().chain(), Who::System, Kind::STAFF_ADDED, format!("user{n}"))
        .with("roles", "staff")
}

async fn with_people(store: &Store) {
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    for (code, numbers) in [(home(), 1..=3), (other(), 4..=5)] {
        store::bodies::add(&mut tx, code, NOW).await.unwrap();
        for n in numbers {
            store::staff::add(&mut tx, &person(n, code)).await.unwrap();
        }
    }
    tx.commit(Decision::new((), event(0))).await.unwrap();
}

fn pc(n: u8, body: BodyCode) -> Pc {
    Pc {
        id: PcId([n; 16]),
        body,
        agent: AgentId([n; 16]),
        target: format!("desk{n}").parse().unwrap(),
        name: format!("PC {n}").parse().unwrap(),
        zone: Zone::Lgwan,
        stopped: false,
        seen: NOW,
    }
}

async fn state_and_record_come_together_or_not_at_all(store: Store) {
    with_people(&store).await;
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    store::staff::put_state(&mut tx, home(), StaffId([1; 16]), StaffState::Suspended)
        .await
        .unwrap();
    drop(tx);
    let mut conn = store.read().await.unwrap();
    assert_eq!(
        store::staff::find(&mut conn, home(), StaffId([1; 16])).await.unwrap().unwrap(),
        person(1, home())
    );
    assert_eq!(store::kept_head(&mut conn, home().chain()).await.unwrap().seq, 1);
    drop(conn);
    // A commit that fails half way (the record cannot be written) takes the state with it.
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    store::staff::put_state(&mut tx, home(), StaffId([1; 16]), StaffState::Suspended)
        .await
        .unwrap();
    sqlx::query("DROP TABLE audit_heads").execute(&mut *tx).await.unwrap();
    assert!(tx.commit(Decision::new((), event(1))).await.is_err());
    let mut conn = store.read().await.unwrap();
    assert_eq!(
        store::staff::find(&mut conn, home(), StaffId([1; 16])).await.unwrap().unwrap().state,
        StaffState::Active
    );
    assert_eq!(store::kept_head(&mut conn, home().chain()).await.unwrap().seq, 1);
}

async fn writers_at_once_leave_no_gap_and_no_double_number(store: Store) {
    with_people(&store).await;
    let mut tasks = Vec::new();
    for n in 0..12 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            for round in 0..5 {
                // Two chains in either order: nobody waits for each other for ever.
                let mut events =
                    vec![event(n), Event::new(Chain::SERVER, Who::System, Kind::BODY_ADDED, "x")];
                if round % 2 == 0 {
                    events.reverse();
                }
                let turn = if n % 2 == 0 { home().chain() } else { Chain::SERVER };
                let tx = store.write(turn, NOW).await.unwrap();
                tx.commit(Decision { value: (), events }).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let mut conn = store.read().await.unwrap();
    assert_eq!(store::verify_chain(&mut conn, home().chain()).await.unwrap().unwrap().seq, 61);
    assert_eq!(store::verify_chain(&mut conn, Chain::SERVER).await.unwrap().unwrap().seq, 60);
    assert_eq!(store::chains(&mut conn).await.unwrap(), [Chain::SERVER, home().chain()]);
}

async fn tampering_is_named_by_its_record(store: Store) {
    with_people(&store).await;
    for n in 1..=8 {
        store
            .write(home().chain(), NOW + n)
            .await
            .unwrap()
            .commit(Decision::new((), event(n as u64)))
            .await
            .unwrap();
    }
    for (statement, broken) in [
        ("UPDATE audit_records SET subject = 'nobody' WHERE seq = 4", 4),
        ("UPDATE audit_records SET at = at + 1 WHERE seq = 5", 5),
        ("UPDATE audit_records SET fields = '[[\"roles\",\"it\"]]' WHERE seq = 6", 6),
        ("DELETE FROM audit_records WHERE seq = 7", 7),
        ("DELETE FROM audit_records WHERE seq > 7", 8),
        ("UPDATE audit_records SET seq = 100 WHERE seq = 2", 2),
        ("UPDATE audit_heads SET seq = 8", 9),
        ("DELETE FROM audit_heads", 1),
    ] {
        let mut tx = store.write(home().chain(), NOW).await.unwrap();
        sqlx::query(statement).execute(&mut *tx).await.unwrap();
        let fault = store::verify_chain(&mut tx, home().chain()).await.unwrap().unwrap_err();
        assert_eq!(fault.seq(), broken, "{statement}: {fault}");
        drop(tx);
    }
    let mut conn = store.read().await.unwrap();
    assert_eq!(store::verify_chain(&mut conn, home().chain()).await.unwrap().unwrap().seq, 9);
    assert_eq!(store::verify_chain(&mut conn, other().chain()).await.unwrap(), Ok(Head::EMPTY));
}

async fn a_person_is_changed_without_her_state_and_her_tokens_do_not_come_back(store: Store) {
    with_people(&store).await;
    let (id, active) = (StaffId([1; 16]), person(1, home()));
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    let token = store::tokens::Token {
        id: TokenId([9; 16]),
        body: home(),
        staff: id,
        asked_by: Some(StaffId([2; 16])),
        name: "給与".into(),
        hash: [4; 32],
        scopes: 1,
        created: NOW,
        expires: NOW + 1_000,
        consented: 0,
        revoked: 0,
        used: 0,
    };
    store::tokens::add(&mut tx, &token).await.unwrap();
    assert_eq!(
        store::tokens::valid(&mut tx, &[4; 32], NOW).await.unwrap(),
        None,
        "nobody consented"
    );
    assert_eq!(
        store::tokens::consent(&mut tx, StaffId([2; 16]), TokenId([9; 16]), NOW).await.unwrap(),
        None,
        "it is hers to give"
    );
    assert!(store::tokens::consent(&mut tx, id, TokenId([9; 16]), NOW).await.unwrap().is_some());
    assert_eq!(
        store::tokens::consent(&mut tx, id, TokenId([9; 16]), NOW).await.unwrap(),
        None,
        "once"
    );
    assert!(store::tokens::valid(&mut tx, &[4; 32], NOW).await.unwrap().is_some());
    assert_eq!(store::tokens::of_staff(&mut tx, id, NOW).await.unwrap().len(), 1);
    let state =
        async |tx: &mut store::Tx| store::staff::find(tx, home(), id).await.unwrap().unwrap().state;
    assert!(store::staff::put_state(&mut tx, home(), id, StaffState::Suspended).await.unwrap());
    assert_eq!(store::staff::end_held(&mut tx, id, NOW).await.unwrap().len(), 1);
    assert!(
        !store::staff::put_state(&mut tx, home(), id, StaffState::Suspended).await.unwrap(),
        "stopped once"
    );
    // A form that saw her active says so no more.
    assert!(store::staff::change(&mut tx, &active).await.unwrap());
    assert_eq!(state(&mut tx).await, StaffState::Suspended);
    assert!(!store::staff::resume(&mut tx, other(), id).await.unwrap());
    assert!(store::staff::resume(&mut tx, home(), id).await.unwrap());
    assert_eq!(state(&mut tx).await, StaffState::Waiting, "she has no password");
    assert!(!store::staff::resume(&mut tx, home(), id).await.unwrap(), "she is not stopped");
    store::credentials::put(&mut tx, id, "hash", b"key", 0).await.unwrap();
    store::staff::put_state(&mut tx, home(), id, StaffState::Suspended).await.unwrap();
    store::staff::resume(&mut tx, home(), id).await.unwrap();
    assert_eq!(state(&mut tx).await, StaffState::Active);
    assert_eq!(
        store::tokens::valid(&mut tx, &[4; 32], NOW).await.unwrap(),
        None,
        "what ended stays ended"
    );
}

async fn one_body_does_not_see_another(store: Store) {
    with_people(&store).await;
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    assert_eq!(store::pcs::offer(&mut tx, &pc(1, home())).await.unwrap(), Offered::New);
    assert!(store::staff::find(&mut tx, other(), StaffId([1; 16])).await.unwrap().is_none());
    assert!(
        store::staff::by_login(&mut tx, other(), &"user1".parse().unwrap())
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        !store::staff::change(&mut tx, &Staff { body: other(), ..person(1, home()) })
            .await
            .unwrap()
    );
    assert!(
        !store::staff::put_state(&mut tx, other(), StaffId([1; 16]), StaffState::Suspended)
            .await
            .unwrap()
    );
    assert_eq!(store::staff::all(&mut tx, other()).await.unwrap().len(), 2);
    assert!(store::pcs::find(&mut tx, other(), PcId([1; 16])).await.unwrap().is_none());
    assert!(!store::pcs::stop(&mut tx, other(), PcId([1; 16]), true).await.unwrap());
    assert!(store::divisions::find(&mut tx, other(), DivisionId([1; 16])).await.unwrap().is_none());
    // Grants never cross zones, so a PC does not change its own; nor its body.
    assert_eq!(
        store::pcs::offer(&mut tx, &Pc { zone: Zone::Internet, ..pc(1, home()) }).await.unwrap(),
        Offered::OtherZone
    );
    assert_eq!(
        store::pcs::offer(&mut tx, &Pc { body: other(), ..pc(1, home()) }).await.unwrap(),
        Offered::OtherZone
    );
    assert_eq!(store::pcs::offer(&mut tx, &pc(1, home())).await.unwrap(), Offered::Known);
}

async fn keys_are_unique_where_they_must_be(store: Store) {
    with_people(&store).await;
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    let twin = Staff { id: StaffId([9; 16]), ..person(1, home()) };
    assert!(matches!(store::staff::add(&mut tx, &twin).await, Err(Fault::Conflict)));
    drop(tx);
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    store::staff::add(&mut tx, &Staff { body: other(), ..twin }).await.unwrap();
    assert!(matches!(store::bodies::add(&mut tx, home(), NOW).await, Err(Fault::Conflict)));
}

async fn a_code_step_is_used_once_whoever_is_first(store: Store) {
    with_people(&store).await;
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let mut tx = store.write(home().chain(), NOW).await.unwrap();
            let mine = store::credentials::use_step(&mut tx, StaffId([1; 16]), 77).await.unwrap();
            tx.keep(mine).await.unwrap()
        }));
    }
    let mut wins = 0;
    for task in tasks {
        wins += i32::from(task.await.unwrap());
    }
    assert_eq!(wins, 1);
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    assert!(
        !store::credentials::use_step(&mut tx, StaffId([1; 16]), 76).await.unwrap(),
        "an earlier one neither"
    );
    store::credentials::put(&mut tx, StaffId([1; 16]), "$argon2id$", b"sealed", 80).await.unwrap();
    let found = store::credentials::find(&mut tx, StaffId([1; 16])).await.unwrap().unwrap();
    assert_eq!(
        (found.password.as_deref(), found.totp.as_deref(), found.totp_step),
        (Some("$argon2id$"), Some(&b"sealed"[..]), 80)
    );
    store::credentials::clear(&mut tx, StaffId([1; 16])).await.unwrap();
    assert_eq!(
        store::credentials::find(&mut tx, StaffId([1; 16])).await.unwrap().unwrap().password,
        None
    );
}

async fn assignments_hold_for_their_period(store: Store) {
    with_people(&store).await;
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    store::pcs::offer(&mut tx, &pc(1, home())).await.unwrap();
    let one = |n: u8, from, until| Assignment {
        id: AssignmentId([n; 16]),
        body: home(),
        staff: StaffId([1; 16]),
        pc: PcId([1; 16]),
        from,
        until,
        by: StaffId([2; 16]),
    };
    store::assignments::add(&mut tx, &one(1, NOW, NOW + 10)).await.unwrap();
    store::assignments::add(&mut tx, &one(2, NOW + 5, NOW + 20)).await.unwrap();
    let staff = StaffId([1; 16]);
    for (at, until) in [
        (NOW - 1, None),
        (NOW, Some(NOW + 10)),
        (NOW + 7, Some(NOW + 20)),
        (NOW + 19, Some(NOW + 20)),
        (NOW + 20, None),
    ] {
        let found =
            store::assignments::until(&mut tx, home(), staff, PcId([1; 16]), at).await.unwrap();
        assert_eq!(found.map(|(_, until)| until), until, "{at}");
    }
    assert_eq!(
        store::assignments::pcs_of(&mut tx, home(), staff, NOW + 7).await.unwrap().len(),
        1,
        "one PC, however many permissions"
    );
    store::pcs::stop(&mut tx, home(), PcId([1; 16]), true).await.unwrap();
    assert!(
        store::assignments::until(&mut tx, home(), staff, PcId([1; 16]), NOW)
            .await
            .unwrap()
            .is_none()
    );
    assert!(!store::assignments::remove(&mut tx, other(), AssignmentId([1; 16])).await.unwrap());
    assert!(store::assignments::remove(&mut tx, home(), AssignmentId([1; 16])).await.unwrap());
}

async fn a_promised_pc_is_assigned_when_it_is_offered(store: Store) {
    with_people(&store).await;
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    let promise = Promise {
        assignment: AssignmentId([1; 16]),
        staff: StaffId([1; 16]),
        from: NOW,
        until: NOW + 9,
        by: StaffId([2; 16]),
    };
    store::pcs::promise(&mut tx, home(), &"desk1".parse().unwrap(), &[promise]).await.unwrap();
    store::pcs::offer(&mut tx, &Pc { target: "desk2".parse().unwrap(), ..pc(2, home()) })
        .await
        .unwrap();
    assert!(
        store::assignments::pcs_of(&mut tx, home(), StaffId([1; 16]), NOW)
            .await
            .unwrap()
            .is_empty()
    );
    store::pcs::offer(&mut tx, &pc(1, home())).await.unwrap();
    store::pcs::offer(&mut tx, &pc(1, home())).await.unwrap();
    assert_eq!(store::assignments::all(&mut tx, home()).await.unwrap().len(), 1);
}

async fn sign_ins_and_slips_and_passkeys(store: Store) {
    with_people(&store).await;
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    let one = |n: u8| SignIn {
        staff: StaffId([n; 16]),
        created: NOW,
        seen: NOW,
        factor: "passkey".into(),
        proved: NOW,
        address: "192.0.2.1".into(),
        browser: "Firefox/Windows".into(),
    };
    for n in 1..=4 {
        store::sign_ins::add(&mut tx, &[n; 32], &one(n)).await.unwrap();
    }
    store::sign_ins::add(&mut tx, &[11; 32], &one(1)).await.unwrap();
    store::sign_ins::touch(&mut tx, &[1; 32], NOW + 5).await.unwrap();
    assert_eq!(store::sign_ins::find(&mut tx, &[1; 32]).await.unwrap().unwrap().seen, NOW + 5);
    let own = store::sign_ins::of(&mut tx, StaffId([1; 16])).await.unwrap();
    assert_eq!(
        own.iter().map(|(hash, _)| hash[0]).collect::<Vec<_>>(),
        [1, 11],
        "the one used last first, nobody else's"
    );
    assert_eq!(
        (own[1].1.browser.as_str(), own[1].1.address.as_str()),
        ("Firefox/Windows", "192.0.2.1")
    );
    assert!(store::sign_ins::prove(&mut tx, &[1; 32], NOW + 7).await.unwrap());
    assert!(
        !store::sign_ins::prove(&mut tx, &[99; 32], NOW + 7).await.unwrap(),
        "there is no such sign-in"
    );
    assert_eq!(store::sign_ins::find(&mut tx, &[1; 32]).await.unwrap().unwrap().proved, NOW + 7);
    assert_eq!(store::sign_ins::find(&mut tx, &[11; 32]).await.unwrap().unwrap().proved, NOW);
    store::sign_ins::opened(&mut tx, MeetingId([7; 16]), &[1; 32]).await.unwrap();
    store::sign_ins::hand_over(&mut tx, &[1; 32], &[11; 32]).await.unwrap();
    assert!(store::sign_ins::sessions_from(&mut tx, &[1; 32]).await.unwrap().is_empty());
    assert_eq!(
        store::sign_ins::sessions_from(&mut tx, &[11; 32]).await.unwrap(),
        [MeetingId([7; 16])]
    );
    store::sign_ins::sweep(&mut tx, NOW - 1).await.unwrap();
    assert!(
        store::sign_ins::sessions_from(&mut tx, &[11; 32]).await.unwrap().is_empty(),
        "there is no such session"
    );
    assert_eq!(
        store::sign_ins::remove_others(&mut tx, StaffId([1; 16]), &[1; 32]).await.unwrap(),
        1
    );
    assert_eq!(store::sign_ins::remove_body(&mut tx, home(), StaffId([2; 16])).await.unwrap(), 2);
    assert!(store::sign_ins::find(&mut tx, &[2; 32]).await.unwrap().is_some());
    assert!(store::sign_ins::find(&mut tx, &[4; 32]).await.unwrap().is_some(), "another body's");

    let slip =
        Activation { staff: StaffId([1; 16]), totp: b"sealed".to_vec(), expires: NOW, tries: 2 };
    store::activations::add(&mut tx, &[1; 32], &slip).await.unwrap();
    store::activations::add(&mut tx, &[2; 32], &slip).await.unwrap();
    assert!(
        store::activations::find(&mut tx, &[1; 32]).await.unwrap().is_none(),
        "a new slip ends the old one"
    );
    store::activations::take_try(&mut tx, &[2; 32]).await.unwrap();
    assert_eq!(store::activations::find(&mut tx, &[2; 32]).await.unwrap().unwrap().tries, 1);
    store::activations::take_try(&mut tx, &[2; 32]).await.unwrap();
    assert!(store::activations::find(&mut tx, &[2; 32]).await.unwrap().is_none());

    let passkey = StoredPasskey {
        id: PasskeyId([1; 16]),
        staff: StaffId([1; 16]),
        credential: vec![1, 2, 3],
        name: "電話".into(),
        passkey: "{}".into(),
        created: NOW,
        used: 0,
    };
    store::passkeys::add(&mut tx, &passkey).await.unwrap();
    store::passkeys::put_used(&mut tx, passkey.id, "{\"a\":1}", NOW).await.unwrap();
    assert_eq!(
        store::passkeys::by_credential(&mut tx, &[1, 2, 3]).await.unwrap().unwrap().used,
        NOW
    );
    assert!(
        !store::passkeys::remove(&mut tx, StaffId([2; 16]), passkey.id).await.unwrap(),
        "another person's"
    );
}

async fn policies_come_back_as_they_were(store: Store) {
    with_people(&store).await;
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    let policy = SessionPolicy {
        text: "「{user}」\\\"'".into(),
        watermark: false,
        ..SessionPolicy::default()
    };
    store::bodies::put_session_policy(&mut tx, home(), &policy).await.unwrap();
    assert_eq!(store::bodies::find(&mut tx, home()).await.unwrap().unwrap().session, policy);
    assert!(store::bodies::suspend(&mut tx, home(), true).await.unwrap());
    assert!(!store::bodies::suspend(&mut tx, home(), true).await.unwrap());
    assert!(!store::bodies::find(&mut tx, other()).await.unwrap().unwrap().suspended);
    store::bodies::suspend(&mut tx, home(), false).await.unwrap();
    assert_eq!(store::bodies::find(&mut tx, home()).await.unwrap().unwrap().stop, None);
    let stop = |by, at| Stop { by, at, who: format!("{by:?}") };
    assert!(store::bodies::stop(&mut tx, home(), &stop(Stopper::Office, NOW)).await.unwrap());
    assert!(
        !store::bodies::stop(&mut tx, home(), &stop(Stopper::Office, NOW + 1)).await.unwrap(),
        "it is stopped already"
    );
    assert!(
        store::bodies::stop(&mut tx, home(), &stop(Stopper::Operator, NOW + 2)).await.unwrap(),
        "the operator's is the stronger"
    );
    assert!(
        !store::bodies::stop(&mut tx, home(), &stop(Stopper::Office, NOW + 3)).await.unwrap(),
        "and stays it"
    );
    let stands = store::bodies::find(&mut tx, home()).await.unwrap().unwrap().stop;
    assert_eq!(stands, Some(stop(Stopper::Operator, NOW + 2)));
    store::settings::put(&mut tx, "a", "1").await.unwrap();
    store::settings::put(&mut tx, "a", "2").await.unwrap();
    assert_eq!(store::settings::find(&mut tx, "a").await.unwrap().as_deref(), Some("2"));
}

async fn the_record_is_found_by_what_people_look_for(store: Store) {
    with_people(&store).await;
    for n in 1..=20 {
        store
            .write(home().chain(), NOW + n)
            .await
            .unwrap()
            .commit(Decision::new((), event(n as u64)))
            .await
            .unwrap();
    }
    let mut conn = store.read().await.unwrap();
    let mut numbers = async |filter: AuditFilter, limit| -> Vec<u64> {
        store::audit_page(&mut conn, home().chain(), &filter, limit)
            .await
            .unwrap()
            .iter()
            .map(|record| record.seq)
            .collect()
    };
    assert_eq!(numbers(AuditFilter::default(), 3).await, [21, 20, 19]);
    assert_eq!(numbers(AuditFilter { before: 19, ..Default::default() }, 2).await, [18, 17]);
    assert_eq!(numbers(AuditFilter { text: "user12".into(), ..Default::default() }, 9).await, [13]);
    assert_eq!(
        numbers(AuditFilter { text: "%".into(), from: Some(NOW + 20), ..Default::default() }, 9)
            .await,
        [21]
    );
    assert_eq!(
        numbers(AuditFilter { kind_from: Some(300), ..Default::default() }, 9).await,
        [0; 0]
    );
    let all = store::audit_after(&mut conn, home().chain(), 19, 9).await.unwrap();
    assert_eq!(all.iter().map(|record| record.seq).collect::<Vec<_>>(), [20, 21]);
}

async fn addresses_stand_beside_the_record_until_they_are_deleted(store: Store) {
    use store::addresses::{self, Beside};
    let body = home();
    let mut tx = store.write(body.chain(), 1_000).await.unwrap();
    store::bodies::add(&mut tx, body, 1_000).await.ok();
    let who = audit::Who::Stranger { address: "2001:db8::7".into() };
    let event =
        |who| Event::new(body.chain(), who, Kind::SIGNED_IN, "sato").with("address", "203.0.113.5");
    tx.commit(Decision { value: (), events: vec![event(who), event(audit::Who::System)] })
        .await
        .unwrap();

    let mut conn = store.read().await.unwrap();
    let raw = store::audit_after(&mut conn, body.chain(), 0, 9).await.unwrap();
    let (first, last) = (raw[raw.len() - 2].clone(), raw[raw.len() - 1].clone());
    assert!(raw.iter().all(|one| !String::from_utf8_lossy(&one.bytes()).contains("203.0.113.5")));
    assert_ne!(
        first.fields, last.fields,
        "each under a key of its own: nobody sees that they are one address"
    );
    let filter = store::AuditFilter { text: "203.0.113".into(), ..Default::default() };
    let shown = store::audit_page(&mut conn, body.chain(), &filter, 9).await.unwrap();
    assert_eq!(
        (shown.len(), shown[1].who.name(), shown[0].fields[0].1.as_str()),
        (2, "2001:db8::7", "203.0.113.5")
    );
    assert!(addresses::verify(&mut conn, body.chain()).await.unwrap().whole());
    drop(conn);

    // Another address beside the record, and none: both are seen, and neither is shown for the
    // record's own.
    let sql =
        format!("UPDATE audit_addresses SET address = '198.51.100.1' WHERE seq = {}", last.seq);
    tamper(&store, sql).await;
    let mut conn = store.read().await.unwrap();
    let beside = addresses::verify(&mut conn, body.chain()).await.unwrap();
    assert_eq!(beside.faults, [Beside::Altered(last.seq)]);
    let shown = store::audit_page(&mut conn, body.chain(), &store::AuditFilter::default(), 1)
        .await
        .unwrap();
    assert!(shown[0].fields[0].1.starts_with("hmac:"), "{shown:?}");
    drop(conn);
    tamper(&store, format!("DELETE FROM audit_addresses WHERE seq = {}", last.seq)).await;
    let mut conn = store.read().await.unwrap();
    let beside = addresses::verify(&mut conn, body.chain()).await.unwrap();
    assert_eq!((beside.faults, beside.put_back), (vec![Beside::Missing(last.seq)], 0));

    // What was deleted in its time is on record, and the chain holds.
    assert!(!addresses::due(&mut conn, body.chain(), 1_000).await.unwrap());
    assert!(addresses::due(&mut conn, body.chain(), 1_001).await.unwrap());
    drop(conn);
    let mut tx = store.write(body.chain(), 2_000).await.unwrap();
    assert_eq!(addresses::sweep(&mut tx, body.chain(), 1_001).await.unwrap(), (2, 0));
    let event = Event::new(body.chain(), audit::Who::System, Kind::ADDRESSES_DELETED, "1 days")
        .with("before_ms", 1_001);
    tx.commit(Decision::new((), event)).await.unwrap();
    let mut conn = store.read().await.unwrap();
    assert!(addresses::verify(&mut conn, body.chain()).await.unwrap().whole());
    assert!(store::verify_chain(&mut conn, body.chain()).await.unwrap().is_ok());
    assert!(!addresses::due(&mut conn, body.chain(), 1_001).await.unwrap());
}

async fn tamper(store: &Store, sql: String) {
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await.unwrap();
    tx.keep(()).await.unwrap();
}

async fn a_write_commits_while_a_verification_is_in_the_middle(store: Store) {
    with_people(&store).await;
    let tx = store.write(home().chain(), NOW).await.unwrap();
    tx.commit(Decision { value: (), events: (0..2_500).map(event).collect() }).await.unwrap();
    let mut snapshot = store.snapshot().await.unwrap();
    let mut walk = store::Walk::begin(&mut snapshot, home().chain(), Head::EMPTY).await.unwrap();
    assert_eq!(walk.step(&mut snapshot).await.unwrap(), store::Step::On);

    // Between two pages: nobody waits for the walk, and the walk does not see it.
    store
        .write(home().chain(), NOW)
        .await
        .unwrap()
        .commit(Decision::new((), event(9)))
        .await
        .unwrap();
    let end = loop {
        match walk.step(&mut snapshot).await.unwrap() {
            store::Step::On => {}
            end => break end,
        }
    };
    let store::Step::Holds(head) = end else { panic!("{end:?}") };
    assert_eq!(head.seq, 2_501);
    snapshot.end().await.unwrap();

    // The next one begins behind it.
    let mut snapshot = store.snapshot().await.unwrap();
    let mut walk = store::Walk::begin(&mut snapshot, home().chain(), head).await.unwrap();
    assert_eq!(walk.step(&mut snapshot).await.unwrap(), store::Step::On);
    assert_eq!(walk.head().seq, 2_502);
    assert!(
        sqlx::query("DELETE FROM audit_heads").execute(&mut *snapshot).await.is_err(),
        "a snapshot writes nothing"
    );
}

async fn a_head_that_was_told_is_compared_and_lost_records_come_back(store: Store) {
    with_people(&store).await;
    for n in 1..=4 {
        store
            .write(home().chain(), NOW + n)
            .await
            .unwrap()
            .commit(Decision::new((), event(n as u64)))
            .await
            .unwrap();
    }
    let chain = home().chain();
    let mut conn = store.read().await.unwrap();
    let told = store::kept_head(&mut conn, chain).await.unwrap();
    let lost = store::audit_after(&mut conn, chain, 3, 10).await.unwrap();
    assert_eq!(store::compare_head(&mut conn, chain, told).await.unwrap(), audit::Seen::There);
    drop(conn);

    // An older copy: the last two are not there.
    let mut tx = store.write(chain, NOW).await.unwrap();
    sqlx::query("DELETE FROM audit_records WHERE seq > 3").execute(&mut *tx).await.unwrap();
    sqlx::query("UPDATE audit_heads SET seq = 3, hash = $1")
        .bind(lost[0].previous.to_vec())
        .execute(&mut *tx)
        .await
        .unwrap();
    assert_eq!(
        store::compare_head(&mut tx, chain, told).await.unwrap(),
        audit::Seen::Behind { at: 3 }
    );
    assert!(store::put_back(&mut tx, &lost[1]).await.is_err(), "not the next one");
    store::put_back(&mut tx, &lost[0]).await.unwrap();

    // The other one is lost for good, and a record says so.
    store::leap(&mut tx, chain, 1_000_000).await.unwrap();
    let gap = Event::new(chain, Who::System, Kind::RECORD_GAP, "").with("after", 4).with("lost", 5);
    tx.commit(Decision::new((), gap)).await.unwrap();
    let mut conn = store.read().await.unwrap();
    assert_eq!(
        store::compare_head(&mut conn, chain, told).await.unwrap(),
        audit::Seen::InGap { marked_by: 1_000_000 }
    );
    assert_eq!(store::verify_chain(&mut conn, chain).await.unwrap().unwrap().seq, 1_000_000);
    let other = Head { seq: 2, hash: [1; 32] };
    assert_eq!(store::compare_head(&mut conn, chain, other).await.unwrap(), audit::Seen::Other);
}
