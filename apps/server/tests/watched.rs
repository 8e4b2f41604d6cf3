//! The server as an operator sees it: alive and ready, its figures, what `check` says, keys that
//! are not its own, sockets and words of systemd.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod common;

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::{ask, free_port, start_with, try_run};
use serde_json::Value;

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

fn ready(port: u16) -> (u16, Value) {
    let (status, answer) = ask(port, "", "GET", "/ready", "").unwrap();
    (status, serde_json::from_str(body(&answer)).unwrap())
}

fn figure(port: u16, name: &str) -> Option<f64> {
    let (_, answer) = ask(port, "", "GET", "/metrics", "").unwrap();
    let line = answer.lines().find_map(|line| line.strip_prefix(&format!("{name} ")))?;
    line.parse().ok()
}

fn end(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_server_is_alive_ready_and_counted_and_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    common::seed(&data, &["people", "--json"]);
    let (port, watch) = (free_port(), free_port());
    let address = format!("127.0.0.1:{watch}");
    let mut server = start_with(&data, port, &["--watch-listen", &address]);
    assert_eq!(ask(watch, "", "GET", "/live", "").unwrap().0, 200);
    let (status, told) = ready(watch);
    assert_eq!((status, &told["ready"]), (200, &Value::Bool(true)), "{told}");
    for check in ["open", "database", "schema", "keys", "clock", "disk"] {
        assert!(told["checks"].get(check).is_some_and(Value::is_null), "{check}: {told}");
    }
    // People do not reach it, and whoever watches reaches no page.
    assert_eq!(ask(port, "", "GET", "/metrics", "").unwrap().0, 404);
    assert_eq!(ask(watch, "", "GET", "/sign-in", "").unwrap().0, 404);
    assert_eq!(ask(watch, "", "POST", "/ready", "").unwrap().0, 405);
    ask(port, "", "GET", "/sign-in", "").unwrap();
    assert!(figure(watch, "noren_http_answers_total{class=\"2xx\"}").unwrap() >= 1.0);
    assert!(figure(watch, "noren_staff_active").unwrap() >= 1.0);
    assert_eq!(figure(watch, "noren_agents_connected"), Some(0.0));
    assert_eq!(figure(watch, "noren_closed"), Some(0.0));
    // Somebody who does not end what he writes: the database takes no write, and it is said.
    let held = rusqlite_lock(&data.join("noren.sqlite"));
    let (status, told) = ready(watch);
    assert_eq!(status, 503);
    assert!(told["checks"]["database"].is_string(), "{told}");
    drop(held);
    assert_eq!(ready(watch).0, 200);
    end(&mut server);
}

/// Another program that begins a write and does not end it, until it is dropped.
fn rusqlite_lock(file: &Path) -> Locked {
    use std::io::{BufRead, BufReader, Write};
    let mut child = Command::new("sqlite3")
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut typed = child.stdin.take().unwrap();
    typed.write_all(b"BEGIN IMMEDIATE; SELECT 'held';\n").unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "held\n");
    Locked(child, Some(typed))
}

struct Locked(Child, Option<std::process::ChildStdin>);

impl Drop for Locked {
    fn drop(&mut self) {
        // At the end of what is typed it ends, and its write with it.
        self.1.take();
        self.0.wait().unwrap();
    }
}

#[test]
fn check_looks_at_everything_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (well, said) = try_run(&data, &["check"], "");
    assert!(!well && said.contains("there is no database"), "{said}");
    assert!(!data.exists(), "it made nothing");
    common::seed(&data, &["people", "--json"]);
    let (well, said) = try_run(&data, &["check"], "");
    assert!(well, "{said}");
    let (well, said) = try_run(&data, &["check", "--listen", "0.0.0.0:443"], "");
    assert!(!well && said.contains("--tls-cert"), "{said}");
    // A database of the version before: it is told, and stays as it was until it is asked for.
    let sql = "DELETE FROM migrations WHERE number = 202612010623; DROP TABLE unknown_tries";
    let done = Command::new("sqlite3").arg(data.join("noren.sqlite")).arg(sql).status().unwrap();
    assert!(done.success());
    for words in [&["check"][..], &["migrate", "--check"], &["run", "--no-migrate"]] {
        let (well, said) = try_run(&data, words, "");
        assert!(!well && said.contains("1 migrations did not run"), "{words:?}: {said}");
    }
    let (well, said) = try_run(&data, &["migrate"], "");
    assert!(well && said.contains("202612010623"), "{said}");
    assert!(try_run(&data, &["migrate", "--check"], "").0);
    assert!(try_run(&data, &["check"], "").0);
}

#[test]
fn a_database_is_served_with_its_own_keys_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    common::seed(&data, &["people", "--json"]);
    let port = free_port();
    end(&mut start_with(&data, port, &[]));
    std::fs::remove_file(data.join("keys.toml")).unwrap();
    let listen = format!("127.0.0.1:{port}");
    let (well, said) = try_run(&data, &["run", "--listen", &listen], "");
    assert!(!well && said.contains("keys.toml"), "{said}");
    assert!(!data.join("keys.toml").exists(), "no others are made in their place");
    // Those of another server.
    let other = folder.path().join("other");
    common::seed(&other, &["people", "--json"]);
    std::fs::copy(other.join("keys.toml"), data.join("keys.toml")).unwrap();
    for words in [&["run", "--listen", &listen][..], &["check"], &["restored", "--dry-run"]] {
        let (well, said) = try_run(&data, words, "");
        assert!(!well && said.contains("keys.toml"), "{words:?}: {said}");
    }
}

#[test]
fn systemd_is_told_and_its_socket_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    common::seed(&data, &["people", "--json"]);
    let told = folder.path().join("notify");
    let socket = UnixDatagram::bind(&told).unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let port = free_port();
    // What systemd does with noren-server.socket: it listens, and starts the server at the first
    // connection, which waits meanwhile.
    let mut activate = Command::new("systemd-socket-activate")
        .args(["-l", &format!("127.0.0.1:{port}"), "-E", "NOTIFY_SOCKET", "-E", "WATCHDOG_USEC"])
        .arg(env!("CARGO_BIN_EXE_noren-server"))
        // Its own address is another one, which it does not take.
        .args(["run", "--listen", &format!("127.0.0.1:{}", free_port()), "--data"])
        .arg(&data)
        .env("NOTIFY_SOCKET", &told)
        .env("WATCHDOG_USEC", "2000000")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = loop {
        match ask(port, "", "GET", "/sign-in", "") {
            Ok((status, _)) => break status,
            // It does not listen yet.
            Err(_) => std::thread::yield_now(),
        }
    };
    assert_eq!(status, 200);
    let hear = || {
        let mut bytes = [0; 64];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
    };
    assert_eq!(hear(), "READY=1");
    assert_eq!(hear(), "WATCHDOG=1");
    // The program has the place of the one that listened.
    let ended = Command::new("kill").args(["-TERM", &activate.id().to_string()]).status().unwrap();
    assert!(ended.success());
    let last = loop {
        match hear() {
            word if word == "WATCHDOG=1" => {}
            word => break word,
        }
    };
    assert_eq!(last, "STOPPING=1");
    activate.wait().unwrap();
}

#[test]
fn each_alert_fires_once_and_asks_for_figures_that_there_are() {
    let deploy = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy"));
    let rules = std::fs::read_to_string(deploy.join("alerts.yml")).unwrap();
    let tests = std::fs::read_to_string(deploy.join("alerts.test.yml")).unwrap();
    let alerts: Vec<&str> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() >= 10);
    for alert in alerts {
        assert_eq!(tests.matches(&format!("alertname: {alert}\n")).count(), 2, "{alert}");
    }
    let out = Command::new("promtool")
        .args(["test", "rules", "alerts.test.yml"])
        .current_dir(deploy)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));

    // What they ask for is what the programs give.
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    common::seed(&data, &["people", "--json"]);
    let watch = free_port();
    let address = format!("127.0.0.1:{watch}");
    let mut server = start_with(&data, free_port(), &["--watch-listen", &address]);
    ask(watch, "", "GET", "/metrics", "").unwrap();
    let given = ask(watch, "", "GET", "/metrics", "").unwrap().1;
    end(&mut server);
    // The agent's are in its own program; the certificate's where there is one; and a kind of
    // answer is there once it was given.
    let elsewhere = concat!(
        include_str!("../../agent/src/command/run.rs"),
        include_str!("../../../edge/ops/src/figures.rs"),
        include_str!("../src/watch.rs")
    );
    let names = rules.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    for name in names.filter(|name| name.starts_with("noren_")) {
        let short = name.trim_start_matches("noren_").trim_end_matches("_total");
        let there = given.contains(&format!("# TYPE noren_{short} "))
            || elsewhere.contains(&format!("\"{short}\""));
        assert!(there, "{name}");
    }
}
