//! Starts the whole: desktop, server with relay, agent, sample body, the grant of the PC, the slip.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::options::{Office, Options};
use super::{code, words};
use crate::children::{Children, Recipe};
use crate::desktop::{self, Desktop, private};
use crate::place;

/// How long a program may take to be ready, in seconds; a busy machine included.
const READY: u64 = 60;

/// What the PC is called.
const OFFICE: &str = "総務課のパソコン";

/// Somebody who signs in.
pub(super) struct Person {
    pub(super) login: String,
    pub(super) password: String,
    pub(super) totp_secret: String,
}

impl Person {
    fn read(json: &Value) -> Result<Self> {
        let text = |key: &str| {
            json[key].as_str().map(str::to_owned).with_context(|| format!("seed names no {key}"))
        };
        Ok(Self {
            login: text("user")?,
            password: text("password")?,
            totp_secret: text("totp_secret")?,
        })
    }
}

/// All that runs, and what one needs to know to use it.
pub(super) struct Running {
    pub(super) url: String,
    pub(super) body: String,
    pub(super) user: Person,
    pub(super) admin: Person,
    /// Others one can sign in as.
    pub(super) others: Vec<Person>,
    pub(super) slip: String,
    pub(super) target: String,
    pub(super) display: Option<String>,
    pub(super) office_user: Option<String>,
    pub(super) office_password: Option<String>,
    /// What seeding the country said: people of ministry, prefecture and town, the survey that
    /// runs.
    pub(super) country: Option<Value>,
    programs: Programs,
    port: u16,
    relay_port: Option<u16>,
}

/// The built programs and the folders they keep their things in.
pub(super) struct Programs {
    folder: PathBuf,
    data: PathBuf,
}

impl Programs {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("noren-{name}"))
    }

    /// The words of a command with its own folder of data.
    fn words(&self, name: &str, args: &[&str]) -> Vec<String> {
        let data = self.data.join(name).display().to_string();
        args.iter().copied().chain(["--data", &data]).map(str::to_owned).collect()
    }

    fn command(&self, name: &str, args: &[&str]) -> Command {
        let mut c = Command::new(self.path(name));
        c.args(self.words(name, args));
        c
    }

    /// What is put into the server's data before it starts.
    fn seed(&self, args: &[&str]) -> Command {
        let mut c = Command::new(self.path("seed"));
        c.args(self.words("server", args));
        c
    }

    fn recipe(&self, name: &'static str, args: &[&str]) -> Recipe {
        Recipe::new(name, self.path(name), self.words(name, args))
    }
}

/// Starts everything, each once the one before is ready.
pub(super) fn start(options: &Options, children: &mut Children, folder: &Path) -> Result<Running> {
    let programs =
        Programs { folder: place::programs(options.release)?, data: folder.to_path_buf() };
    let desktop = if options.office == Office::Desktop {
        Some(Desktop::start(children, folder)?)
    } else {
        None
    };
    let port = options.port.map_or_else(desktop::free_port, Ok)?;
    let inside = format!("http://127.0.0.1:{port}");
    let url = options.url.clone().unwrap_or_else(|| format!("http://localhost:{port}"));
    let listen = format!("127.0.0.1:{port}");
    // The PC first: the body that is seeded promises it to its member of staff by its id.
    let target = offer(&programs, &options.office, desktop.as_ref(), folder)?;
    let plan = folder.join("plan.json");
    std::fs::write(&plan, plan_of(options, &target).to_string())?;
    let seeded =
        answer(&mut programs.seed(&["people", "--json", "--file", &plan.display().to_string()]))?;
    let country = if options.exchange { Some(country(&programs)?) } else { None };
    let mut words = vec!["run", "--listen", &listen, "--public-url", &url];
    let relay_port = if options.relay { Some(desktop::free_port()?) } else { None };
    let relay_origin = relay_port.map(|p| format!("ws://127.0.0.1:{p}")).unwrap_or_default();
    if options.relay {
        words.extend(["--relay-origin", &relay_origin]);
    }
    children.start(programs.recipe("server", &words))?;
    children.wait("noren-server", READY, || desktop::listens(port).then_some(()))?;
    let token = seeded["enroll_token"].as_str().context("seed names no enrolment token")?;
    let (user, admin) = (Person::read(&seeded)?, Person::read(&seeded["admin"])?);
    let others = seeded["staff"]
        .as_array()
        .into_iter()
        .flatten()
        .map(Person::read)
        .collect::<Result<Vec<_>>>()?;
    let others = others
        .into_iter()
        .filter(|one| one.login != user.login && one.login != admin.login)
        .collect();
    let enrolled = said(
        programs
            .command("agent", &["enroll", "--server", &inside, "--name", "demo"])
            .env("NOREN_AGENT_TOKEN", token),
    )?;
    if let Some(port) = relay_port {
        let key = enrolled
            .lines()
            .find_map(|l| l.strip_prefix("server key: "))
            .context("enrolling names the server's key")?;
        let config = folder.join("relay.toml");
        std::fs::write(
            &config,
            format!(
                "listen = \"127.0.0.1:{port}\"\nservers = [\"{key}\"]\norigins = [\"{url}\"]\n"
            ),
        )?;
        let words = vec!["--config".to_owned(), config.display().to_string()];
        children.start(Recipe::new("relay", programs.path("relay"), words))?;
        children.wait("noren-relay", READY, || desktop::listens(port).then_some(()))?;
    }
    let slip =
        answer(&mut programs.command("agent", &["invite", "--user", &user.login, "--json"]))?;
    let slip = slip["code"].as_str().context("the slip has no code")?.to_owned();
    children.start(programs.recipe("agent", &["run"]))?;
    let (office_user, office_password) = match &options.office {
        Office::Rdp { user, password, .. } => (Some(user.clone()), Some(password.clone())),
        _ => (None, None),
    };
    let display = desktop.map(|d| d.display);
    let body = seeded["body"].as_str().context("seed names no body")?.to_owned();
    Ok(Running {
        url,
        body,
        user,
        admin,
        others,
        slip,
        target: OFFICE.to_owned(),
        display,
        office_user,
        office_password,
        country,
        programs,
        port,
        relay_port,
    })
}

/// The body of the demo: an administrator, a member of staff, and the PC for her; around them a
/// town of 120, with a superior and a clerk of HR one can sign in as.
fn plan_of(options: &Options, target: &str) -> Value {
    let mut plan = small_plan(options, target);
    if options.town {
        plan["town"] = json!({ "staff": 116, "months": 3 });
        plan["divisions"][1]["superior"] = json!("kacho");
        if let Some(staff) = plan["staff"].as_array_mut() {
            staff.push(json!(
                    { "login": "kacho", "name": "総務 一郎", "roles": "staff+superior",
                        "division": "020" }));
            staff.push(
                json!(
                    { "login": "jinji", "name": "人事 次郎", "roles": "staff+hr", "division": "020" }));
        }
    }
    plan
}

fn small_plan(options: &Options, target: &str) -> Value {
    json!({
        "body": "131016", "agents": ["demo"],
        "divisions": [
            { "code": "010", "name": "情報政策課", "superior": "admin" },
            { "code": "020", "name": "総務課", "superior": "admin" },
        ],
        "staff": [
            { "login": "admin", "name": "情報 太郎", "roles": "staff+it", "division": "010" },
            { "login": "hanako", "name": "佐藤 花子", "roles": "staff", "division": "020" },
        ],
        "assignments": [{ "target": target, "login": "hanako" }],
        "session": {
            "idle_seconds": 900, "warn_seconds": 120,
            "longest_seconds": 43200, "watermark": options.watermark, "contrast": 12,
            "spacing": 240, "text": "{body} {user} {time}", "resize": true,
        },
    })
}

/// The 1,788 bodies with five past surveys and one that runs.
fn country(programs: &Programs) -> Result<Value> {
    let (answers, previous) = answers();
    let mut words = vec!["exchange", "--json"];
    words.extend(["--answers", &answers, "--previous", &previous]);
    answer(&mut programs.seed(&words))
}

/// The invented answers of two years, as files of the repository.
pub(crate) fn answers() -> (String, String) {
    let file =
        |name: &str| place::root().join("core/exchange/testdata").join(name).display().to_string();
    (file("answers-r3.csv"), file("answers-r2.csv"))
}

/// Tells the agent which PC it offers, and gives its id.
fn offer(
    programs: &Programs,
    office: &Office,
    desktop: Option<&Desktop>,
    folder: &Path,
) -> Result<String> {
    let own = desktop.map(|d| (format!("127.0.0.1:{}", d.port), Some(d.password.clone())));
    let (kind, address, password) = match office {
        Office::Sample => ("sample", None, None),
        Office::Rdp { address, .. } => ("rdp", Some(address.clone()), None),
        Office::Vnc { address, password } => ("vnc", Some(address.clone()), password.clone()),
        Office::Desktop => {
            let (address, password) = own.context("the office desktop runs")?;
            ("vnc", Some(address), password)
        }
    };
    let mut words = vec!["target", "add", kind, "--name", OFFICE, "--zone", "lgwan"]
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    if let Some((host, port)) = address.as_deref().and_then(|a| a.rsplit_once(':')) {
        words.extend(["--host", host.trim_matches(['[', ']']), "--port", port].map(str::to_owned));
    }
    let file = folder.join("password");
    if let Some(password) = password {
        private(&file)?.write_all(password.as_bytes())?;
        words.extend(["--password-file".to_owned(), file.display().to_string()]);
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    said(&mut programs.command("agent", &words))?;
    std::fs::remove_file(&file).ok();
    let listed = answer(&mut programs.command("agent", &["target", "list", "--json"]))?;
    Ok(listed["targets"][0]["id"].as_str().context("the agent lists the PC")?.to_owned())
}

impl Running {
    /// What people are told.
    pub(super) fn place(&self) -> words::Place<'_> {
        words::Place {
            url: &self.url,
            body: &self.body,
            user: &self.user.login,
            password: &self.user.password,
            totp_secret: &self.user.totp_secret,
            slip: &self.slip,
            admin: &self.admin.login,
            admin_password: &self.admin.password,
            admin_totp_secret: &self.admin.totp_secret,
            others: self
                .others
                .iter()
                .map(|one| {
                    format!(
                        "{}   パスワード / password: {}   (secret: {})",
                        one.login, one.password, one.totp_secret
                    )
                })
                .collect(),
            office: &self.target,
        }
    }

    /// The codes of this moment.
    pub(super) fn code_line(&self, now: u64) -> String {
        let (user, admin) = (code(&self.user.totp_secret, now), code(&self.admin.totp_secret, now));
        words::code_line(&self.user.login, &user, &self.admin.login, &admin, 30 - now % 30)
    }

    /// Waits until a program that was started again is of use.
    pub(super) fn ready(&self, children: &mut Children, name: &str) -> Result<()> {
        let port = match name {
            "server" => Some(self.port),
            "relay" => self.relay_port,
            _ => None,
        };
        port.map_or(Ok(()), |port| {
            children.wait(name, READY, || desktop::listens(port).then_some(()))
        })
    }

    /// One of our programs, `words[0]`, over the data of the one that runs.
    pub(super) fn command(&self, words: &[String]) -> Result<Command> {
        let (name, args) = words.split_first().context("run takes a program")?;
        ensure!(
            ["server", "agent", "relay"].contains(&name.as_str()),
            "no program is called {name}"
        );
        Ok(self.programs.command(name, &args.iter().map(String::as_str).collect::<Vec<_>>()))
    }
}

/// Runs a command to its end and gives what it printed.
fn said(command: &mut Command) -> Result<String> {
    let out = command.output().with_context(|| format!("{:?}", command.get_program()))?;
    ensure!(
        out.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// The same for one line of JSON.
fn answer(command: &mut Command) -> Result<Value> {
    let text = said(command)?;
    serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))
}
