//! PostgreSQL for measurements: started on loopback in a folder of its own and ended with us.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::desktop::free_port;

/// A PostgreSQL server of our own.
pub(crate) struct Postgres {
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes one in the folder, or takes the one that is there, and starts it with settings fit for
    /// a server of this size.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let server = Self { folder: folder.to_path_buf(), port: free_port()? };
        if !server.data().join("PG_VERSION").exists() {
            std::fs::create_dir_all(folder)?;
            if root() {
                run(Command::new("chown").arg("postgres").arg(folder))?;
            }
            let data = server.data().display().to_string();
            server.tool(
                "initdb",
                &["-D", &data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"],
            )?;
        }
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c shared_buffers=512MB",
            server.port,
            server.folder.display()
        );
        let (data, log) =
            (server.data().display().to_string(), server.folder.join("log").display().to_string());
        server.tool("pg_ctl", &["-D", &data, "-w", "-l", &log, "-o", &options, "start"])?;
        Ok(server)
    }

    /// Makes an empty database and gives its address.
    pub(crate) fn database(&self, name: &str) -> Result<String> {
        self.tool(
            "createdb",
            &["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "postgres", name],
        )?;
        Ok(self.address(name))
    }

    /// The address of a database.
    pub(crate) fn address(&self, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Holds the turn of a body for so long, as a server that is stuck would. Answers once it is
    /// held.
    pub(crate) fn hold(
        &self,
        name: &str,
        body: &str,
        long: std::time::Duration,
    ) -> Result<std::process::Child> {
        use std::io::{BufRead, BufReader};
        let code: i64 = body.parse().context("a body")?;
        let mut command = Command::new(bin()?.join("psql"));
        command.args([
            "-h",
            "127.0.0.1",
            "-p",
            &self.port.to_string(),
            "-U",
            "postgres",
            "-At",
            name,
        ]);
        command.args(["-c", &format!("SELECT pg_advisory_lock({code})"), "-c", "SELECT 'held'"]);
        command.args(["-c", &format!("SELECT pg_sleep({})", long.as_secs())]);
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().context("psql")?;
        let lines = BufReader::new(child.stdout.take().context("its output")?);
        ensure!(
            lines.lines().map_while(std::io::Result::ok).any(|line| line == "held"),
            "the lock is not held"
        );
        Ok(child)
    }

    /// What its own housekeeping does in the minutes after a load.
    pub(crate) fn settle(&self, name: &str) -> Result<()> {
        let port = self.port.to_string();
        self.tool(
            "vacuumdb",
            &["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "--analyze", "--quiet", name],
        )
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// PostgreSQL refuses to run as root: there it runs as its own user.
    fn tool(&self, name: &str, args: &[&str]) -> Result<()> {
        let program = bin()?.join(name);
        let mut command = if root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        run(command.args(args).current_dir(&self.folder))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.data().display().to_string();
        if let Err(error) = self.tool("pg_ctl", &["-D", &data, "-m", "fast", "-w", "stop"]) {
            println!("PostgreSQL did not end: {error}");
        }
    }
}

fn root() -> bool {
    rustix::process::getuid().is_root()
}

/// Debian keeps the server's programs beside its version, not in the path.
fn bin() -> Result<PathBuf> {
    let found = std::fs::read_dir("/usr/lib/postgresql")
        .context("PostgreSQL is not installed (apt: postgresql)")?;
    let mut versions: Vec<PathBuf> =
        found.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    versions.sort();
    versions.pop().context("PostgreSQL is not installed (apt: postgresql)")
}

fn run(command: &mut Command) -> Result<()> {
    let out = command.output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(out.status.success(), "{command:?}: {}{}", text(&out.stdout), text(&out.stderr));
    Ok(())
}
