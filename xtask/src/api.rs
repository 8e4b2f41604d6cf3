//! The API against its own document: schemathesis (PyPI, in a virtual environment of the target
//! folder) makes calls that the document allows and calls that
//! it does not, and finds every answer that is a server's error or not what the document says.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::place;

/// One generation, so that a run tomorrow looks for the same things.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
const BODY: &str = "011002";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_schema_conformance,ignored_auth";

/// Whose program calls, what, and for how many seconds.
struct Turn<'a> {
    body: &'a str,
    login: &'a str,
    paths: &'a str,
    seconds: u32,
}

/// Every call as a superior who may do most there is, those of the exchange as ministry, prefecture
/// and town on a survey that runs; true when nothing was found.
pub(crate) fn run() -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let st = schemathesis()?;
    let server = place::programs(false)?.join("noren-server");
    let data = folder.path().join("data");
    let seed = place::programs(false)?.join("noren-seed");
    let of = |program: &std::path::Path, words: &[&str]| {
        let mut c = Command::new(program);
        c.args(words).arg("--data").arg(&data).current_dir(folder.path());
        c
    };
    let on_data = |words: &[&str]| of(&server, words);
    let plan = folder.path().join("plan.json");
    std::fs::write(&plan, plan_of())?;
    ensure!(of(&seed, &["people"]).arg("--file").arg(&plan).status()?.success(), "seeding failed");
    let answers =
        |year: &str| place::root().join(format!("core/exchange/testdata/answers-{year}.csv"));
    let mut seeding = of(&seed, &["exchange", "--json"]);
    seeding.arg("--answers").arg(answers("r3")).arg("--previous").arg(answers("r2"));
    let country: serde_json::Value = serde_json::from_str(&text(&mut seeding)?)?;
    let case = country["case"].as_str().context("the survey that runs")?;
    let desk = |login: &str| {
        let people = country["people"].as_array().into_iter().flatten();
        let found = people.filter(|one| one["user"] == login).find_map(|one| one["body"].as_str());
        found.map(str::to_owned).with_context(|| format!("nobody is called {login}"))
    };
    let (prefecture, town) = (desk("ken")?, desk("machi")?);
    let config = folder.path().join("schemathesis.toml");
    std::fs::write(&config, config_of(case, &town))?;
    let exchange = "^/api/v1/exchange/";
    let turns = [
        Turn { body: BODY, login: "sato", paths: "^/api/v1/(telework|token)", seconds: 30 },
        Turn { body: "000019", login: "kuni", paths: exchange, seconds: 25 },
        Turn { body: &prefecture, login: "ken", paths: exchange, seconds: 20 },
        Turn { body: &town, login: "machi", paths: exchange, seconds: 25 },
    ];
    let scopes = scopes(&on_data)?;
    let mut tokens = Vec::new();
    for turn in &turns {
        let words = [
            "token",
            "--body",
            turn.body,
            "--login",
            turn.login,
            "--name",
            "schemathesis",
            "--days",
            "1",
            "--scopes",
            &scopes,
        ];
        tokens.push(text(&mut on_data(&words))?);
    }
    let running = Running::start(on_data(&["run", "--listen", "127.0.0.1:0"]))?;
    // All at once: each keeps to its own pace, and what one changes the others meet, as in life.
    let mut calling = Vec::new();
    for (turn, token) in turns.iter().zip(&tokens) {
        let mut c = Command::new(&st);
        c.arg("--config-file")
            .arg(&config)
            .arg("run")
            .arg(format!("{}/api/openapi.json", running.url));
        c.arg("--header")
            .arg(format!("Authorization: Bearer {token}"))
            .args(["--include-path-regex", turn.paths]);
        c.args([
            "--checks",
            CHECKS,
            "--max-time",
            &turn.seconds.to_string(),
            "--max-examples",
            "10",
        ]);
        c.args([
            "--phases",
            "examples,coverage,fuzzing",
            "--rate-limit",
            "900/m",
            "--workers",
            "1",
        ]);
        c.args(["--suppress-health-check", "all", "--warnings", "off", "--seed", "1"]);
        // Into a file: a pipe nobody reads yet would hold it up.
        let said = folder.path().join(format!("{}.txt", turn.login));
        let out = std::fs::File::create(&said)?;
        c.current_dir(folder.path()).stderr(out.try_clone()?).stdout(out);
        calling.push((turn, said, c.spawn().context("schemathesis")?));
    }
    let mut ok = true;
    for (turn, said, mut child) in calling {
        ok &= child.wait()?.success();
        println!("-- {} of {}: {}", turn.login, turn.body, turn.paths);
        println!("{}", String::from_utf8_lossy(&std::fs::read(said)?));
    }
    Ok(ok)
}

/// Numbers of things that are there: a number made up leads to nothing but 404.
fn config_of(case: &str, town: &str) -> String {
    let one = |paths: &str, parameters: &str| {
        format!(
            "[[operations]]\ninclude-path-regex = \"{paths}\"\nparameters = {{ {parameters} }}\n"
        )
    };
    one("^/api/v1/exchange/", &format!("\"path.id\" = \"{case}\", \"path.body\" = \"{town}\""))
        + &one("/months/", "\"path.month\" = \"2026-01\"")
}

/// Every scope there is, as the command names them when it is asked for one that is not.
fn scopes(on_data: &impl Fn(&[&str]) -> Command) -> Result<String> {
    let help = text(&mut on_data(&["token", "--list-scopes"]))?;
    Ok(help.lines().collect::<Vec<_>>().join(","))
}

fn plan_of() -> String {
    let person = |login: &str, roles: &str| {
        serde_json::json!(
        { "login": login, "name": login, "roles": roles, "division": "1",
            "password": "Kx7-vale-0mbrello" })
    };
    let plan = serde_json::json!({
        "body": BODY,
        "divisions": [{ "code": "1", "name": "総務課", "superior": "sato" }],
        "staff": [
            person("admin", "it"), person("sato", "staff+superior+hr"), person("ito", "staff")],
    });
    plan.to_string()
}

/// The program, in a virtual environment that is made once.
fn schemathesis() -> Result<PathBuf> {
    let meta = place::metadata(&["--no-deps"])?;
    let target =
        meta["target_directory"].as_str().context("cargo metadata names the target directory")?;
    let venv = Path::new(target).join("schemathesis");
    let program = venv.join("bin/st");
    if !program.is_file() {
        eprintln!("installing {SCHEMATHESIS}");
        let made = Command::new("python3")
            .args(["-m", "venv"])
            .arg(&venv)
            .status()
            .context("python3 -m venv")?;
        ensure!(made.success(), "no virtual environment (Debian: python3-venv)");
        let installed = Command::new(venv.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS])
            .status()?;
        ensure!(installed.success(), "pip install {SCHEMATHESIS} failed");
    }
    Ok(program)
}

fn text(command: &mut Command) -> Result<String> {
    let out = command.stderr(Stdio::inherit()).output()?;
    ensure!(out.status.success(), "{:?} failed", command.get_program());
    Ok(String::from_utf8(out.stdout)?.trim().to_owned())
}

/// A server that ends with this.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    fn start(mut command: Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().context("its output")?;
        let mut running = Self { child, url: String::new() };
        for line in BufReader::new(out).lines() {
            if let Some(url) = line?.strip_prefix("noren-server: ") {
                running.url = url.trim().trim_end_matches('/').to_owned();
                break;
            }
        }
        ensure!(!running.url.is_empty(), "the server did not start");
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
