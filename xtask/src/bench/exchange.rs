//! The exchange with the whole country in it, over SQLite and over PostgreSQL: tables of 1,788
//! answers, the ministry's board while 200 desks work, a workbook of 1,788 rows, and the last hour
//! before a deadline.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::aim;
use super::browser::{Browser, everybody};
use super::postgres::Postgres;
use crate::children::{Children, Recipe};
use crate::demo::office::answers;
use crate::desktop::{free_port, listens};
use crate::place;

/// Desks that read while something is measured.
const READERS: usize = 200;
/// Submissions of the last hour.
const SUBMISSIONS: usize = 1_000;
/// A person looks at a page about this long before the next.
const READING: Duration = Duration::from_secs(2);
/// How long the board is looked at.
const LOOKING: Duration = Duration::from_secs(20);
/// The ten minutes of the last hour, run this many times as fast.
const HURRY: u32 = 20;

pub(super) fn run() -> Result<bool> {
    let sqlite = over("SQLite", false)?;
    Ok(over("PostgreSQL", true)? && sqlite)
}

/// A server over one database, with the country in it.
struct Country {
    port: u16,
    case: String,
    past: String,
    untouched: String,
    /// The ministry's desk, signed in: its cookie.
    ministry: String,
    desks: Vec<(String, String)>,
    // Ended in this order.
    _server: Children,
    _postgres: Option<Postgres>,
    _pg: tempfile::TempDir,
}

fn over(name: &str, postgres: bool) -> Result<bool> {
    println!("-- {name}");
    let folder = tempfile::tempdir()?;
    let country = country(folder.path(), postgres)?;
    let met = [tally(&country)?, board(&country)?, import(&country)?, last_hour(&country)?];
    Ok(met.iter().all(|met| *met))
}

fn country(folder: &std::path::Path, postgres: bool) -> Result<Country> {
    let program = place::programs(true)?.join("noren-server");
    let data = folder.join("data").display().to_string();
    // A folder of its own, which its own user can reach.
    let pg = tempfile::tempdir()?;
    let postgres = if postgres { Some(Postgres::start(pg.path())?) } else { None };
    let address = postgres.as_ref().map(|server| server.database("country")).transpose()?;
    let with = |words: &[&str]| -> Vec<String> {
        let mut all: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        all.extend(["--data".to_owned(), data.clone()]);
        if let Some(address) = &address {
            all.extend(["--database".to_owned(), address.clone()]);
        }
        all
    };
    let said = |words: Vec<String>| -> Result<Value> {
        let seed = place::programs(true)?.join("noren-seed");
        let out = std::process::Command::new(seed).args(words).output()?;
        ensure!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        Ok(serde_json::from_slice(&out.stdout)?)
    };
    let plan = folder.join("plan.json");
    let admin = json!([{ "login": "admin", "name": "情報", "roles": "staff+it" }]);
    std::fs::write(&plan, json!({ "body": "131016", "staff": admin }).to_string())?;
    said(with(&["people", "--json", "--file", &plan.display().to_string()]))?;
    let (r3, r2) = answers();
    let desks = (SUBMISSIONS + READERS).to_string();
    let start = Instant::now();
    let made = said(with(&[
        "exchange",
        "--json",
        "--ready",
        "--desks",
        &desks,
        "--answers",
        &r3,
        "--previous",
        &r2,
    ]))?;
    println!(
        "{:44} {:>16}",
        "seeding 1,788 bodies and six surveys",
        format!("{:.1} s", start.elapsed().as_secs_f64())
    );
    let port = free_port()?;
    let mut server = Children::new(folder, std::sync::Arc::default())?;
    server.start(Recipe::new(
        "server",
        program,
        with(&["run", "--listen", &format!("127.0.0.1:{port}")]),
    ))?;
    server.wait("noren-server", 30, || listens(port).then_some(()))?;
    let text = |value: &Value| value.as_str().map(str::to_owned).context("seed names the cases");
    let pair = |value: &Value| Some((value[0].as_str()?.to_owned(), value[1].as_str()?.to_owned()));
    Ok(Country {
        port,
        case: text(&made["case"])?,
        past: text(&made["past"][0])?,
        untouched: text(&made["untouched"])?,
        // Once: a one-time code counts once.
        ministry: Browser::sign_in(port, &made["people"][0], None)?
            .cookie()
            .context("signed in")?,
        desks: made["desks"]
            .as_array()
            .context("seed names the desks")?
            .iter()
            .filter_map(pair)
            .collect(),
        _server: server,
        _postgres: postgres,
        _pg: pg,
    })
}

/// The page with every table and chart of 1,788 answers and the year before, from request to last
/// byte.
fn tally(country: &Country) -> Result<bool> {
    let mut ministry = Browser::with_cookie(country.port, &country.ministry)?;
    let path = format!("/exchange/cases/{}/tables", country.past);
    let mut times = Vec::new();
    for _ in 0..21 {
        let start = Instant::now();
        let page = ministry.ask("GET", &path, "")?;
        ensure!(
            page.status == 200 && page.body.contains("95.4"),
            "the tables answered {}",
            page.status
        );
        times.push(start.elapsed());
    }
    // The first reads every answer of five years, those after it only what has changed.
    println!(
        "{:44} {:>16}",
        "tables of 1,788 answers, the first time",
        times.first().map_or(String::new(), |time| ms(*time))
    );
    let middle = percentile(&mut times, 50);
    Ok(aim(
        "tables of 1,788 answers, a page",
        &ms(middle),
        "50 ms",
        middle <= Duration::from_millis(50),
    ))
}

/// The ministry looks at the board again and again while 200 desks read their lists and cases.
fn board(country: &Country) -> Result<bool> {
    let over = AtomicBool::new(false);
    let path = format!("/exchange/cases/{}/board", country.case);
    let mut ministry = Browser::with_cookie(country.port, &country.ministry)?;
    let (mut times, read) = std::thread::scope(|scope| -> Result<_> {
        let readers = scope.spawn(|| readers(country, &over));
        let mut look = || -> Result<Vec<Duration>> {
            let (begin, mut times) = (Instant::now(), Vec::new());
            while begin.elapsed() < LOOKING {
                let start = Instant::now();
                let page = ministry.ask("GET", &path, "")?;
                ensure!(page.status == 200, "the board answered {}", page.status);
                times.push(start.elapsed());
                std::thread::sleep(Duration::from_millis(50));
            }
            Ok(times)
        };
        let times = look();
        over.store(true, Ordering::Relaxed);
        let read = readers.join().map_err(|_| anyhow::anyhow!("the readers fell"))??;
        Ok((times?, read))
    })?;
    println!("{:44} {:>16}", "pages the 200 desks read meanwhile", read.len());
    let p95 = percentile(&mut times, 95);
    Ok(aim(
        "the ministry's board, p95, 200 desks at work",
        &ms(p95),
        "100 ms",
        p95 <= Duration::from_millis(100),
    ))
}

/// Two hundred desks, each reading its list, then the case, then its list again, until it is over.
fn readers(country: &Country, over: &AtomicBool) -> Result<Vec<Duration>> {
    let desks: Vec<(usize, &(String, String))> =
        country.desks.iter().skip(SUBMISSIONS).enumerate().collect();
    ensure!(desks.len() >= READERS, "{} desks to read", desks.len());
    let times = everybody(desks, |(place, (_, cookie))| {
        let mut browser = Browser::with_cookie(country.port, cookie)?;
        let case = format!("/exchange/cases/{}", country.case);
        let mut times = Vec::new();
        // Not all at the same beat.
        std::thread::sleep(READING * u32::try_from(place)? / u32::try_from(READERS)?);
        while !over.load(Ordering::Relaxed) {
            let path = if times.len() % 2 == 0 { "/exchange" } else { case.as_str() };
            let start = Instant::now();
            let page = browser.ask("GET", path, "")?;
            ensure!(page.status == 200, "{path} answered {}", page.status);
            times.push(start.elapsed());
            std::thread::sleep(READING);
        }
        Ok(times)
    })?;
    Ok(times.into_iter().flatten().collect())
}

/// The country's answers as one workbook, out of last year's survey and into one nobody has
/// answered: from the upload until the page says that all are taken. Its bar is watched on the way.
fn import(country: &Country) -> Result<bool> {
    let mut ministry = Browser::with_cookie(country.port, &country.ministry)?;
    let start = Instant::now();
    let book =
        ministry.ask("GET", &format!("/exchange/cases/{}/answers.xlsx", country.past), "")?;
    ensure!(book.status == 200, "the workbook answered {}", book.status);
    let figure = format!("{} ({} kB)", ms(start.elapsed()), book.bytes.len() / 1_000);
    println!("{:44} {:>16}", "a workbook of 1,788 rows, out", figure);
    let page = format!("/exchange/cases/{}/import", country.untouched);
    ministry.ask("GET", &page, "")?;
    let start = Instant::now();
    let begun = ministry.upload(&page, &[("reason", "measured")], "answers.xlsx", &book.bytes)?;
    ensure!(begun.status == 303, "the import answered {}: {}", begun.status, begun.body);
    let mut seen = 0;
    let took = loop {
        let now: Value = serde_json::from_slice(
            &ministry.ask("GET", &format!("{}/progress", begun.location), "")?.bytes,
        )?;
        seen +=
            usize::from(now["done"].as_u64().is_some_and(|done| done > 0) && now["over"] == false);
        if now["over"] == true {
            break start.elapsed();
        }
        ensure!(start.elapsed() < Duration::from_secs(60), "the import does not end");
        std::thread::sleep(Duration::from_millis(20));
    };
    let end = ministry.ask("GET", &begun.location, "")?.body;
    ensure!(end.contains("1,788") || end.contains("1788"), "not all were taken: {end}");
    println!("{:44} {:>16}", "the bar moved before it was over, times", seen);
    Ok(aim("a workbook of 1,788 rows, in", &ms(took), "3 s", took <= Duration::from_secs(3)))
}

/// A thousand desks submit in the time of the last hour, some pressing twice, while two hundred
/// read.
fn last_hour(country: &Country) -> Result<bool> {
    let over = AtomicBool::new(false);
    let twice = AtomicUsize::new(0);
    let pace = Duration::from_secs(600) / HURRY;
    let (mut times, mut read) = std::thread::scope(|scope| -> Result<_> {
        let readers = scope.spawn(|| readers(country, &over));
        let begin = Instant::now();
        let desks: Vec<(usize, &(String, String))> =
            country.desks.iter().take(SUBMISSIONS).enumerate().collect();
        // Fifty threads of twenty desks each, every desk at its own moment.
        let groups: Vec<Vec<_>> =
            (0..50).map(|n| desks.iter().skip(n).step_by(50).copied().collect()).collect();
        let times = everybody(groups, |group| {
            let mut times = Vec::new();
            for (place, (_, cookie)) in group {
                let moment = pace * u32::try_from(place)? / u32::try_from(SUBMISSIONS)?;
                std::thread::sleep(moment.saturating_sub(begin.elapsed()));
                let start = Instant::now();
                submit(country, cookie, place % 10 == 0, &twice)?;
                times.push(start.elapsed());
            }
            Ok(times)
        });
        over.store(true, Ordering::Relaxed);
        let read = readers.join().map_err(|_| anyhow::anyhow!("the readers fell"))??;
        Ok((times?.into_iter().flatten().collect::<Vec<_>>(), read))
    })?;
    // Counted from outside, desk by desk: exactly one receipt each.
    let mut kept = 0;
    for (_, cookie) in country.desks.iter().take(SUBMISSIONS) {
        let page = Browser::with_cookie(country.port, cookie)?
            .ask("GET", &format!("/exchange/cases/{}", country.case), "")?
            .body;
        kept += usize::from(receipts(&page) == 1);
    }
    println!("{:44} {:>16}", "pressed twice on purpose", twice.load(Ordering::Relaxed));
    let (p95, reading) = (percentile(&mut times, 95), percentile(&mut read, 95));
    println!("{:44} {:>16}", format!("a submission, p95, {HURRY} times the pace"), ms(p95));
    println!("{:44} {:>16}", "a reader's page, p95", ms(reading));
    let figure = format!("{kept} of {SUBMISSIONS}");
    Ok(aim("1,000 submissions, each kept exactly once", &figure, "all", kept == SUBMISSIONS))
}

/// How many receipts the own case's page lists.
fn receipts(page: &str) -> usize {
    page.split("<li><span class=\"code\">").count() - 1
}

/// Opens the case, submits with the page's key, and sometimes presses again.
fn submit(country: &Country, cookie: &str, again: bool, twice: &AtomicUsize) -> Result<()> {
    let mut browser = Browser::with_cookie(country.port, cookie)?;
    let case = format!("/exchange/cases/{}", country.case);
    let page = browser.ask("GET", &case, "")?;
    let form = format!(
        "csrf={}&revision={}&key={}&act=submit",
        page.field("csrf")?,
        page.field("revision")?,
        page.field("key")?
    );
    for _ in 0..=usize::from(again) {
        let answer = browser.ask("POST", &format!("{case}/own"), &form)?;
        ensure!(
            answer.status == 303 && answer.location.contains("done="),
            "a submission answered {}: {}",
            answer.status,
            answer.body
        );
    }
    twice.fetch_add(usize::from(again), Ordering::Relaxed);
    Ok(())
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times
        .get((times.len() * percent / 100).min(times.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
