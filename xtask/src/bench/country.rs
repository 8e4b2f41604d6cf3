//! A country at one server: 1,788 agents and 190,000 open sessions on record, on SQLite and on
//! PostgreSQL. How soon all agents are back, how soon a relay elsewhere hears of a device that was
//! revoked, what one stuck body costs its neighbours, and a sign-in beside the verification of the
//! record.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::aim;
use super::browser::{Browser, everybody};
use super::postgres::Postgres;
use crate::children::{Children, Recipe};
use crate::desktop::{free_port, listens};
use crate::place;

const AGENTS: usize = 1_788;
const SESSIONS: usize = 190_000;
const RECORDS: usize = 150_000;
/// Devices revoked in a row.
const ROW: usize = 20;
/// Writers of one body at once: four people, each below what one may ask for.
const WRITERS: usize = 200;
const WRITING: usize = 4;
/// How long the body's lock is held.
const HELD: Duration = Duration::from_secs(7);
/// What the played agents met is said by then.
const SAID: Duration = Duration::from_millis(100);
/// Nothing takes so long unless it never comes.
const PATIENCE: Duration = Duration::from_secs(90);
/// The body whose devices are revoked and whose record is long; the stuck one; its neighbour.
const FIRST: &str = "141305";
const STUCK: &str = "131016";
const NEIGHBOUR: &str = "011002";

pub(super) fn run() -> Result<bool> {
    let made = tempfile::tempdir()?;
    super::telework::open_up(made.path())?;
    let played = played()?;
    println!("-- SQLite");
    let mut met = country(&made.path().join("sqlite"), None, &played)?;
    println!("-- PostgreSQL");
    let postgres = Postgres::start(&made.path().join("pg"))?;
    met &= country(&made.path().join("postgres"), Some(&postgres), &played)?;
    Ok(met)
}

/// The program that plays the agents and the relay.
fn played() -> Result<PathBuf> {
    let programs = place::programs(true)?;
    if place::built().is_none() {
        let mut build = place::cargo();
        build.args(["build", "--quiet", "--release", "-p", "relay", "--example", "country"]);
        ensure!(
            build.stdout(Stdio::from(std::io::stderr())).status()?.success(),
            "the played agents do not build"
        );
    }
    Ok(programs.join("examples/country"))
}

fn country(folder: &Path, postgres: Option<&Postgres>, played: &Path) -> Result<bool> {
    std::fs::create_dir_all(folder)?;
    let mut words: Vec<String> = vec!["--data".into(), folder.join("data").display().to_string()];
    if let Some(postgres) = postgres {
        words.extend(["--database".into(), postgres.database("country")?]);
    }
    let start = Instant::now();
    let seeded = seed(folder, &words)?;
    if let Some(postgres) = postgres {
        postgres.settle("country")?;
    }
    println!("{:44} {:>16}", "making the country (not measured work)", seconds(start.elapsed()));
    let person = |login: &str| -> Result<&Value> {
        let all = seeded["staff"].as_array().context("seed names its staff")?;
        all.iter()
            .find(|one| one["user"] == login)
            .with_context(|| format!("nobody is called {login}"))
    };

    let (port, relay) = (free_port()?, free_port()?);
    let logs = tempfile::tempdir()?;
    let mut children = Children::new(logs.path(), Arc::default())?;
    let (listen, origin) = (format!("127.0.0.1:{port}"), format!("ws://127.0.0.1:{relay}"));
    let server =
        ["run", "--listen", &listen, "--trusted-proxy", "127.0.0.1", "--relay-origin", &origin]
            .map(str::to_owned);
    let server: Vec<String> = server.into_iter().chain(words.iter().cloned()).collect();
    let program = place::programs(true)?.join("noren-server");
    let office = Office::start(
        played,
        port,
        relay,
        seeded["server_key"].as_str().context("seed names the server's key")?,
    )?;
    let began = Instant::now();
    children.start(
        Recipe::new("server", &program, server).with(vec![("RUST_LOG".into(), "warn".into())]),
    )?;
    children.wait("noren-server", 60, || listens(port).then_some(()))?;
    let mut met = back(&office, "after the start", began, &Stand::default())?;
    let mut before = office.stand();
    let began = Instant::now();
    children.kill("server")?;
    // Who came to the dying process was broken off by its death, not by the server that starts now.
    std::thread::sleep(SAID);
    before.refused = office.stand().refused;
    children.restart("server")?;
    children.wait("noren-server", 60, || listens(port).then_some(()))?;
    println!("{:44} {:>16}", "server listens again after the kill", seconds(began.elapsed()));
    met &= back(&office, "after kill -9 and restart", began, &before)?;
    let log = std::fs::read_to_string(children.log("server")).unwrap_or_default();
    let refusals = log.matches("no connection in time").count();
    met &=
        aim("log of both starts: no connection in time", &refusals.to_string(), "0", refusals == 0);

    met &= revoked(&office, port, person("chief")?)?;
    let writers: Vec<&Value> =
        (0..WRITING).map(|n| person(&format!("writer{n}"))).collect::<Result<_>>()?;
    met &= beside_writers(port, &writers, person("neighbour")?, postgres)?;
    let people: Vec<&Value> =
        (0..16).map(|n| person(&format!("morning{n}"))).collect::<Result<_>>()?;
    met &= beside_verify(port, &program, &words, &people)?;
    Ok(met)
}

fn seed(folder: &Path, words: &[String]) -> Result<Value> {
    let staff = |login: String, roles: &str, body: &str| {
        json!({
            "login": login, "name": "職員", "roles": roles, "body": body,
        })
    };
    let mut all = vec![
        staff("chief".into(), "staff+it", FIRST),
        staff("neighbour".into(), "staff", NEIGHBOUR),
    ];
    all.extend((0..WRITING).map(|n| staff(format!("writer{n}"), "staff", STUCK)));
    all.extend((0..16).map(|n| staff(format!("morning{n}"), "staff", FIRST)));
    let plan = json!({
        "body": FIRST, "bodies": [STUCK, NEIGHBOUR], "staff": all,
        "country": { "bodies": AGENTS, "sessions": SESSIONS, "records": RECORDS },
    });
    let file = folder.join("plan.json");
    std::fs::write(&file, plan.to_string())?;
    let program = place::programs(true)?.join("noren-seed");
    let out = Command::new(program)
        .args(["people", "--json", "--file"])
        .arg(&file)
        .args(words)
        .output()?;
    ensure!(out.status.success(), "seed: {}", String::from_utf8_lossy(&out.stderr));
    Ok(serde_json::from_slice(&out.stdout)?)
}

/// How the played agents stand.
#[derive(Clone, Default)]
struct Stand {
    open: u64,
    tries: u64,
    busy: u64,
    refused: u64,
}

/// The played agents and the played relay.
struct Office {
    child: Child,
    _stdin: ChildStdin,
    stand: Arc<Mutex<Stand>>,
    ends: Receiver<(String, Instant)>,
}

impl Office {
    fn start(played: &Path, port: u16, relay: u16, key: &str) -> Result<Self> {
        let args = [
            format!("127.0.0.1:{port}"),
            key.to_owned(),
            AGENTS.to_string(),
            relay.to_string(),
            SESSIONS.to_string(),
        ];
        let mut child = Command::new(played)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the agents")?;
        let (stdin, stdout) =
            (child.stdin.take().context("its input")?, child.stdout.take().context("its output")?);
        let stand: Arc<Mutex<Stand>> = Arc::default();
        let (said, ends) = channel();
        let to = Arc::clone(&stand);
        std::thread::spawn(move || hear(BufReader::new(stdout), &to, &said));
        Ok(Self { child, _stdin: stdin, stand, ends })
    }

    fn stand(&self) -> Stand {
        self.stand.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn hear(lines: impl BufRead, stand: &Mutex<Stand>, ends: &Sender<(String, Instant)>) {
    for line in lines.lines().map_while(Result::ok) {
        let Ok(value) = serde_json::from_str::<Value>(&line) else { continue };
        if let Some(meeting) = value["end"].as_str() {
            _ = ends.send((meeting.to_owned(), Instant::now()));
        } else {
            let of = |key: &str| value[key].as_u64().unwrap_or_default();
            let now = Stand {
                open: of("open"),
                tries: of("tries"),
                busy: of("busy"),
                refused: of("refused"),
            };
            *stand.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = now;
        }
    }
}

/// Waits until every agent is in conversation.
fn back(office: &Office, what: &str, began: Instant, before: &Stand) -> Result<bool> {
    let now = loop {
        let now = office.stand();
        // After the kill they are seen to be gone first.
        if now.open == AGENTS as u64 && now.tries >= before.tries + AGENTS as u64
            || began.elapsed() > PATIENCE
        {
            break now;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let took = began.elapsed();
    let all = now.open == AGENTS as u64;
    let figure = format!("{} of {AGENTS} in {}", now.open, seconds(took));
    let met = aim(
        &format!("agents back {what}"),
        &figure,
        "10 s",
        all && took <= Duration::from_secs(10),
    );
    let figure = format!(
        "{} / {} / {}",
        now.tries - before.tries,
        now.busy - before.busy,
        now.refused - before.refused
    );
    Ok(met
        & aim(
            &format!("tries / told busy / broken off {what}"),
            &figure,
            "0 broken off",
            now.refused == before.refused,
        ))
}

/// Identity as the seed makes it.
fn id(kind: &str, number: usize) -> String {
    format!("{number:016x}{}", kind.repeat(8))
}

/// Revokes devices and waits until the relay elsewhere hears of their sessions' end.
fn revoked(office: &Office, port: u16, chief: &Value) -> Result<bool> {
    let mut it = Browser::sign_in(port, chief, Some("192.0.2.1".into()))?;
    it.ask("GET", "/admin/devices", "")?;
    while office.ends.try_recv().is_ok() {}
    let mut revoke = |number: usize| -> Result<Instant> {
        let said = Instant::now();
        let answer = it.post(&format!("/admin/devices/{}/revoke", id("de", number)), "")?;
        ensure!(answer.status == 303, "revoking answered {}", answer.status);
        Ok(said)
    };
    let mut alone = Vec::new();
    for number in 0..5 {
        let said = revoke(number)?;
        alone.push(heard(office, &BTreeMap::from([(id("3e", number), said)]))?.0);
    }
    alone.sort();
    let figure = format!("{} / {}", milliseconds(alone[2]), milliseconds(alone[4]));
    let mut met = aim(
        "a device revoked: relay hears, p50 / longest",
        &figure,
        "2 s",
        alone[4] <= Duration::from_secs(2),
    );
    let mut row = BTreeMap::new();
    let start = Instant::now();
    for number in 5..5 + ROW {
        row.insert(id("3e", number), revoke(number)?);
    }
    let took = start.elapsed();
    let (longest, missing) = heard(office, &row)?;
    let figure = format!("{} ({missing} unheard)", milliseconds(longest));
    let what = format!("{ROW} in {}: relay hears, longest", milliseconds(took));
    met &= aim(&what, &figure, "5 s", missing == 0 && longest <= Duration::from_secs(5));
    Ok(met)
}

/// The longest time from a word said to the relay's hearing of it, and how many it never heard.
fn heard(office: &Office, said: &BTreeMap<String, Instant>) -> Result<(Duration, usize)> {
    let (mut waiting, mut longest) = (said.clone(), Duration::ZERO);
    while !waiting.is_empty() {
        let Ok((meeting, at)) = office.ends.recv_timeout(PATIENCE) else {
            return Ok((PATIENCE, waiting.len()));
        };
        if let Some(said) = waiting.remove(&meeting) {
            longest = longest.max(at.saturating_duration_since(said));
        }
    }
    Ok((longest, 0))
}

/// A neighbour looks at pages beside many writers of one body.
fn beside_writers(
    port: u16,
    people: &[&Value],
    neighbour: &Value,
    postgres: Option<&Postgres>,
) -> Result<bool> {
    let mut looks = Browser::sign_in(port, neighbour, Some("192.0.2.2".into()))?;
    let (p50, p95) = pages(&mut looks, Duration::from_secs(2))?;
    println!(
        "{:44} {:>16}",
        "a neighbour's pages alone, p50 / p95",
        format!("{} / {}", milliseconds(p50), milliseconds(p95))
    );
    let mut writers = Vec::new();
    for (at, person) in people.iter().enumerate() {
        let signed_in = Browser::sign_in(port, person, Some(format!("192.0.2.1{at}")))?;
        let cookie = signed_in.cookie().context("a cookie")?;
        for _ in 0..WRITERS / people.len() {
            let mut browser = Browser::with_cookie(port, &cookie)?;
            browser.ask("GET", "/account", "")?;
            writers.push(browser);
        }
    }
    // Another program of the database holds the body's turn; SQLite has one writer in all, whose
    // lock nobody holds for seconds.
    let holder = postgres.map(|postgres| postgres.hold("country", STUCK, HELD)).transpose()?;
    let asked = json!({ "target": "00".repeat(16), "device": "00".repeat(16) });
    let answers = std::thread::spawn(move || {
        let start = Instant::now();
        let answers =
            everybody(writers, |mut browser| Ok(browser.json("/api/sessions", &asked)?.status));
        (answers, start.elapsed())
    });
    // Until they are there.
    std::thread::sleep(Duration::from_millis(300));
    let (p50, p95) = pages(
        &mut looks,
        if postgres.is_some() { HELD - Duration::from_secs(2) } else { Duration::from_secs(2) },
    )?;
    let stuck = !answers.is_finished();
    let (statuses, took) = answers.join().map_err(|_| anyhow::anyhow!("a thread fell"))?;
    let mut by_status: BTreeMap<u16, usize> = BTreeMap::new();
    statuses?.into_iter().for_each(|status| *by_status.entry(status).or_default() += 1);
    if let Some(mut holder) = holder {
        holder.wait()?;
        ensure!(stuck, "the writers were not stuck: {by_status:?} after {took:?}");
    }
    println!(
        "{:44} {:>16}",
        format!("{WRITERS} writers, answers {by_status:?}, after"),
        seconds(took)
    );
    let figure = format!("{} / {}", milliseconds(p50), milliseconds(p95));
    let what = if postgres.is_some() { "stuck writers" } else { "writers at once" };
    Ok(aim(
        &format!("its pages beside {WRITERS} {what}, p50 / p95"),
        &figure,
        "p95 100 ms",
        p95 <= Duration::from_millis(100),
    ))
}

fn pages(browser: &mut Browser, long: Duration) -> Result<(Duration, Duration)> {
    let start = Instant::now();
    let mut times = Vec::new();
    while start.elapsed() < long {
        for path in ["/", "/telework"] {
            let asked = Instant::now();
            let answer = browser.ask("GET", path, "")?;
            times.push(asked.elapsed());
            ensure!(answer.status == 200, "{path} answered {}", answer.status);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    times.sort();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    Ok((at(50), at(95)))
}

/// People sign in beside the verification of a long record of their body.
fn beside_verify(port: u16, program: &Path, words: &[String], people: &[&Value]) -> Result<bool> {
    let sign_in = |person: &Value| -> Duration {
        let start = Instant::now();
        let from = person["user"].as_str().map(|user| {
            format!(
                "198.51.100.{}",
                user.len() * 10 + user.bytes().last().map_or(0, usize::from) % 10
            )
        });
        // What is refused has waited in vain.
        if Browser::sign_in(port, person, from).is_ok() { start.elapsed() } else { PATIENCE }
    };
    let (before, beside) = people.split_at(people.len() / 2);
    let mut alone: Vec<Duration> = before.iter().map(|person| sign_in(person)).collect();
    alone.sort();
    let start = Instant::now();
    let mut verify = Command::new(program)
        .args(["audit", "verify"])
        .args(words)
        .stdout(Stdio::null())
        .spawn()?;
    let mut times = Vec::new();
    for person in beside {
        if verify.try_wait()?.is_some() {
            break;
        }
        times.push(sign_in(person));
    }
    let status = verify.wait()?;
    println!(
        "{:44} {:>16}",
        format!("audit verify of {RECORDS} records and more"),
        seconds(start.elapsed())
    );
    if !status.success() {
        bail!("audit verify says {status}");
    }
    times.sort();
    let (alone, longest) =
        (alone.last().copied().unwrap_or_default(), times.last().copied().unwrap_or_default());
    let figure = format!("{} / {}", milliseconds(longest), milliseconds(alone));
    let met = !times.is_empty() && longest <= (alone * 2).max(Duration::from_secs(1));
    Ok(aim(
        &format!("sign-in beside it, longest of {} / alone", times.len()),
        &figure,
        "as alone, at most 1 s",
        met,
    ))
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_agents_say_is_heard() {
        let (stand, (said, ends)) = (Mutex::new(Stand::default()), channel());
        let lines =
            "{\"open\":3,\"tries\":5,\"busy\":1,\"refused\":0,\"nobody\":2}\n{\"end\":\"ab\"}\nx\n";
        hear(lines.as_bytes(), &stand, &said);
        let stand = stand.into_inner().unwrap();
        assert_eq!((stand.open, stand.tries, stand.busy, stand.refused), (3, 5, 1, 0));
        assert_eq!(ends.try_recv().unwrap().0, "ab");
        assert_eq!(id("3e", 255), "00000000000000ff3e3e3e3e3e3e3e3e");
    }
}
