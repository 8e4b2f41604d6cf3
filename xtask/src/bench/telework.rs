//! A city of 3,000 staff with three years of telework, on SQLite and on PostgreSQL: half past eight
//! with 300 people at once, the close of a month, a year in figures.
//!
//! The city takes minutes to make: with `NOREN_BENCH_FOLDER` it is kept there and used again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::aim;
use super::browser::{Browser, everybody};
use super::postgres::Postgres;
use crate::children::{Children, Recipe};
use crate::desktop::{free_port, listens};
use crate::place;

const STAFF: u32 = 3_000;
const MONTHS: u32 = 36;
/// People at once.
const PEOPLE: usize = 300;
/// How long each of them looks at a page before the next click: between one and five seconds.
const LOOK_MS: (u64, u64) = (1_000, 5_000);
/// Rounds of pages each of them goes through.
const ROUNDS: usize = 3;

pub(super) fn run() -> Result<bool> {
    let made = tempfile::tempdir()?;
    let kept = std::env::var_os("NOREN_BENCH_FOLDER").map(PathBuf::from);
    let folder = kept.as_deref().unwrap_or(made.path());
    std::fs::create_dir_all(folder)?;
    if kept.is_none() {
        // PostgreSQL's own user has to reach its folder.
        open_up(folder)?;
    }
    println!("-- SQLite");
    let mut met = city(&folder.join("sqlite"), None)?;
    println!("-- PostgreSQL");
    let postgres = Postgres::start(&folder.join("pg"))?;
    met &= city(&folder.join("postgres"), Some(&postgres))?;
    Ok(met)
}

pub(super) fn open_up(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?)
}

/// One database: the city is made where it is not yet there, and measured.
fn city(folder: &Path, postgres: Option<&Postgres>) -> Result<bool> {
    let program = place::programs(true)?.join("noren-server");
    let data = folder.join("data").display().to_string();
    let seeded = folder.join("seeded.json");
    let mut words: Vec<String> = vec!["--data".into(), data];
    if !seeded.exists() {
        std::fs::create_dir_all(folder)?;
        if let Some(postgres) = postgres {
            words.extend(["--database".into(), postgres.database("city")?]);
        }
        let start = Instant::now();
        let staff =
            |login: &str, roles: &str| json!({ "login": login, "name": "職員", "roles": roles });
        let plan = json!({
            "body": "141305", "staff": [staff("admin", "staff+it"), staff("jinji", "staff+hr")],
            "town": { "staff": STAFF, "months": MONTHS, "sign_in": PEOPLE },
        });
        let file = folder.join("plan.json");
        std::fs::write(&file, plan.to_string())?;
        let out = Command::new(place::programs(true)?.join("noren-seed"))
            .args(["people", "--json", "--file"])
            .arg(&file)
            .args(&words)
            .output()?;
        ensure!(out.status.success(), "seed: {}", String::from_utf8_lossy(&out.stderr));
        std::fs::write(&seeded, &out.stdout)?;
        println!("{:44} {:>16}", "making the city (not measured work)", seconds(start.elapsed()));
        if let Some(postgres) = postgres {
            postgres.settle("city")?;
        }
    } else if let Some(postgres) = postgres {
        words.extend(["--database".into(), postgres.address("city")]);
    }
    let people: Value = serde_json::from_slice(&std::fs::read(&seeded)?)?;
    let people = people["staff"].as_array().context("seed names its staff")?.clone();

    let port = free_port()?;
    let logs = tempfile::tempdir()?;
    let mut children = Children::new(logs.path(), std::sync::Arc::default())?;
    let listen = format!("127.0.0.1:{port}");
    drop(words.splice(
        0..0,
        ["run", "--listen", &listen, "--trusted-proxy", "127.0.0.1"].map(str::to_owned),
    ));
    children.start(Recipe::new("server", program, words))?;
    children.wait("noren-server", 60, || listens(port).then_some(()))?;
    let staff: Vec<&Value> = people
        .iter()
        .filter(|one| one["user"].as_str().is_some_and(|user| user.starts_with('t')))
        .collect();
    let clerk = people.iter().find(|one| one["user"] == "jinji").context("the clerk of HR")?;
    let mut met = half_past_eight(port, &staff)?;
    met &= figures(port, clerk)?;
    Ok(met)
}

/// Everybody signs in, reports the start of work, looks at the pages of the morning and asks for
/// the PC.
fn half_past_eight(port: u16, staff: &[&Value]) -> Result<bool> {
    let start = Instant::now();
    let alone = 5;
    for (at, one) in staff.iter().take(alone).enumerate() {
        Browser::sign_in(port, one, Some(format!("192.0.2.{at}")))?;
    }
    let each = start.elapsed() / u32::try_from(alone)?;
    println!("{:44} {:>16}", "a sign-in alone, with its page (Argon2 19 MiB)", milliseconds(each));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let start = Instant::now();
    let coming: Vec<(usize, &Value)> = staff.iter().copied().enumerate().skip(alone).collect();
    let count = coming.len();
    let came = everybody(coming, |(at, one)| {
        Browser::sign_in(port, one, Some(format!("10.0.{}.{}", at / 250, at % 250 + 1)))
    })?;
    let a_second = count as f64 / start.elapsed().as_secs_f64();
    println!(
        "{:44} {:>16}",
        format!("sign-ins a second, {count} at one moment"),
        format!("{a_second:.1}")
    );
    println!(
        "{:44} {:>16}",
        "sign-ins a second and core, the load beside it",
        format!("{:.1}", a_second / cores as f64)
    );

    let browsers: Vec<(usize, Browser)> = came.into_iter().enumerate().collect();
    let start = Instant::now();
    let times = everybody(browsers, |(at, mut browser)| morning(at, &mut browser))?;
    let took = start.elapsed();
    let mut by_page: BTreeMap<&'static str, Vec<Duration>> = BTreeMap::new();
    for (page, time) in times.into_iter().flatten() {
        by_page.entry(page).or_default().push(time);
    }
    let asked: usize = by_page.values().map(Vec::len).sum();
    println!(
        "{:44} {:>16}",
        format!("{count} people at once: requests a second"),
        format!("{:.0}", asked as f64 / took.as_secs_f64())
    );
    let mut met = true;
    for (page, mut times) in by_page {
        times.sort();
        let at =
            |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        let figure = format!("{} / {}", milliseconds(at(50)), milliseconds(at(95)));
        met &= aim(
            &format!("{page}, p50 / p95"),
            &figure,
            "p95 100 ms",
            at(95) <= Duration::from_millis(100),
        );
    }
    Ok(met)
}

/// One person's morning: each page and act with the time it took.
fn morning(at: usize, browser: &mut Browser) -> Result<Vec<(&'static str, Duration)>> {
    let mut times = Vec::new();
    let mut dice = at as u64 + 1;
    let mut look = || {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis(
            LOOK_MS.0 + (dice >> 33) % (LOOK_MS.1 - LOOK_MS.0),
        ));
    };
    // Nobody clicks at the same moment as everybody else.
    look();
    for round in 0..ROUNDS {
        for path in ["/", "/telework", "/telework/month", "/telework/approvals"] {
            let start = Instant::now();
            let answer = browser.ask("GET", path, "")?;
            times.push((path, start.elapsed()));
            ensure!(answer.status == 200, "{path} answered {}", answer.status);
            look();
        }
        let mark = ["start", "pause", "resume"][round % 3];
        let start = Instant::now();
        let answer = browser.post("/telework/clock", &format!("mark={mark}"))?;
        times.push(("始業・中断・再開", start.elapsed()));
        // Who began already (a city that is measured twice) is told so.
        ensure!(matches!(answer.status, 303 | 409), "the report answered {}", answer.status);
        look();
        let targets: Value = serde_json::from_str(&browser.ask("GET", "/api/targets", "")?.body)?;
        if let Some(target) = targets["targets"][0]["id"].as_str() {
            let start = Instant::now();
            let answer = browser
                .json("/api/sessions", &json!({ "target": target, "device": "00".repeat(16) }))?;
            times.push(("open a PC", start.elapsed()));
            // The office's agents are not part of this: the answer is that the device is not known
            // there, or that the day is not approved.
            ensure!(matches!(answer.status, 403 | 429), "opening answered {}", answer.status);
            look();
        }
    }
    Ok(times)
}

/// The month before is closed and opened again; the year before is counted.
fn figures(port: u16, clerk: &Value) -> Result<bool> {
    let mut hr = Browser::sign_in(port, clerk, Some("192.0.2.200".into()))?;
    let page = hr.ask("GET", "/admin/telework/close", "")?;
    let month = page
        .body
        .split("name=\"month\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .context("a month")?
        .to_owned();
    let mut met = true;
    let start = Instant::now();
    let answer = hr.post("/admin/telework/close", &format!("month={month}&why=bench"))?;
    let took = start.elapsed();
    ensure!(answer.status == 303, "the close answered {}", answer.status);
    met &= aim(
        &format!("closing a month of {STAFF} staff"),
        &milliseconds(took),
        "3 s",
        took <= Duration::from_secs(3),
    );
    let answer = hr.post("/admin/telework/close/reopen", &format!("month={month}&why=bench"))?;
    ensure!(answer.status == 303, "opening again answered {}", answer.status);
    let year: i32 = month.split('-').next().and_then(|year| year.parse().ok()).context("a year")?;
    let pages = [
        (format!("/admin/telework/year?year={}", year - 1), "a year's statistics", 300),
        (format!("/admin/telework/close?month={month}"), "the page of the close", 3_000),
        (format!("/admin/telework/overtime?month={month}"), "overtime by month and year", 3_000),
        ("/admin/telework/allowance".to_owned(), "the allowance with its reasoning", 3_000),
        ("/admin/telework/people".to_owned(), "the list of people", 100),
    ];
    for (path, what, most) in pages {
        let mut times = Vec::new();
        for _ in 0..5 {
            let start = Instant::now();
            let answer = hr.ask("GET", &path, "")?;
            ensure!(answer.status == 200, "{path} answered {}", answer.status);
            times.push(start.elapsed());
        }
        times.sort();
        let middle = times.get(times.len() / 2).copied().unwrap_or_default();
        met &= aim(
            what,
            &milliseconds(middle),
            &format!("{most} ms"),
            middle <= Duration::from_millis(most),
        );
    }
    Ok(met)
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn seconds(time: Duration) -> String {
    format!("{:.0} s", time.as_secs_f64())
}
