//! A store that is older than what was said of it.

use axum::http::StatusCode;

use super::base::{Base, anchor};
use super::{Closed, Outside, agent_saw, begin, head_of};
use crate::testing::{HOME, Town};

#[tokio::test]
async fn a_head_the_store_holds_is_fine_and_one_it_lost_closes_the_server() {
    let town = Town::new().await;
    let body = HOME.parse().unwrap();
    let mut it = town.sign_in("it1").await;
    let (seq, hash) = head_of(&town.app, body).await.unwrap().unwrap();
    it.get("/admin/staff").await.ok();
    assert!(agent_saw(&town.app, body, seq, hash).await.unwrap());
    assert!(agent_saw(&town.app, body, 0, [0; 32]).await.unwrap());
    it.get("/account").await.ok();

    // One record further than the store has: an old copy.
    assert!(!agent_saw(&town.app, body, seq + 1, hash).await.unwrap());
    let reply = it.get("/account").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.text().contains("サーバーは閉じています"), "{}", reply.text());
    for path in ["/sign-in", "/agent/control", "/api/v1/staff", "/relay", "/nowhere"] {
        assert_eq!(
            town.browser().get(path).await.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{path}"
        );
    }
    assert!(
        matches!(town.app.write_unattended(body).await, Err(store::Fault::Stopped)),
        "and nothing is written"
    );
}

#[tokio::test]
async fn another_hash_under_the_same_number_closes_the_server() {
    let town = Town::new().await;
    let body = HOME.parse().unwrap();
    let (seq, _) = head_of(&town.app, body).await.unwrap().unwrap();
    assert!(!agent_saw(&town.app, body, seq, [7; 32]).await.unwrap());
    assert!(town.app.closed().is_some());
}

async fn compared(town: &Town, file: &std::path::Path) -> (usize, String) {
    let mut out = Vec::new();
    let mut conn = town.app.store.read().await.unwrap();
    let key = town.app.keys.signing.verifying_key();
    let count =
        super::compare::compare(&mut conn, &[file.to_owned()], &key, &mut out).await.unwrap();
    (count, String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn an_old_copy_is_noticed_at_the_start_and_restored_brings_nobody_back() {
    for base in [Base::sqlite(), Base::postgres()] {
        noticed_and_nobody_back(&base).await;
    }
}

async fn noticed_and_nobody_back(base: &Base) {
    let town = base.town().await;
    let outside = base.outside();
    let mut it = town.sign_in("it1").await;
    anchor(&town, &outside).await;
    base.copy(&town).await;

    let hanako = town.person(HOME, "staff1").await;
    it.post(&format!("/admin/staff/{}/suspend", hanako.id), &[]).await;
    base.tell(&town).await;
    assert_eq!(compared(&town, &base.path("anchors")).await.0, 0);

    let town = base.put_back(town).await;
    outside.open(&town.app, town.folder.path()).await.unwrap();
    assert!(town.app.closed().is_some());
    assert_eq!(town.browser().get("/sign-in").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let (count, text) = compared(&town, &base.path("anchors")).await;
    assert!(count > 0 && text.contains("011002 ROLLED BACK: was at"), "{text}");

    // A restart looks again; restored opens.
    let town = town.reopened().await;
    assert_eq!(
        town.person(HOME, "staff1").await.state,
        people::StaffState::Active,
        "the copy is of before"
    );
    let report = base.restored(&town, &["anchors", "collected"]).await;
    assert!(report.stopped.is_empty(), "all of it was known: {report:?}");
    anchor(&town, &outside).await;
    assert!(town.app.closed().is_none());
    let (count, text) = compared(&town, &base.path("anchors")).await;
    assert_eq!(count, 0, "{text}");
    let chain = audit::Chain::new(HOME).unwrap();
    assert!(
        store::verify_chain(&mut town.app.store.read().await.unwrap(), chain)
            .await
            .unwrap()
            .is_ok()
    );
    assert!(town.record(HOME).await.contains(&audit::Kind::RECORD_GAP));
    // Neither the old sign-in nor the suspended person comes in; who was not touched signs in anew.
    assert_eq!(report.ended.sign_ins, 1);
    assert_eq!(town.person(HOME, "staff1").await.state, people::StaffState::Suspended);
    town.clock.advance(60_000);
    town.sign_in("it1").await.get("/admin/staff").await.ok();
}

#[tokio::test]
async fn where_nobody_knows_what_was_lost_the_body_is_stopped_and_it_needs_a_slip() {
    for base in [Base::sqlite(), Base::postgres()] {
        unknown_and_stopped(&base).await;
    }
}

async fn unknown_and_stopped(base: &Base) {
    let town = base.town().await;
    base.copy(&town).await;
    let mut it = town.sign_in("it1").await;
    it.get("/account").await.ok();
    anchor(&town, &base.outside()).await;

    let town = base.put_back(town).await;
    let report = base.restored(&town, &["anchors"]).await;
    let body = HOME.parse().unwrap();
    assert_eq!(report.stopped, [body], "and the other body lost nothing");
    let mut conn = town.app.store.read().await.unwrap();
    let stop = store::bodies::find(&mut conn, body).await.unwrap().unwrap().stop.unwrap();
    assert!(stop.may_be_lifted(false), "its IT looks, and resumes it");
    let it = town.person(HOME, "it1").await;
    assert!(store::credentials::find(&mut conn, it.id).await.unwrap().unwrap().password.is_none());
    drop(conn);
    anchor(&town, &base.outside()).await;
    assert!(town.app.closed().is_none());
}

#[tokio::test]
async fn the_store_rewritten_under_a_running_server_closes_it() {
    let town = Town::new().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let outside =
        Outside { anchor_file: Some(elsewhere.path().join("anchors")), ..Outside::default() };
    let opened = outside.open(&town.app, town.folder.path()).await.unwrap();
    opened.turn(&town.app).await.unwrap();
    let mut tx = town.app.write_unattended(HOME.parse().unwrap()).await.unwrap();
    sqlx::query("UPDATE audit_records SET hash = previous WHERE chain = '011002'")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.keep(()).await.unwrap();
    town.sign_in("it1").await;
    opened.turn(&town.app).await.unwrap();
    assert!(town.app.closed().is_some());
}

#[tokio::test]
async fn without_anything_outside_the_server_still_knows_what_it_saw() {
    let town = Town::new().await;
    let opened = Outside::default().open(&town.app, town.folder.path()).await.unwrap();
    town.sign_in("it1").await;
    opened.turn(&town.app).await.unwrap();
    let mut tx = town.app.write_unattended(HOME.parse().unwrap()).await.unwrap();
    // The tail is cut, and its head written anew: the chain holds, and is shorter.
    let last = store::kept_head(&mut tx, audit::Chain::new(HOME).unwrap()).await.unwrap().seq;
    for sql in [
        format!("DELETE FROM audit_records WHERE chain = '{HOME}' AND seq = {last}"),
        format!(
            "UPDATE audit_heads SET seq = {0}, hash = (SELECT hash FROM audit_records \
             WHERE chain = '{HOME}' AND seq = {0}) WHERE chain = '{HOME}'",
            last - 1
        ),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await.unwrap();
    }
    tx.keep(()).await.unwrap();
    assert!(town.app.closed().is_none());
    opened.turn(&town.app).await.unwrap();
    assert!(matches!(town.app.closed(), Some(Closed::Other { .. })), "{:?}", town.app.closed());
}

#[tokio::test]
async fn a_server_that_told_outside_is_not_started_without_unless_that_is_said() {
    let base = Base::sqlite();
    let town = base.town().await;
    let without = Outside::default();
    without.open(&town.app, town.folder.path()).await.expect("nothing was told yet");
    anchor(&town, &base.outside()).await;
    let town = town.reopened().await;
    let said = without.open(&town.app, town.folder.path()).await.err().unwrap().to_string();
    assert!(said.contains("--anchor-file") && said.contains("--no-anchors"), "{said}");
    let meant = Outside { no_anchors: true, ..Outside::default() };
    meant.open(&town.app, town.folder.path()).await.unwrap();
    base.outside().open(&town.app, town.folder.path()).await.unwrap();
    assert!(town.app.closed().is_none());
}

#[tokio::test]
async fn a_file_of_anchors_that_is_gone_at_the_start_closes_until_one_is_begun() {
    let base = Base::sqlite();
    let mut town = base.town().await;
    let (outside, path) = (base.outside(), base.path("anchors"));
    // The first file is begun by the server itself.
    anchor(&town, &outside).await;
    assert!(town.app.closed().is_none());
    for gone in ["removed", "emptied"] {
        match gone {
            "removed" => std::fs::remove_file(&path).unwrap(),
            _ => std::fs::write(&path, "").unwrap(),
        }
        town = town.reopened().await;
        outside.open(&town.app, town.folder.path()).await.unwrap();
        assert!(matches!(town.app.closed(), Some(Closed::NoAnchors { .. })), "{gone}");
        assert_eq!(town.browser().get("/").await.status, StatusCode::SERVICE_UNAVAILABLE);
        town = town.reopened().await;
        let number = begin(&town.app, &path, town.folder.path()).await.unwrap();
        assert!(begin(&town.app, &path, town.folder.path()).await.is_err());
        let mut conn = town.app.store.read().await.unwrap();
        let told = store::audit_after(&mut conn, audit::Chain::SERVER, 0, 99).await.unwrap();
        assert_eq!(told.last().unwrap().kind, audit::Kind::ANCHORS_BEGUN);
        drop(conn);
        anchor(&town, &outside).await;
        assert!(town.app.closed().is_none(), "{gone}");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(&format!("noren-anchor v1 {number} ")), "{text}");
        let (count, text) = compared(&town, &path).await;
        assert_eq!(count, 0, "{text}");
    }
}

#[tokio::test]
async fn a_file_that_is_renamed_under_the_server_is_begun_anew_and_fits_the_one_before() {
    let base = Base::sqlite();
    let town = base.town().await;
    let opened = base.outside().open(&town.app, town.folder.path()).await.unwrap();
    opened.turn(&town.app).await.unwrap();
    std::fs::rename(base.path("anchors"), base.path("anchors.1")).unwrap();
    town.sign_in("it1").await;
    opened.turn(&town.app).await.unwrap();
    let text = std::fs::read_to_string(base.path("anchors")).unwrap();
    let heads: usize =
        text.lines().skip(1).map(|line| audit::Anchor::read(line).unwrap().heads.len()).sum();
    assert!(heads >= 3, "after the last line again, every chain: {text}");
    let mut conn = town.app.store.read().await.unwrap();
    let (key, mut out) = (town.app.keys.signing.verifying_key(), Vec::new());
    let files = [base.path("anchors.1"), base.path("anchors")];
    let count = super::compare::compare(&mut conn, &files, &key, &mut out).await.unwrap();
    assert_eq!(count, 0, "{}", String::from_utf8_lossy(&out));
}

#[tokio::test]
async fn an_altered_anchor_is_named() {
    let town = Town::new().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("anchors");
    let outside = Outside { anchor_file: Some(path.clone()), ..Outside::default() };
    anchor(&town, &outside).await;
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("011002:", "011002:1", 1)).unwrap();
    let (count, said) = compared(&town, &path).await;
    assert!(
        count > 0 && said.contains("line 1: anchor 1 is not signed by this server's key"),
        "{said}"
    );
    assert!(
        outside.open(&town.app, town.folder.path()).await.is_err(),
        "and no server starts over it"
    );
}

#[tokio::test]
async fn a_file_that_another_database_went_on_with_is_named_at_the_start() {
    let town = Town::new().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let outside =
        Outside { anchor_file: Some(elsewhere.path().join("anchors")), ..Outside::default() };
    anchor(&town, &outside).await;
    assert!(outside.open(&town.app, town.folder.path()).await.is_ok());
    // Under this number the database has another line, as a second copy of the server would.
    let mut tx = town.app.write_unattended(HOME.parse().unwrap()).await.unwrap();
    sqlx::query("UPDATE anchor_lines SET line = line || '0'").execute(&mut *tx).await.unwrap();
    tx.keep(()).await.unwrap();
    let fault = outside.open(&town.app, town.folder.path()).await.err().unwrap().to_string();
    assert!(fault.contains("is not the one in the database"), "{fault}");
}

/// A receiver: takes connections over TLS, and gives what each one said.
struct Receiver {
    listener: tokio::net::TcpListener,
    tls: std::sync::Arc<net::tls::ServerConfig>,
}

impl Receiver {
    async fn new(folder: &std::path::Path) -> (Self, Outside) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let [chain, key] = ["chain.pem", "key.pem"].map(|name| folder.join(name));
        std::fs::write(&chain, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let tls = net::tls::ServerCertificate::load(&chain, &key).unwrap().config().unwrap();
        let listener = tokio::net::TcpListener::bind("localhost:0").await.unwrap();
        let address = format!("localhost:{}", listener.local_addr().unwrap().port());
        let outside = Outside {
            syslog: Some(address),
            syslog_ca: Some(chain),
            syslog_events: true,
            ..Outside::default()
        };
        (Self { listener, tls }, outside)
    }

    /// The next connection.
    async fn accept(&self) -> net::BoxStream {
        let (tcp, _) = self.listener.accept().await.unwrap();
        net::tls::accept(self.tls.clone(), tcp).await.unwrap()
    }
}

/// Messages by their octet counts, until the anchor of this number is among them.
async fn messages_until(stream: &mut net::BoxStream, number: u64) -> Vec<String> {
    use tokio::io::AsyncReadExt as _;
    let mut all = Vec::new();
    loop {
        let mut digits = String::new();
        loop {
            match stream.read_u8().await.unwrap() {
                b' ' => break,
                digit => digits.push(char::from(digit)),
            }
        }
        let mut message = vec![0; digits.parse().unwrap()];
        stream.read_exact(&mut message).await.unwrap();
        all.push(String::from_utf8(message).unwrap());
        let last = audit::Anchor::find(all.last().unwrap());
        if last.is_some_and(|line| audit::Anchor::read(line).unwrap().number >= number) {
            return all;
        }
    }
}

#[tokio::test]
async fn a_receiver_gets_anchors_and_records_also_those_of_while_it_was_away() {
    let town = Town::new().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let (receiver, outside) = Receiver::new(elsewhere.path()).await;
    let shutdown = net::Shutdown::new();
    let opened = outside.open(&town.app, town.folder.path()).await.unwrap();
    opened.turn(&town.app).await.unwrap();
    let _task = opened.start(&town.app, &shutdown);
    let mut stream = receiver.accept().await;
    let first = messages_until(&mut stream, 1).await;
    let records = first.iter().filter_map(|message| audit::read_event(message)).map(Result::unwrap);
    assert!(records.clone().any(|record| record.chain.as_str() == HOME && record.seq == 1));
    let anchor = audit::Anchor::read(audit::Anchor::find(first.last().unwrap()).unwrap()).unwrap();
    assert!(
        anchor
            .heads
            .iter()
            .all(|(chain, head)| records.clone().any(|r| r.chain == *chain && r.head() == *head))
    );

    // It goes away; something happens meanwhile.
    drop(stream);
    let tx = town.app.write_unattended(HOME.parse().unwrap()).await.unwrap();
    let chain = audit::Chain::new(HOME).unwrap();
    let event = audit::Event::new(chain, audit::Who::System, audit::Kind::REMINDED, "meanwhile");
    tx.commit(audit::Decision::new((), event)).await.unwrap();
    super::anchors::write(&town.app, false).await.unwrap();
    let last =
        store::anchors::last(&mut town.app.store.read().await.unwrap()).await.unwrap().unwrap();
    let mut stream = receiver.accept().await;
    let again = messages_until(&mut stream, last.number).await;
    assert!(again.iter().any(|message| message.contains("meanwhile")), "{again:?}");
    // What was not sure to have arrived comes again, from the first line on.
    assert!(again.iter().any(|message| message.contains("noren-anchor v1 1 ")));
    shutdown.trigger();
}
