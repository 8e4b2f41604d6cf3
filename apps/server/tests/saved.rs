//! The data saved while the server runs, and put back: the same people, nothing that was revoked
//! comes back, and a file that is cut, altered or of somebody else changes nothing.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod common;
#[path = "../../../edge/store/tests/common/mod.rs"]
mod databases;

use std::path::{Path, PathBuf};
use std::process::Child;

use common::{ask, field, free_port, run, seed, sign_in, start_with, try_run};
use serde_json::{Value, json};

const BODY: &str = "131016";
const SECRET: &str = "correct horse battery staple";

struct Place {
    folder: tempfile::TempDir,
    made: Value,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let person =
            |login: &str, roles: &str| json!({ "login": login, "name": login, "roles": roles });
        let staff = [person("admin", "staff+it"), person("p-1", "staff")];
        let plan = folder.path().join("plan.json");
        std::fs::write(&plan, json!({ "body": BODY, "staff": staff }).to_string()).unwrap();
        let words = ["people", "--json", "--file", plan.to_str().unwrap()];
        let made = serde_json::from_slice(&seed(&folder.path().join("data"), &words)).unwrap();
        std::fs::write(folder.path().join("secret"), format!("{SECRET}\n")).unwrap();
        Self { folder, made }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn start(&self, data: &str, port: u16) -> Running {
        let anchors = self.text("anchors");
        Running(start_with(&self.path(data), port, &["--anchor-file", &anchors]))
    }

    fn back_up(&self, file: &str) {
        let (to, secret) = (self.text(file), self.text("secret"));
        run(&self.path("data"), &["backup", "--to", &to, "--passphrase-file", &secret]);
    }

    fn restore(&self, file: &str, data: &str, words: &[&str]) -> (bool, String) {
        let (from, secret) = (self.text(file), self.text("secret"));
        let mut all = vec!["restore", "--from", &from, "--passphrase-file", &secret];
        all.extend(words);
        try_run(&self.path(data), &all, "")
    }
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn files(folder: &Path) -> Vec<String> {
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = all.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn what_was_saved_while_it_ran_is_put_back_and_what_was_revoked_since_stays_revoked() {
    let place = Place::new();
    let port = free_port();
    let running = place.start("data", port);
    let admin = sign_in(port, &place.made["staff"][0]);
    sign_in(port, &place.made["staff"][1]);
    place.back_up("backup.age");
    // The file is its owner's alone, nothing is left beside it, and it is not written over.
    assert_eq!(mode(&place.path("backup.age")), 0o600);
    assert!(files(place.folder.path()).iter().all(|name| !name.starts_with("backup.age.")));
    let (to, secret) = (place.text("backup.age"), place.text("secret"));
    let again = ["backup", "--to", &to, "--passphrase-file", &secret];
    assert!(!try_run(&place.path("data"), &again, "").0);
    let text = std::fs::read(place.path("backup.age")).unwrap();
    assert!(text.starts_with(b"age-encryption.org/v1\n"));
    assert!(!text.windows(5).any(|part| part == b"admin"), "what is in it is sealed");

    // Afterwards somebody is stopped.
    let list = ask(port, &admin, "GET", "/admin/staff", "").unwrap().1;
    let form = format!("csrf={}", field(&list, "csrf"));
    let ids = list.split("/admin/staff/").skip(1).filter_map(|rest| rest.split('"').next());
    let own = |id: &&str| {
        let page = ask(port, &admin, "GET", &format!("/admin/staff/{id}"), "").unwrap().1;
        id.len() == 32 && page.contains("value=\"p-1\"")
    };
    let id = ids.into_iter().find(own).unwrap();
    let stop = format!("/admin/staff/{id}/suspend");
    let (status, answer) = ask(port, &admin, "POST", &stop, &form).unwrap();
    assert_eq!(status, 303, "{answer}");
    let export = run(&place.path("data"), &["audit", "export", "--format", "syslog"]);
    std::fs::write(place.path("export"), export).unwrap();
    drop(running);

    // The copy that was not sealed is gone, and stood where the data stands.
    assert!(!place.path("data").join("backup.copy").exists());
    // A drill proves it and leaves nothing.
    let (well, said) = place.restore("backup.age", "drill", &["--drill"]);
    assert!(well && said.contains("whole") && said.contains("drill"), "{said}");
    assert!(files(&place.path("drill")).iter().all(|name| name.ends_with(".lock")), "{said}");

    // Put back, it is not served before `restored` went over it.
    let (well, said) = place.restore("backup.age", "back", &[]);
    assert!(well && said.contains("restored"), "{said}");
    assert_eq!(mode(&place.path("back").join("keys.toml")), 0o600);
    assert_eq!(mode(&place.path("back").join("noren.sqlite")), 0o600);
    let listen = format!("127.0.0.1:{port}");
    let (well, said) = try_run(&place.path("back"), &["run", "--listen", &listen], "");
    assert!(!well && said.contains("restored"), "{said}");
    let (anchors, export) = (place.text("anchors"), place.text("export"));
    let words = ["restored", "--anchors", &anchors, "--export", &export, "--yes"];
    let (well, said) = try_run(&place.path("back"), &words, "");
    assert!(well, "{said}");
    let _running = place.start("back", port);
    assert_eq!(ask(port, "", "GET", "/sign-in", "").unwrap().0, 200);
    let sql = "SELECT login || ' ' || state FROM staff ORDER BY login";
    let file = place.path("back").join("noren.sqlite");
    let told = std::process::Command::new("sqlite3").arg(file).arg(sql).output().unwrap();
    assert_eq!(String::from_utf8(told.stdout).unwrap(), "admin 1\np-1 2\n", "stopped, as since");
}

#[test]
fn a_file_that_is_not_whole_or_not_ours_changes_nothing() {
    let place = Place::new();
    place.back_up("backup.age");
    let whole = std::fs::read(place.path("backup.age")).unwrap();
    let mut altered = whole.clone();
    let at = altered.len() / 2;
    altered[at] ^= 1;
    std::fs::write(place.path("altered.age"), altered).unwrap();
    std::fs::write(place.path("cut.age"), &whole[..whole.len() - 20_000]).unwrap();
    std::fs::write(place.path("text.age"), "not a backup").unwrap();
    for file in ["altered.age", "cut.age", "text.age"] {
        let (well, said) = place.restore(file, "back", &[]);
        assert!(!well && !said.contains("panicked"), "{file}: {said}");
        let left = files(&place.path("back"));
        assert!(left.iter().all(|name| name.ends_with(".lock")), "{file}: {left:?}");
    }
    std::fs::write(place.path("secret"), "another one than the first\n").unwrap();
    let (well, said) = place.restore("backup.age", "back", &[]);
    assert!(!well && said.contains("does not open"), "{said}");
    // A short passphrase is refused before anything is written.
    std::fs::write(place.path("secret"), "short\n").unwrap();
    let (to, secret) = (place.text("new.age"), place.text("secret"));
    let words = ["backup", "--to", &to, "--passphrase-file", &secret];
    let (well, said) = try_run(&place.path("data"), &words, "");
    assert!(!well && said.contains("16"), "{said}");
    assert!(!place.path("new.age").exists());
    // Where there is data already, nothing is put.
    std::fs::write(place.path("secret"), format!("{SECRET}\n")).unwrap();
    let before = std::fs::read(place.path("data").join("keys.toml")).unwrap();
    let (well, said) = place.restore("backup.age", "data", &[]);
    assert!(!well && said.contains("empty folder"), "{said}");
    assert_eq!(std::fs::read(place.path("data").join("keys.toml")).unwrap(), before);
}

#[test]
fn a_machine_that_saves_for_a_public_key_cannot_read_what_it_saved() {
    use age::secrecy::ExposeSecret;
    let place = Place::new();
    let key = age::x25519::Identity::generate();
    let (to, public) = (place.text("backup.age"), key.to_public().to_string());
    run(&place.path("data"), &["backup", "--to", &to, "--recipient", &public]);
    assert!(!place.restore("backup.age", "back", &[]).0, "no passphrase opens it");
    std::fs::write(place.path("key"), key.to_string().expose_secret()).unwrap();
    let (from, identity) = (place.text("backup.age"), place.text("key"));
    let words = ["restore", "--from", &from, "--identity", &identity, "--drill"];
    let (well, said) = try_run(&place.path("back"), &words, "");
    assert!(well, "{said}");
}

#[test]
fn a_postgresql_database_is_saved_and_put_back_into_an_empty_one() {
    let place = Place::new();
    let server = databases::Postgres::start();
    for name in ["book", "back"] {
        server.create(name);
    }
    let (book, back) = (server.address("book"), server.address("back"));
    let (data, plan) = (place.path("pg"), place.text("plan.json"));
    seed(&data, &["people", "--json", "--file", &plan, "--database", &book]);
    let (to, secret) = (place.text("backup.age"), place.text("secret"));
    run(&data, &["backup", "--to", &to, "--passphrase-file", &secret, "--database", &book]);
    let (well, said) = place.restore("backup.age", "back", &["--database", &back]);
    assert!(well && said.contains("whole"), "{said}");
    // Not over what is there.
    std::fs::remove_file(place.path("back").join("keys.toml")).unwrap();
    let (well, said) = place.restore("backup.age", "back", &["--database", &back]);
    assert!(!well && said.contains("pg_restore"), "{said}");
    let (well, said) = place.restore("backup.age", "other", &[]);
    assert!(!well && said.contains("--database"), "{said}");
    server.stop();
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
