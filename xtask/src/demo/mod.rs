//! `cargo xtask demo`: an office, a server with its relay and an agent on this machine, until it is
//! ended; nothing of it is left then.

mod control;
pub(crate) mod office;
mod options;
mod words;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use serde_json::json;

use crate::children::Children;
use crate::{place, setup, totp};
use control::Ask;
use office::Running;
use options::{Office, Options};

/// How often the demo looks whether it is to end, and whether all is well.
const LOOK: Duration = Duration::from_millis(50);

/// Runs the demo until a signal, the end of the input (`--control`), or the fall of one of its
/// programs.
pub(crate) fn run(args: &[String]) -> Result<bool> {
    let options = Options::read(args)?;
    let ended = Arc::new(AtomicBool::new(false));
    for signal in
        [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP]
    {
        signal_hook::flag::register(signal, Arc::clone(&ended))?;
    }
    let desktop: &[_] = if options.office == Office::Desktop { setup::DESKTOP } else { &[] };
    setup::packages(&[setup::BUILD, desktop].concat())?;
    if !options.json && place::built().is_none() {
        eprintln!("building the programs (the first time takes minutes)");
    }
    place::build(options.release)?;
    match show(&options, &ended) {
        Err(_) if ended.load(Ordering::Relaxed) => Ok(true),
        other => other.map(|()| true),
    }
}

fn show(options: &Options, ended: &Arc<AtomicBool>) -> Result<()> {
    // Dropped in the reverse order: first the programs end, then their files go.
    let folder = tempfile::Builder::new().prefix("noren-demo-").tempdir()?;
    let mut children = Children::new(folder.path(), Arc::clone(ended))?;
    let running = office::start(options, &mut children, folder.path())?;
    if options.json {
        println!("{}", facts(&running, &children));
    } else {
        println!("{}", words::sheet(&running.place()));
        if let Some(country) = &running.country {
            println!("{}", words::country(&running.url, country));
        }
    }
    let asked = options.control.then(control::listen);
    let mut shown = 0;
    while !ended.load(Ordering::Relaxed) {
        if let Some(asked) = &asked {
            match asked.recv_timeout(LOOK) {
                Ok(Ok(Ask::End)) => break,
                Ok(ask) => println!(
                    "{}",
                    control::answer(ask.and_then(|a| obey(a, &mut children, &running)))
                ),
                Err(_) => {}
            }
        } else {
            std::thread::sleep(LOOK);
        }
        if let Some(why) = children.fallen() {
            bail!("{why}");
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        if !options.json && now / 30 != shown {
            shown = now / 30;
            println!("{}", running.code_line(now));
        }
    }
    Ok(())
}

/// The line of `--json`.
fn facts(r: &Running, children: &Children) -> serde_json::Value {
    json!({
        "url": r.url, "body": r.body, "user": r.user.login,
        "password": r.user.password, "totp_secret": r.user.totp_secret,
        "invite": r.slip, "target": r.target,
        "admin": {
            "user": r.admin.login, "password": r.admin.password,
            "totp_secret": r.admin.totp_secret },
        "others": r.others.iter().map(
            |one| json!(
                { "user": one.login, "password": one.password,
                    "totp_secret": one.totp_secret })).collect::<Vec<_>>(),
        "exchange": r.country, "display": r.display,
        "office": { "user": r.office_user, "password": r.office_password },
        "pids": {
            "server": children.pid("server"),
            "agent": children.pid("agent"), "relay": children.pid("relay") },
    })
}

fn obey(ask: Ask, children: &mut Children, running: &Running) -> Result<serde_json::Value> {
    match ask {
        Ask::Kill(name) => {
            for program in group(&name) {
                children.kill(program)?;
            }
            Ok(json!({ "killed": name }))
        }
        Ask::Start(name) => {
            for program in group(&name) {
                children.restart(program)?;
                running.ready(children, program)?;
            }
            Ok(json!({ "started": name }))
        }
        Ask::Run(words) => {
            let out = running.command(&words)?.output()?;
            let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
            Ok(json!(
                    { "code": out.status.code(), "stdout": text(&out.stdout),
                        "stderr": text(&out.stderr) }))
        }
        Ask::End => Ok(json!({})),
    }
}

/// The desktop is three programs; everything else is one.
fn group(name: &str) -> Vec<&str> {
    if name == "desktop" { crate::desktop::PROGRAMS.to_vec() } else { vec![name] }
}

/// The code of this moment, or dashes for a secret that is none.
fn code(secret: &str, now: u64) -> String {
    totp::code(secret, now).unwrap_or_else(|| "------".to_owned())
}
