//! The real program, started and asked over its port.

#![allow(dead_code)] // Each test program uses its part.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A port nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Signs in as somebody that seeding made; gives the cookie's value.
pub(crate) fn sign_in(port: u16, person: &Value) -> String {
    let (_, page) = ask(port, "", "GET", "/sign-in", "").unwrap();
    let csrf = field(&page, "csrf").to_owned();
    let cookie = page
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let text = |name: &str| person[name].as_str().unwrap();
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let key = web_people::factors::totp::from_base32(text("totp_secret")).unwrap();
    let code = web_people::factors::totp::code_at(&key, i64::try_from(now).unwrap()).unwrap();
    let form = format!(
        "csrf={csrf}&next=/&body={}&login={}&password={}&code={code}",
        text("body"),
        text("user"),
        text("password")
    );
    let kind = "application/x-www-form-urlencoded";
    let (status, answer) = send(port, &cookie, "POST", "/sign-in", kind, form.as_bytes()).unwrap();
    assert_eq!(status, 303, "{answer}");
    let set = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: noren="));
    set.map(|rest| rest.split(';').next().unwrap().to_owned())
        .find(|value| !value.is_empty())
        .unwrap()
}

/// The value of a hidden field of a page.
pub(crate) fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let rest = page
        .split(&format!("name=\"{name}\" value=\""))
        .nth(1)
        .unwrap_or_else(|| panic!("no {name}: {page}"));
    rest.split('"').next().unwrap()
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_noren-server"));
    for name in ["NOREN_DATA", "NOREN_DATABASE", "NOREN_ANCHOR_FILE", "NOREN_SYSLOG"] {
        command.env_remove(name);
    }
    command
}

/// Runs a command of the program over the data, with something typed: whether it did it, and what
/// it said.
pub(crate) fn try_run(data: &Path, words: &[&str], typed: &str) -> (bool, String) {
    let mut child = program()
        .args(words)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who asks nothing may have ended before it is typed.
    _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    let out = child.wait_with_output().unwrap();
    let said = [out.stdout, out.stderr].map(|part| String::from_utf8_lossy(&part).into_owned());
    (out.status.success(), said.concat())
}

/// Runs a command of the program over the data; what it said.
pub(crate) fn run(data: &Path, words: &[&str]) -> Vec<u8> {
    let out = program().args(words).arg("--data").arg(data).output().unwrap();
    assert!(
        out.status.success(),
        "{words:?}: {}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    out.stdout
}

/// Puts people or cases into new data; what was said.
pub(crate) fn seed(data: &Path, words: &[&str]) -> Vec<u8> {
    let mut command = Command::new(web_testing::seed());
    command.env_remove("NOREN_DATA").env_remove("NOREN_DATABASE");
    let out = command.args(words).arg("--data").arg(data).output().unwrap();
    assert!(out.status.success(), "{words:?}: {}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

/// Starts the server; it says where it is once it listens.
pub(crate) fn start(data: &Path, port: u16) -> Child {
    start_with(data, port, &[])
}

/// The same with more words on its command line.
pub(crate) fn start_with(data: &Path, port: u16, words: &[&str]) -> Child {
    let (child, line) = launch(data, port, words);
    assert!(line.contains(&port.to_string()), "{line}");
    child
}

/// Starts the server, and what it says first.
pub(crate) fn launch(data: &Path, port: u16, words: &[&str]) -> (Child, String) {
    let mut child = program()
        .args(["run", "--listen", &format!("127.0.0.1:{port}"), "--data"])
        .arg(data)
        .args(words)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line)
}

/// One request of a form on a connection of its own, of whoever has this cookie.
pub(crate) fn ask(
    port: u16,
    cookie: &str,
    method: &str,
    path: &str,
    form: &str,
) -> std::io::Result<(u16, String)> {
    let cookie = format!("noren={cookie}");
    send(port, &cookie, method, path, "application/x-www-form-urlencoded", form.as_bytes())
}

/// Any request with these cookies.
pub(crate) fn send(
    port: u16,
    cookies: &str,
    method: &str,
    path: &str,
    kind: &str,
    body: &[u8],
) -> std::io::Result<(u16, String)> {
    let head =
        format!("Origin: http://localhost:{port}\r\nCookie: {cookies}\r\nContent-Type: {kind}\r\n");
    exchanged(port, method, path, &head, body)
}

/// A call of a program with this token of the API: the status alone.
pub(crate) fn call(port: u16, token: &str, path: &str) -> u16 {
    exchanged(port, "GET", path, &format!("Authorization: Bearer {token}\r\n"), b"").unwrap().0
}

fn exchanged(
    port: u16,
    method: &str,
    path: &str,
    head: &str,
    body: &[u8],
) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{head}Content-Length: \
         {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.map(|status| (status, text)).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}
