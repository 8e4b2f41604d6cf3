//! Starts the whole: desktop, server with relay, agent, sample body, the grant of the PC, the slip.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::options::{Office, Options};
use super::{code, words};
use crate::children::{Children, Recipe};
use crate::desktop::{self, Desktop};
use crate::place;

/// How long a program may take to be ready, in seconds; a busy machine included.
const READY: u64 = 60;

/// Somebody who signs in.
pub(super) struct Person {
    pub(super) login: String,
    pub(super) password: String,
    pub(super) totp_secret: String,
}

/// All that runs, and what one needs to know to use it.
pub(super) struct Running {
    pub(super) url: String,
    pub(super) body: String,
    pub(super) user: Person,
    pub(super) admin: Person,
    pub(super) slip: String,
    pub(super) target: String,
    pub(super) display: Option<String>,
    pub(super) office_user: Option<String>,
    pub(super) office_password: Option<String>,
    pub(super) pids: (Option<u32>, Option<u32>),
    port: u16,
    office: String,
    programs: PathBuf,
    data: PathBuf,
}

/// Starts everything in this order, each once the one before is ready.
pub(super) fn start(options: &Options, children: &mut Children, folder: &Path) -> Result<Running> {
    let programs = place::programs(options.release)?;
    let desktop = if options.office == Office::Desktop { Some(Desktop::start(children, folder)?) } else { None };
    let port = desktop::free_port()?;
    let url = format!("http://localhost:{port}");
    let data = folder.to_path_buf();
    let server = |args: &[&str]| {
        let mut all = vec!["--data".to_owned(), data.join("server").display().to_string()];
        all.extend(args.iter().map(|a| (*a).to_owned()));
        all
    };
    let seeded = json_of(Command::new(programs.join("noren-server")).args(server(&["seed", "--url", &url, "--json"])))?;
    children.start(Recipe::new("server", programs.join("noren-server"), server(&["run", "--listen", &format!("127.0.0.1:{port}"), "--url", &url])))?;
    children.wait("noren-server", READY, || desktop::listens(port).then_some(()))?;
    let _ = (&seeded, desktop);
    bail!("not wired yet")
}
