//! The server as a program over SQLite: what a sign-in costs (Argon2 included), and how soon the
//! first page after it comes while many ask at once.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::aim;
use super::browser::{Browser, everybody};
use crate::children::{Children, Recipe};
use crate::desktop::{free_port, listens};
use crate::place;

/// People at once.
const PEOPLE: usize = 30;

/// Pages each of them asks for.
const PAGES: usize = 30;

pub(super) fn run() -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data").display().to_string();
    let program = place::programs(true)?.join("noren-server");
    let staff =
        |n: usize| json!({ "login": format!("staff{n}"), "name": "職員", "roles": "staff" });
    let mut people: Vec<Value> = (0..PEOPLE).map(staff).collect();
    people.push(json!({ "login": "admin", "name": "情報", "roles": "staff+it" }));
    let plan = folder.path().join("plan.json");
    std::fs::write(&plan, json!({ "body": "131016", "staff": people }).to_string())?;
    let seed = place::programs(true)?.join("noren-seed");
    let words = ["people", "--json", "--data", &data, "--file"];
    let out = std::process::Command::new(seed).args(words).arg(&plan).output()?;
    ensure!(out.status.success(), "seed: {}", String::from_utf8_lossy(&out.stderr));
    let seeded: Value = serde_json::from_slice(&out.stdout)?;

    let port = free_port()?;
    let mut children = Children::new(folder.path(), std::sync::Arc::default())?;
    let words = ["run", "--data", &data, "--listen", &format!("127.0.0.1:{port}")]
        .map(str::to_owned)
        .to_vec();
    children.start(Recipe::new("server", program, words))?;
    children.wait("noren-server", 30, || listens(port).then_some(()))?;

    let people = seeded["staff"].as_array().context("seed names its staff")?;
    let start = Instant::now();
    let signed: Vec<Browser> =
        everybody(people.iter().collect(), |one| Browser::sign_in(port, one, None))?;
    let seconds = start.elapsed().as_secs_f64();
    let a_second = people.len() as f64 / seconds;
    println!("{:44} {:>16}", "sign-ins a second, all cores", format!("{a_second:.1}"));

    let times = everybody(signed, |mut browser| {
        let mut times = Vec::new();
        for _ in 0..PAGES {
            let start = Instant::now();
            let answer = browser.ask("GET", "/account", "")?;
            ensure!(answer.status == 200, "a page answered {}", answer.status);
            times.push(start.elapsed());
        }
        Ok(times)
    })?;
    let mut times: Vec<Duration> = times.into_iter().flatten().collect();
    times.sort();
    let p95 = times.get(times.len() * 95 / 100).copied().unwrap_or_default();
    let figure = format!("{:.1} ms", p95.as_secs_f64() * 1e3);
    Ok(aim(
        &format!("a page, p95, {} people at once", people.len()),
        &figure,
        "100 ms",
        p95 <= Duration::from_millis(100),
    ))
}
