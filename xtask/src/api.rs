//! The API against its own document: schemathesis (PyPI, in a virtual environment of the target folder) makes calls that the document allows and calls that
//! it does not, and finds every answer that is a server's error or not what the document says.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::place;

/// One generation, so that a run tomorrow looks for the same things.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
/// Seconds for the whole run.
const BUDGET: &str = "60";
const BODY: &str = "011002";
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth";

/// Runs it once as a superior who may do most there is; true when nothing was found.
pub(crate) fn run() -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let st = schemathesis()?;
    let server = place::programs(false)?.join("noren-server");
    let data = folder.path().join("data");
    let on_data = |words: &[&str]| {
        let mut c = Command::new(&server);
        let (first, rest) = words.split_first().unwrap_or((&"run", &[]));
        c.arg(first).arg("--data").arg(&data).args(rest).current_dir(folder.path());
        c
    };
    let plan = folder.path().join("plan.json");
    std::fs::write(&plan, plan_of())?;
    ensure!(on_data(&["seed", "--file"]).arg(&plan).status()?.success(), "seeding failed");
    let scopes = scopes(&on_data)?;
    let made =
        on_data(&["token", "--body", BODY, "--login", "sato", "--name", "schemathesis", "--days", "1", "--scopes", &scopes]);
    let token = text(made)?;
    let running = Running::start(on_data(&["run", "--listen", "127.0.0.1:0"]))?;
    let mut c = Command::new(st);
    c.arg("run").arg(format!("{}/api/openapi.json", running.url)).arg("--header").arg(format!("Authorization: Bearer {token}"));
    c.args(["--checks", CHECKS, "--max-time", BUDGET, "--max-examples", "40", "--phases", "examples,coverage,fuzzing"]);
    c.args(["--rate-limit", "500/m", "--workers", "1", "--suppress-health-check", "all", "--warnings", "off"]);
    Ok(c.current_dir(folder.path()).status().context("schemathesis")?.success())
}

/// Every scope there is, as the command names them when it is asked for one that is not.
fn scopes(on_data: &impl Fn(&[&str]) -> Command) -> Result<String> {
    let help = text(on_data(&["token", "--list-scopes"]))?;
    Ok(help.lines().collect::<Vec<_>>().join(","))
}

fn plan_of() -> String {
    let person = |login: &str, roles: &str| serde_json::json!({ "login": login, "name": login, "roles": roles, "division": "1", "password": "Kx7-vale-0mbrello" });
    let plan = serde_json::json!({
        "body": BODY,
        "divisions": [{ "code": "1", "name": "総務課", "superior": "sato" }],
        "staff": [person("admin", "it"), person("sato", "staff+superior+hr"), person("ito", "staff")],
    });
    plan.to_string()
}

/// The program, in a virtual environment that is made once.
fn schemathesis() -> Result<PathBuf> {
    let meta = place::metadata(&["--no-deps"])?;
    let target = meta["target_directory"].as_str().context("cargo metadata names the target directory")?;
    let venv = Path::new(target).join("schemathesis");
    let program = venv.join("bin/st");
    if !program.is_file() {
        eprintln!("installing {SCHEMATHESIS}");
        let made = Command::new("python3").args(["-m", "venv"]).arg(&venv).status().context("python3 -m venv")?;
        ensure!(made.success(), "no virtual environment (Debian: python3-venv)");
        let installed = Command::new(venv.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS])
            .status()?;
        ensure!(installed.success(), "pip install {SCHEMATHESIS} failed");
    }
    Ok(program)
}

fn text(mut command: Command) -> Result<String> {
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
