//! Mail against a mail server that refuses, breaks off and takes.

use std::sync::{Arc, Mutex};

use axum::http::{Request, StatusCode, header};
use people::BodyCode;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::testing::{Browser, HOME, ORIGIN, Town, late};
use kit::mail::sender::{Turn, turn};
use kit::mail::{Notice, Topic, queue};

/// How the mail server behaves at present.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mood {
    Takes,
    /// 451 to the recipient.
    Later,
    /// 550 to the recipient.
    Never,
    /// 421 instead of a greeting.
    Closed,
    /// Takes the whole mail and is gone before it says so.
    GoneAfterData,
}

/// A mail server of one town: plain SMTP, one conversation at a time.
struct Post {
    port: u16,
    mood: Arc<Mutex<Mood>>,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Post {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mood, taken) = (Arc::new(Mutex::new(Mood::Takes)), Arc::new(Mutex::new(Vec::new())));
        let (m, t) = (mood.clone(), taken.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mood = *m.lock().unwrap();
                // A client that breaks off is one of the cases.
                _ = converse(&mut stream, mood, &t).await;
            }
        });
        Self { port, mood, taken }
    }

    fn feels(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

async fn converse(
    stream: &mut tokio::net::TcpStream,
    mood: Mood,
    taken: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.split();
    let mut read = BufReader::new(read);
    if mood == Mood::Closed {
        return write.write_all(b"421 closed for the night\r\n").await;
    }
    write.write_all(b"220 post.example\r\n").await?;
    loop {
        let mut line = String::new();
        if (&mut read).take(2_000).read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let answer = match line.get(..4).unwrap_or_default() {
            "EHLO" => "250-post.example\r\n250 8BITMIME\r\n",
            "RCPT" if mood == Mood::Later => "451 try again\r\n",
            "RCPT" if mood == Mood::Never => "550 no such person\r\n",
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while !mail.ends_with("\r\n.\r\n") {
                    if (&mut read).take(100_000).read_line(&mut mail).await? == 0 {
                        return Ok(());
                    }
                }
                taken.lock().unwrap().push(mail);
                if mood == Mood::GoneAfterData {
                    return Ok(());
                }
                "250 taken\r\n"
            }
            "QUIT" => return write.write_all(b"221 bye\r\n").await,
            _ => "250 ok\r\n",
        };
        write.write_all(answer.as_bytes()).await?;
    }
}

fn home() -> BodyCode {
    HOME.parse().unwrap()
}

async fn set_up(town: &Town, port: u16, domains: &str) {
    let mut it = town.sign_in("it1").await;
    it.get("/admin/mail").await.ok();
    let port = port.to_string();
    let fields = [
        ("on", "yes"),
        ("host", "127.0.0.1"),
        ("port", &port),
        ("tls", "off"),
        ("from", "noren@town.example"),
        ("domains", domains),
    ];
    let reply = it.post("/admin/mail", &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
}

async fn wish(town: &Town, login: &str, topics: &[&str]) -> Browser {
    let mut browser = town.sign_in(login).await;
    browser.get("/account/notices").await.ok();
    let address = format!("{login}@town.example");
    let mut fields = vec![("address", address.as_str())];
    fields.extend(topics.iter().map(|topic| (*topic, "yes")));
    let reply = browser.post("/account/notices", &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    browser
}

/// Writes a notice to `staff1` in a transaction that is kept, or dropped.
async fn notify(town: &Town, keep: bool) -> bool {
    let staff = town.person(HOME, "staff1").await;
    let notice = Notice::new(
        Topic::TeleworkDecided,
        "承認されました\r\nBcc: x@evil.example",
        "11月24日の申請です。",
        "/telework",
    );
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    let queued = queue(&town.app, &mut tx, staff.body, staff.id, &notice).await.unwrap();
    if keep {
        tx.keep(()).await.unwrap();
    }
    queued
}

async fn waiting(town: &Town) -> i64 {
    store::mail::waiting(&mut town.app.store.read().await.unwrap(), home()).await.unwrap()
}

/// Turns `\r\n`-joined quoted text of a mail back into what it says.
fn decoded(mail: &str) -> String {
    use base64::Engine;
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Content-Transfer-Encoding: base64"), "{head}");
    let body: String = body.trim_end_matches("\r\n.\r\n").split_whitespace().collect();
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(body).unwrap()).unwrap()
}

fn id_of(mail: &str) -> String {
    mail.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned()
}

#[tokio::test]
async fn a_notice_is_sent_once_and_says_where_to_look() {
    let (town, post) = (Town::new().await, Post::start().await);
    set_up(&town, post.port, "").await;
    wish(&town, "staff1", &["telework-decided"]).await;
    assert!(
        !notify(&town, false).await || waiting(&town).await == 0,
        "what is not committed is not sent"
    );
    assert!(notify(&town, true).await);
    assert_eq!(waiting(&town).await, 1);
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Sent);
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Idle);
    assert_eq!((waiting(&town).await, post.taken().len()), (0, 1));
    let mail = post.taken().remove(0);
    assert!(
        mail.contains("To: staff1@town.example") && mail.contains("Auto-Submitted: auto-generated"),
        "{mail}"
    );
    assert!(!mail.lines().any(|line| line.starts_with("Bcc:")), "a subject stays one line: {mail}");
    let text = decoded(&mail);
    assert!(
        text.contains("11月24日の申請です。")
            && text.contains("https://noren.example/telework\r\n"),
        "{text}"
    );
    assert!(!text.contains("職員 staff1"), "no name is needed: {text}");
}

#[tokio::test]
async fn a_server_that_is_away_costs_no_mail() {
    let (town, post) = (Town::new().await, Post::start().await);
    // A port nobody listens on.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    set_up(&town, free, "").await;
    wish(&town, "staff1", &["telework-decided"]).await;
    notify(&town, true).await;
    assert_eq!(turn(&town.app).await.unwrap(), Turn::NoServer);
    set_up(&town, post.port, "").await;
    post.feels(Mood::Closed);
    assert_eq!(turn(&town.app).await.unwrap(), Turn::NoServer);
    assert_eq!(waiting(&town).await, 1);
    // The server was killed meanwhile: what was written is written.
    let town = town.reopened().await;
    post.feels(Mood::Takes);
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Sent);
    assert_eq!((waiting(&town).await, post.taken().len()), (0, 1));
}

#[tokio::test]
async fn a_refusal_for_now_is_tried_later_and_one_for_ever_is_not() {
    let (town, post) = (Town::new().await, Post::start().await);
    set_up(&town, post.port, "").await;
    wish(&town, "staff1", &["telework-decided"]).await;
    notify(&town, true).await;
    post.feels(Mood::Later);
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Sent);
    // Not due yet, then due and refused again, for twice as long.
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Idle);
    town.clock.advance(60_000);
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Sent);
    town.clock.advance(60_000);
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Idle);
    post.feels(Mood::Takes);
    town.clock.advance(60_000);
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Sent);
    assert_eq!((waiting(&town).await, post.taken().len()), (0, 1));

    notify(&town, true).await;
    post.feels(Mood::Never);
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Sent);
    post.feels(Mood::Takes);
    town.clock.advance(3_600_000);
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Idle);
    assert_eq!((waiting(&town).await, post.taken().len()), (0, 1));
    let mut it = town.sign_in("it1").await;
    let page = it.get("/admin/mail").await;
    assert!(page.ok().contains("550") || page.ok().contains("no such person"), "{}", page.text());
    assert!(!page.text().contains("staff1@"), "the list shows no address");
}

#[tokio::test]
async fn a_mail_whose_fate_is_unknown_is_sent_again_under_the_same_id() {
    let (town, post) = (Town::new().await, Post::start().await);
    set_up(&town, post.port, "").await;
    wish(&town, "staff1", &["telework-decided"]).await;
    notify(&town, true).await;
    post.feels(Mood::GoneAfterData);
    assert_eq!(turn(&town.app).await.unwrap(), Turn::NoServer);
    let town = town.reopened().await;
    post.feels(Mood::Takes);
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Sent);
    assert_eq!(waiting(&town).await, 0);
    let taken = post.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(id_of(&taken[0]), id_of(&taken[1]));
}

#[tokio::test]
async fn nobody_gets_what_she_did_not_ask_for() {
    let (town, post) = (Town::new().await, Post::start().await);
    // No mail server, no address, the kind switched off, another domain, a person suspended:
    // nothing is written.
    assert!(!notify(&town, true).await);
    set_up(&town, post.port, "").await;
    assert!(!notify(&town, true).await);
    wish(&town, "staff1", &["exchange-new"]).await;
    assert!(!notify(&town, true).await);
    wish(&town, "staff1", &["telework-decided"]).await;
    set_up(&town, post.port, "other.example").await;
    assert!(!notify(&town, true).await);
    set_up(&town, post.port, "town.example").await;
    assert!(notify(&town, true).await);
    let staff = town.person(HOME, "staff1").await;
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    let suspended = people::StaffState::Suspended;
    assert!(store::staff::put_state(&mut tx, staff.body, staff.id, suspended).await.unwrap());
    tx.keep(()).await.unwrap();
    assert!(!notify(&town, true).await);
    // A domain that was taken off the list since stops what waits.
    set_up(&town, post.port, "other.example").await;
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Sent);
    assert!(post.taken().is_empty() && waiting(&town).await == 0);
}

#[tokio::test]
async fn the_outbox_is_bounded() {
    let (town, post) = (Town::new().await, Post::start().await);
    set_up(&town, post.port, "").await;
    wish(&town, "staff1", &["telework-decided"]).await;
    let staff = town.person(HOME, "staff1").await;
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    let notice = Notice::new(Topic::TeleworkDecided, "s", "t", "/");
    for _ in 0..kit::mail::MOST_WAITING {
        assert!(queue(&town.app, &mut tx, staff.body, staff.id, &notice).await.unwrap());
    }
    assert!(!queue(&town.app, &mut tx, staff.body, staff.id, &notice).await.unwrap());
    tx.keep(()).await.unwrap();
    // Three days later they tell nobody anything.
    town.clock.advance(3 * 86_400_000 + 1);
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Sent);
    assert!(post.taken().is_empty());
}

#[tokio::test]
async fn settings_that_cannot_work_are_named_and_a_password_is_never_shown() {
    let (town, post) = (Town::new().await, Post::start().await);
    let mut it = town.sign_in("it1").await;
    it.get("/admin/mail").await.ok();
    let port = post.port.to_string();
    let open = [
        ("on", "yes"),
        ("host", "127.0.0.1"),
        ("port", &port),
        ("tls", "off"),
        ("from", "a@b.example"),
        ("user", "u"),
    ];
    assert_eq!(
        it.post("/admin/mail", &open).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "a password on an open line"
    );
    let sealed = [
        ("on", "yes"),
        ("host", "127.0.0.1"),
        ("port", &port),
        ("tls", "starttls"),
        ("from", "a@b.example"),
        ("user", "u"),
        ("password", "geheim-7"),
    ];
    assert_eq!(it.post("/admin/mail", &sealed).await.status, StatusCode::SEE_OTHER);
    assert!(!it.get("/admin/mail").await.ok().contains("geheim-7"));
    let kept = store::settings::find(&mut town.app.store.read().await.unwrap(), "mail")
        .await
        .unwrap()
        .unwrap();
    assert!(!kept.contains("geheim-7"));
    // The server offers no STARTTLS: then nothing goes out, least of all the password.
    let reply = it.post("/admin/mail/test", &[("to", "x@b.example")]).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(reply.text().contains("STARTTLS") && post.taken().is_empty());
    // Another host does not get the password of this one.
    let moved = [
        ("host", "mail.evil.example"),
        ("port", "25"),
        ("tls", "starttls"),
        ("from", "a@b.example"),
        ("user", "u"),
    ];
    it.post("/admin/mail", &moved).await;
    let kept = store::settings::find(&mut town.app.store.read().await.unwrap(), "mail")
        .await
        .unwrap()
        .unwrap();
    assert!(kept.contains("\"password\":\"\""), "{kept}");
}

#[tokio::test]
async fn a_test_mail_shows_what_the_server_said() {
    let (town, post) = (Town::new().await, Post::start().await);
    set_up(&town, post.port, "").await;
    let mut it = town.sign_in("it1").await;
    it.get("/admin/mail").await.ok();
    assert_eq!(
        it.post("/admin/mail/test", &[("to", "x@town.example")]).await.status,
        StatusCode::OK
    );
    assert_eq!(post.taken().len(), 1);
    post.feels(Mood::Never);
    let reply = it.post("/admin/mail/test", &[("to", "x@town.example")]).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut hr = town.sign_in("hr1").await;
    assert_eq!(
        hr.get("/admin/mail").await.status,
        StatusCode::NOT_FOUND,
        "the mail server is the operator's"
    );

    // Whoever is stopped while her request is under way sends nothing.
    post.feels(Mood::Takes);
    let (app, staff) = (town.app.clone(), town.person(HOME, "it1").await);
    let stop = async move {
        let mut tx = app.write_unattended(staff.body).await.unwrap();
        let stopped = people::StaffState::Suspended;
        store::staff::put_state(&mut tx, staff.body, staff.id, stopped).await.unwrap();
        tx.keep(()).await.unwrap();
    };
    let text = serde_urlencoded::to_string([("csrf", it.csrf.as_str()), ("to", "x@town.example")]);
    let request = Request::post("/admin/mail/test")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, ORIGIN)
        .body(late(text.unwrap(), stop))
        .unwrap();
    assert_eq!(it.send(request).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(post.taken().len(), 1, "the first alone");
}

#[tokio::test]
async fn people_of_a_stopped_body_get_no_mail() {
    let (town, post) = (Town::new().await, Post::start().await);
    set_up(&town, post.port, "").await;
    wish(&town, "staff1", &["telework-decided"]).await;
    assert!(notify(&town, true).await && notify(&town, true).await);
    // Between the look into the outbox and the mail's turn: what counts is what is so at its turn.
    let due = store::mail::due(&mut town.app.store.read().await.unwrap(), town.app.now(), 9)
        .await
        .unwrap();
    stop(&town, true).await;
    assert_eq!(kit::mail::sender::each(&town.app, due).await.unwrap(), Turn::Sent);
    assert_eq!((post.taken().len(), waiting(&town).await), (0, 2), "they wait");
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Idle, "and are not in the way of others");
    // One goes out when the body goes on; what is older than three days by then tells nobody
    // anything.
    stop(&town, false).await;
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Sent);
    assert_eq!((post.taken().len(), waiting(&town).await), (2, 0));
    assert!(notify(&town, true).await);
    stop(&town, true).await;
    town.clock.advance(3 * 86_400_000 + 1);
    stop(&town, false).await;
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Sent);
    assert_eq!((post.taken().len(), waiting(&town).await), (2, 0));

    // Nor does a person who was suspended since.
    assert!(notify(&town, true).await);
    let staff = town.person(HOME, "staff1").await;
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    store::staff::put_state(&mut tx, staff.body, staff.id, people::StaffState::Suspended)
        .await
        .unwrap();
    tx.keep(()).await.unwrap();
    assert_eq!(turn(&town.app).await.unwrap(), Turn::Sent);
    assert_eq!((post.taken().len(), waiting(&town).await), (2, 0));
}

async fn stop(town: &Town, stopped: bool) {
    let mut tx = town.app.store.write(home().chain(), town.app.now()).await.unwrap();
    assert!(store::bodies::suspend(&mut tx, home(), stopped).await.unwrap());
    tx.keep(()).await.unwrap();
}

#[tokio::test]
async fn a_change_is_on_record_and_takes_the_password_with_it() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    it.get("/admin/mail").await.ok();
    let first = [
        ("on", "yes"),
        ("host", "mail.town.example"),
        ("port", "587"),
        ("tls", "starttls"),
        ("from", "noren@town.example"),
        ("user", "noren"),
        ("domains", "town.example"),
    ];
    let change = async |it: &mut Browser, changes: &[(&str, &str)]| {
        let mut fields: Vec<(&str, &str)> =
            first.into_iter().filter(|(name, _)| changes.iter().all(|c| c.0 != *name)).collect();
        fields.extend(changes);
        let reply = it.post("/admin/mail", &fields).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
        let kept = store::settings::find(&mut town.app.store.read().await.unwrap(), "mail")
            .await
            .unwrap()
            .unwrap();
        let mut conn = town.app.store.read().await.unwrap();
        let page = store::audit_page(&mut conn, home().chain(), &store::AuditFilter::default(), 1)
            .await
            .unwrap();
        assert_eq!(page[0].kind, audit::Kind::MAIL_CHANGED);
        assert!(
            page[0].fields.iter().all(|(_, value)| !value.contains("geheim")),
            "{:?}",
            page[0].fields
        );
        (!kept.contains("\"password\":\"\""), page[0].fields.clone())
    };
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let (kept, told) = change(&mut it, &[("password", "geheim-7")]).await;
    assert!(
        kept && told.contains(&field("password", "set"))
            && told.contains(&field("host", "mail.town.example")),
        "{told:?}"
    );
    let (kept, told) = change(&mut it, &[("domains", "town.example evil.example")]).await;
    assert!(kept, "the same server");
    assert_eq!(
        told,
        [
            field("password", "kept"),
            field("domains_before", "town.example"),
            field("domains", "town.example evil.example")
        ]
    );
    change(&mut it, &[]).await;
    for changed in
        [("host", "mail.evil.example"), ("port", "25"), ("tls", "implicit"), ("user", "other")]
    {
        let (kept, _) = change(&mut it, &[("password", "geheim-7")]).await;
        assert!(kept);
        let (kept, told) = change(&mut it, &[changed]).await;
        let before = first.iter().find(|(name, _)| *name == changed.0).unwrap().1;
        assert!(!kept, "{changed:?}");
        let name = format!("{}_before", changed.0);
        assert_eq!(
            told,
            [field("password", "dropped"), field(&name, before), field(changed.0, changed.1)]
        );
        change(&mut it, &[]).await;
    }
}
