//! The real program over an old copy of its data: it closes, `restored` opens it, and who was
//! stopped stays out. And what was acknowledged before it was killed is told outside soon after the
//! next start.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use audit::{Anchor, Chain, Head, Kind, Record};
use common::{ask, call, field, free_port, launch, run, seed, sign_in, start_with, try_run};
use serde_json::{Value, json};

const BODY: &str = "131016";
/// People, each of whom an act stops.
const PEOPLE: [&str; 9] = ["p-1", "p-2", "p-3", "p-4", "p-5", "p-6", "p-7", "p-8", "p-9"];
/// How soon an act is told outside.
const TOLD: Duration = Duration::from_secs(10);

/// A town on a disk: its data, and beside them the anchors.
struct Place {
    folder: tempfile::TempDir,
    port: u16,
    made: Value,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let person = |login: &str, roles: &str| {
            json!({
                "login": login, "name": login, "roles": roles,
            })
        };
        let mut staff = vec![person("admin", "staff+it")];
        staff.extend(PEOPLE.map(|login| person(login, "staff")));
        let plan = folder.path().join("plan.json");
        std::fs::write(&plan, json!({ "body": BODY, "staff": staff }).to_string()).unwrap();
        let seeded = seed(
            &folder.path().join("data"),
            &["people", "--json", "--file", plan.to_str().unwrap()],
        );
        let made = serde_json::from_slice(&seeded).unwrap();
        Self { folder, port: free_port(), made }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn anchors(&self) -> String {
        self.path("anchors").display().to_string()
    }

    fn start(&self) -> Running {
        Running(start_with(&self.path("data"), self.port, &["--anchor-file", &self.anchors()]))
    }

    fn run(&self, words: &[&str]) -> String {
        String::from_utf8(run(&self.path("data"), words)).unwrap()
    }

    /// A token of the API that acts for somebody.
    fn token(&self, login: &str) -> String {
        let words = [
            "token",
            "--body",
            BODY,
            "--login",
            login,
            "--name",
            login,
            "--scopes",
            "telework:read",
        ];
        self.run(&words).trim().to_owned()
    }

    /// Whether the token opens anything.
    fn comes_in(&self, token: &str) -> bool {
        call(self.port, token, "/api/v1/token") == 200
    }

    /// Where each chain was told to end.
    fn told(&self) -> BTreeMap<Chain, Head> {
        let text = std::fs::read_to_string(self.path("anchors")).unwrap_or_default();
        let lines = text.lines().filter_map(|line| Anchor::read(Anchor::find(line)?).ok());
        lines.flat_map(|anchor| anchor.heads).collect()
    }

    /// Waits until the body's chain was told to end at this number or behind it.
    fn told_of(&self, number: u64) {
        let until = Instant::now() + TOLD;
        while self.told().get(&chain()).is_none_or(|head| head.seq < number) {
            assert!(
                Instant::now() < until,
                "record {number} was not told outside in time: {:?}",
                self.told()
            );
            std::thread::yield_now();
        }
    }

    /// What the record says, into a file too, as a receiver collected it.
    fn collected(&self) -> Vec<Record> {
        let text = self.run(&["audit", "export", "--format", "syslog"]);
        std::fs::write(self.path("collected"), &text).unwrap();
        text.lines().map(|line| audit::read_event(line).unwrap().unwrap()).collect()
    }

    /// The forms of an administrator who is signed in.
    fn desk(&self, cookie: String) -> Desk {
        let page = ask(self.port, &cookie, "GET", "/admin/staff", "").unwrap().1;
        let csrf = field(&page, "csrf").to_owned();
        let rows = page
            .split("/admin/staff/")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned());
        let mut people = BTreeMap::new();
        for id in rows.filter(|id| id.len() == 32) {
            let page = ask(self.port, &cookie, "GET", &format!("/admin/staff/{id}"), "").unwrap().1;
            let login =
                PEOPLE.into_iter().find(|login| page.contains(&format!("value=\"{login}\"")));
            people.extend(login.map(|login| (login, id)));
        }
        assert_eq!(people.len(), PEOPLE.len(), "{people:?}");
        Desk { port: self.port, cookie, csrf, people }
    }
}

struct Desk {
    port: u16,
    cookie: String,
    csrf: String,
    people: BTreeMap<&'static str, String>,
}

impl Desk {
    /// Stops somebody; whether it was acknowledged.
    fn suspend(&self, login: &str) -> bool {
        let path = format!("/admin/staff/{}/suspend", self.people[login]);
        ask(self.port, &self.cookie, "POST", &path, &format!("csrf={}", self.csrf))
            .is_ok_and(|(status, _)| status == 303)
    }
}

/// A server that does not outlive its test.
struct Running(Child);

impl Running {
    /// As a power cut ends it.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn chain() -> Chain {
    Chain::new(BODY).unwrap()
}

fn suspended(records: &[Record]) -> Vec<&str> {
    records
        .iter()
        .filter(|one| one.kind == Kind::STAFF_SUSPENDED)
        .map(|one| one.subject.as_str())
        .collect()
}

/// A folder of files, as it lies there.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn killed_and_put_back_from_an_old_copy_it_closes_and_restored_opens_it_without_whom_was_stopped() {
    let place = Place::new();
    let admin = place.token("admin");
    let tokens: BTreeMap<&str, String> =
        PEOPLE.into_iter().map(|login| (login, place.token(login))).collect();
    // The copy: with a sign-in of the administrator, and everybody's token.
    let server = place.start();
    let cookie = sign_in(place.port, &place.made["admin"]);
    server.kill();
    copy(&place.path("data"), &place.path("old"));

    let server = place.start();
    let desk = place.desk(cookie);
    // An act with an address beside its record.
    sign_in(place.port, &place.made["staff"][9]);
    let (first, rest) = PEOPLE.split_first().unwrap();
    assert!(desk.suspend(first));
    let so_far = place.collected();
    place.told_of(so_far.iter().rfind(|one| one.chain == chain()).unwrap().seq);
    // In the midst of more of it the server is killed.
    let taken = AtomicUsize::new(0);
    let acknowledged: Vec<&str> = std::thread::scope(|scope| {
        let threads: Vec<_> = rest
            .chunks(4)
            .map(|part| {
                scope.spawn(|| {
                    let done = part.iter().copied().filter(|login| {
                        let yes = desk.suspend(login);
                        taken.fetch_add(usize::from(yes), Ordering::SeqCst);
                        yes
                    });
                    done.collect::<Vec<_>>()
                })
            })
            .collect();
        while taken.load(Ordering::SeqCst) < 2 {
            std::thread::yield_now();
        }
        server.kill();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(acknowledged.len() < rest.len(), "it was killed too late to prove anything");
    let records = place.collected();
    let stopped = suspended(&records);
    assert!(
        acknowledged.iter().all(|login| stopped.contains(login)),
        "{acknowledged:?} {stopped:?}"
    );

    // The old copy in the place of the data: the server closes, and says so.
    std::fs::rename(place.path("data"), place.path("broken")).unwrap();
    copy(&place.path("old"), &place.path("data"));
    let (child, said) =
        launch(&place.path("data"), place.port, &["--anchor-file", &place.anchors()]);
    let mut server = Running(child);
    assert!(
        said.starts_with("noren-server: closed.")
            && said.contains("noren-server restored --anchors"),
        "{said}"
    );
    for path in ["/", "/sign-in", "/admin/staff", "/agent/control"] {
        assert_eq!(ask(place.port, &desk.cookie, "GET", path, "").unwrap().0, 503, "{path}");
    }
    assert_eq!(call(place.port, &admin, "/api/v1/token"), 503);
    assert!(server.0.try_wait().unwrap().is_none(), "it goes on saying so");
    server.kill();

    let (anchors, collected) = (place.anchors(), place.path("collected").display().to_string());
    let words = ["restored", "--anchors", &anchors, "--export", &collected];
    let would = place.run(&[&words[..], &["--dry-run"]].concat());
    assert!(would.contains("Nothing was changed"), "{would}");
    let said = place.run(&words);
    for login in &stopped {
        assert!(
            said.contains(&format!("taken away again: {BODY} staff.suspended: {login}\n")),
            "{login}: {said}"
        );
    }
    assert!(!said.contains("STOPPED") && said.contains("ended: 1 sign-ins"), "{said}");

    let server = place.start();
    assert_ne!(
        ask(place.port, &desk.cookie, "GET", "/account", "").unwrap().0,
        200,
        "the sign-in of the copy is over"
    );
    assert!(place.comes_in(&admin));
    for (login, token) in &tokens {
        assert_eq!(place.comes_in(token), !stopped.contains(login), "{login}");
    }
    server.kill();
    // Sign-ins among the lost records had addresses beside them, which no export carries.
    let said = place.run(&["audit", "verify", "--all", "--anchors", &anchors]);
    assert!(said.contains("records were put back without their addresses"), "{said}");
}

#[test]
fn restored_hurts_nobody_by_mistake() {
    let place = Place::new();
    let admin = place.token("admin");
    let server = place.start();
    place.told_of(1);
    place.collected();
    let (data, anchors) = (place.path("data"), place.anchors());
    let collected = place.path("collected").display().to_string();
    let refused = |words: &[&str], why: &str| {
        let (done, said) = try_run(&data, &[&["restored"], words].concat(), "");
        assert!(!done && said.contains(why), "{words:?}: {said}");
    };
    // Beside a running server nothing is done, whatever is given.
    let whole = ["--anchors", anchors.as_str(), "--export", collected.as_str()];
    refused(&whole, "a server runs over this data");
    refused(&["--dry-run"], "a server runs over this data");
    refused(&["--yes"], "a server runs over this data");
    let begin = ["audit", "begin-anchors", "--anchor-file", anchors.as_str()];
    assert!(!try_run(&data, &begin, "").0);
    assert!(place.comes_in(&admin));
    server.kill();

    // Files that are no anchors and no record of this server are named.
    let other = Place::new();
    let (foreign, passwd) = (other.path("foreign").display().to_string(), "/etc/passwd");
    other.collected();
    std::fs::rename(other.path("collected"), other.path("foreign")).unwrap();
    for strange in [passwd, "/dev/null", foreign.as_str()] {
        let why = format!("no record of this server: {strange}");
        refused(&["--anchors", anchors.as_str(), "--export", strange, "--yes"], &why);
    }
    // With records alone nobody knows whether they are all: it asks before it stops the town.
    let alone = ["--export", collected.as_str()];
    refused(&alone, "not gone on with; nothing was changed");
    refused(&[], "not gone on with; nothing was changed");
    let (done, said) = try_run(&data, &["restored", "--export", &collected], "yes\n");
    assert!(!done && said.contains("no anchor says where it ended"), "{said}");
    let server = place.start();
    assert!(place.comes_in(&admin), "nothing was changed");
    server.kill();
    let (done, said) = try_run(&data, &["restored", "--export", &collected], "stop\n");
    assert!(done && said.contains(&format!("{BODY} is STOPPED")), "{said}");
    // What it says of a chain does not contradict itself, nor does the gap it marks.
    let records = place.collected();
    let gap = records.iter().find(|one| one.chain == chain() && one.kind == Kind::RECORD_GAP);
    let after = &gap.unwrap().fields[0];
    let last = records.iter().rfind(|one| one.chain == chain() && one.seq < 1_000_000).unwrap();
    assert_eq!(after, &("after".to_owned(), last.seq.to_string()), "{said}");
    assert!(said.contains(&format!("{BODY} is certain to {}", last.seq)), "{said}");
    place.run(&["audit", "verify", "--all"]);
}

#[test]
fn a_file_of_anchors_that_is_gone_closes_the_server_until_one_is_begun() {
    let place = Place::new();
    let admin = place.token("admin");
    let server = place.start();
    place.told_of(1);
    server.kill();
    // As logrotate does it while the server stands still.
    std::fs::rename(place.path("anchors"), place.path("anchors.1")).unwrap();
    let words = ["--anchor-file", &place.anchors()];
    let (child, said) = launch(&place.path("data"), place.port, &words);
    let closed = Running(child);
    assert!(said.contains("closed.") && said.contains("audit begin-anchors"), "{said}");
    assert_eq!(call(place.port, &admin, "/api/v1/token"), 503);
    closed.kill();
    place.run(&["audit", "begin-anchors", "--anchor-file", &place.anchors()]);
    let server = place.start();
    assert!(place.comes_in(&admin));
    server.kill();
    place.run(&["audit", "verify", "--all", "--anchors", &place.anchors()]);
}

#[test]
fn an_act_that_was_acknowledged_before_the_server_was_killed_is_told_outside_after_the_next_start()
{
    let place = Place::new();
    let server = place.start();
    let desk = place.desk(sign_in(place.port, &place.made["admin"]));
    assert!(desk.suspend(PEOPLE[0]));
    server.kill();
    let records = place.collected();
    assert_eq!(suspended(&records), [PEOPLE[0]]);
    let act = records.iter().rfind(|one| one.kind == Kind::STAFF_SUSPENDED).unwrap();

    let server = place.start();
    place.told_of(act.seq);
    server.kill();
    // What was told is what is there: the same record under that number.
    let anchors = place.anchors();
    place.run(&["audit", "verify", "--all", "--anchors", &anchors]);
}
