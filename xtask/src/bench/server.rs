//! The server as a program over SQLite: what a sign-in costs (Argon2 included), and how soon the first page after it comes
//! while many ask at once.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::aim;
use crate::children::{Children, Recipe};
use crate::desktop::{free_port, listens};
use crate::{place, totp};

/// People at once.
const PEOPLE: usize = 30;

/// Pages each of them asks for.
const PAGES: usize = 30;

pub(super) fn run() -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data").display().to_string();
    let program = place::programs(true)?.join("noren-server");
    let staff = |n: usize| json!({ "login": format!("p{n}"), "name": "職員", "roles": "staff" });
    let mut people: Vec<Value> = (0..PEOPLE).map(staff).collect();
    people.push(json!({ "login": "admin", "name": "情報", "roles": "staff+it" }));
    let plan = folder.path().join("plan.json");
    std::fs::write(&plan, json!({ "body": "131016", "staff": people }).to_string())?;
    let out = std::process::Command::new(&program).args(["seed", "--json", "--data", &data, "--file"]).arg(&plan).output()?;
    ensure!(out.status.success(), "seed: {}", String::from_utf8_lossy(&out.stderr));
    let seeded: Value = serde_json::from_slice(&out.stdout)?;

    let port = free_port()?;
    let mut children = Children::new(folder.path(), std::sync::Arc::default())?;
    let words = ["run", "--data", &data, "--listen", &format!("127.0.0.1:{port}")].map(str::to_owned).to_vec();
    children.start(Recipe::new("server", program, words))?;
    children.wait("noren-server", 30, || listens(port).then_some(()))?;

    let people = seeded["staff"].as_array().context("seed names its staff")?;
    let start = Instant::now();
    let signed: Vec<Browser> = everybody(people.iter().collect(), |one| Browser::sign_in(port, one))?;
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
    Ok(aim(&format!("a page, p95, {} people at once", people.len()), &figure, "100 ms", p95 <= Duration::from_millis(100)))
}

/// Runs the work for each in a thread of its own, all at once.
fn everybody<T: Send, R: Send>(all: Vec<T>, work: impl Fn(T) -> Result<R> + Sync) -> Result<Vec<R>> {
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = all.into_iter().map(|one| scope.spawn(move || work(one))).collect();
        threads.into_iter().map(|t| t.join().map_err(|_| anyhow::anyhow!("a thread fell"))?).collect()
    })
}

/// One browser: a connection and its cookies.
struct Browser {
    stream: BufReader<TcpStream>,
    cookies: BTreeMap<String, String>,
    host: String,
}

struct Answer {
    status: u16,
    body: String,
}

impl Browser {
    fn sign_in(port: u16, person: &Value) -> Result<Self> {
        let stream = BufReader::new(TcpStream::connect(("127.0.0.1", port))?);
        let mut browser = Self { stream, cookies: BTreeMap::new(), host: format!("localhost:{port}") };
        let page = browser.ask("GET", "/sign-in", "")?.body;
        let field = |name: &str| -> Option<&str> { page.split(&format!("name=\"{name}\" value=\"")).nth(1)?.split('"').next() };
        let text = |key: &str| person[key].as_str().with_context(|| format!("seed names no {key}"));
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let code = totp::code(text("totp_secret")?, now).context("a one-time code")?;
        let form = format!(
            "csrf={}&next=%2F&body={}&login={}&password={}&code={code}",
            field("csrf").context("the form has a token")?,
            text("body")?,
            text("user")?,
            text("password")?
        );
        let answer = browser.ask("POST", "/sign-in", &form)?;
        ensure!(answer.status == 303, "sign-in answered {}", answer.status);
        Ok(browser)
    }

    /// HTTP/1.1 with a length or in chunks, over a connection that is kept.
    fn ask(&mut self, method: &str, path: &str, form: &str) -> Result<Answer> {
        let cookies: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nCookie: {1}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {2}\r\n\r\n{form}",
            self.host,
            cookies.join("; "),
            form.len()
        );
        self.stream.get_mut().write_all(head.as_bytes())?;
        let status = self.line()?.split(' ').nth(1).context("a status")?.parse()?;
        let (mut length, mut chunks) = (0, false);
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse()?,
                "transfer-encoding" => chunks = true,
                "set-cookie" => {
                    if let Some((key, value)) = value.split(';').next().and_then(|c| c.split_once('=')) {
                        self.cookies.insert(key.to_owned(), value.to_owned());
                    }
                }
                _ => {}
            }
        }
        let mut body = Vec::new();
        if chunks {
            loop {
                let size = usize::from_str_radix(&self.line()?, 16)?;
                let mut part = vec![0; size + 2];
                self.stream.read_exact(&mut part)?;
                body.extend_from_slice(&part[..size]);
                if size == 0 {
                    break;
                }
            }
        } else {
            body.resize(length, 0);
            self.stream.read_exact(&mut body)?;
        }
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.stream.read_line(&mut line)? > 0, "the server hung up");
        Ok(line.trim_end().to_owned())
    }
}
