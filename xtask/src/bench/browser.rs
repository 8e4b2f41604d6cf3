//! A browser for measurements: a connection that is kept, cookies, the token of the last page.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::totp;

/// Runs the work for each in a thread of its own, all at once.
pub(crate) fn everybody<T: Send, R: Send>(
    all: Vec<T>,
    work: impl Fn(T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = all.into_iter().map(|one| scope.spawn(move || work(one))).collect();
        threads
            .into_iter()
            .map(|t| t.join().map_err(|_| anyhow::anyhow!("a thread fell"))?)
            .collect()
    })
}

/// One browser: a connection and its cookies.
pub(crate) struct Browser {
    stream: BufReader<TcpStream>,
    cookies: BTreeMap<String, String>,
    host: String,
    /// Where a proxy in front would say that it comes from.
    from: Option<String>,
    /// Token of the last page that had one.
    csrf: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// Where a redirect leads.
    pub(crate) location: String,
    /// The body as it came, for what is no text.
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The value of the first hidden field of this name.
    pub(crate) fn field(&self, name: &str) -> Result<String> {
        let value = self
            .body
            .split(&format!("name=\"{name}\" value=\""))
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        value.map(str::to_owned).with_context(|| format!("the page has no field {name}"))
    }
}

impl Browser {
    fn new(port: u16, from: Option<String>) -> Result<Self> {
        let stream = BufReader::new(TcpStream::connect(("127.0.0.1", port))?);
        stream.get_ref().set_nodelay(true)?;
        let host = format!("localhost:{port}");
        Ok(Self { stream, cookies: BTreeMap::new(), host, from, csrf: String::new() })
    }

    /// One that holds the cookie of a sign-in already.
    pub(crate) fn with_cookie(port: u16, cookie: &str) -> Result<Self> {
        let mut browser = Self::new(port, None)?;
        browser.cookies.insert("noren".to_owned(), cookie.to_owned());
        Ok(browser)
    }

    /// The cookie of the sign-in.
    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookies.get("noren").cloned()
    }

    /// Signs somebody in, from an address of her own where there is a proxy to say so.
    pub(crate) fn sign_in(port: u16, person: &Value, from: Option<String>) -> Result<Self> {
        let mut browser = Self::new(port, from)?;
        let page = browser.ask("GET", "/sign-in", "")?.body;
        let field = |name: &str| -> Option<&str> {
            page.split(&format!("name=\"{name}\" value=\"")).nth(1)?.split('"').next()
        };
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
    pub(crate) fn ask(&mut self, method: &str, path: &str, form: &str) -> Result<Answer> {
        self.send(method, path, "application/x-www-form-urlencoded", form.as_bytes())
    }

    /// A file in a multipart form, after the token of the last page and some fields.
    pub(crate) fn upload(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        name: &str,
        file: &[u8],
    ) -> Result<Answer> {
        let mut body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n",
            self.csrf
        )
        .into_bytes();
        for (key, value) in fields {
            write!(
                body,
                "--x\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n"
            )?;
        }
        write!(
            body,
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        )?;
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--x--\r\n");
        self.send("POST", path, "multipart/form-data; boundary=x", &body)
    }

    /// A form with the token of the last page.
    pub(crate) fn post(&mut self, path: &str, form: &str) -> Result<Answer> {
        let form = format!("csrf={}&{form}", self.csrf);
        self.ask("POST", path, &form)
    }

    /// JSON with the token of the last page.
    pub(crate) fn json(&mut self, path: &str, body: &Value) -> Result<Answer> {
        self.send("POST", path, "application/json", body.to_string().as_bytes())
    }

    fn send(&mut self, method: &str, path: &str, kind: &str, form: &[u8]) -> Result<Answer> {
        let cookies: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nCookie: \
             {1}\r\nContent-Type: {kind}\r\n{2}\
             x-noren-csrf: {3}\r\nContent-Length: {4}\r\n\r\n",
            self.host,
            cookies.join("; "),
            self.from.as_ref().map_or(String::new(), |from| format!("X-Forwarded-For: {from}\r\n")),
            self.csrf,
            form.len()
        );
        self.stream.get_mut().write_all(&[head.as_bytes(), form].concat())?;
        let status = self.line()?.split(' ').nth(1).context("a status")?.parse()?;
        let (mut length, mut chunks, mut location) = (0, false, String::new());
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse()?,
                "transfer-encoding" => chunks = true,
                "location" => location = value.to_owned(),
                "set-cookie" => {
                    if let Some((key, value)) =
                        value.split(';').next().and_then(|c| c.split_once('='))
                    {
                        self.cookies.insert(key.to_owned(), value.to_owned());
                    }
                }
                _ => {}
            }
        }
        let mut bytes = Vec::new();
        if chunks {
            loop {
                let size = usize::from_str_radix(&self.line()?, 16)?;
                let mut part = vec![0; size + 2];
                self.stream.read_exact(&mut part)?;
                bytes.extend_from_slice(&part[..size]);
                if size == 0 {
                    break;
                }
            }
        } else {
            bytes.resize(length, 0);
            self.stream.read_exact(&mut bytes)?;
        }
        let body = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(token) =
            body.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next())
        {
            self.csrf = token.to_owned();
        }
        Ok(Answer { status, body, location, bytes })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.stream.read_line(&mut line)? > 0, "the server hung up");
        Ok(line.trim_end().to_owned())
    }
}
