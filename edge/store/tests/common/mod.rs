//! PostgreSQL for tests: started on loopback in a temporary folder and ended with it.

#![allow(unreachable_pub)] // Included by tests and by `web/town`.
#![allow(dead_code)] // Each test program uses its part.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use store::Store;
use tempfile::TempDir;

/// One suite over SQLite and PostgreSQL: each case is a function of an empty store.
#[allow(unused_macros)] // Each test program uses its part.
macro_rules! suite {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                super::$name(store::Store::open_folder(folder.path()).await.unwrap()).await;
            })*
        }

        /// All cases over one server, each in a database of its own.
        #[tokio::test]
        async fn postgres() {
            let server = $crate::common::Postgres::start();
            $($name(server.store(stringify!($name)).await).await;)*
        }
    };
}

/// One test over both databases.
pub async fn on_both(test: impl AsyncFn(&Store)) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    test(&store).await;
    store.close().await;
    let server = Postgres::start();
    let store = server.store("book").await;
    test(&store).await;
    store.close().await;
}

/// A PostgreSQL server of this test's own.
pub struct Postgres {
    folder: TempDir,
    port: u16,
}

impl Postgres {
    /// Makes and starts one; `pg_ctl` waits until it answers.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder, port };
        if root() {
            run(Command::new("chown").arg("postgres").arg(server.folder.path()));
        }
        let data = server.data();
        server.tool(
            "initdb",
            &[
                "-D",
                &data,
                "-A",
                "trust",
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
            ],
        );
        server.start_again();
        server
    }

    /// Starts it over the data it has.
    pub fn start_again(&self) {
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1",
            self.port,
            self.folder.path().display()
        );
        let log = self.folder.path().join("log").display().to_string();
        self.tool("pg_ctl", &["-D", &self.data(), "-w", "-l", &log, "-o", &options, "start"]);
    }

    /// An empty database of this name.
    pub async fn store(&self, name: &str) -> Store {
        self.create(name);
        Store::open(&self.address(name)).await.unwrap()
    }

    /// A database of this name in which no migration ran.
    pub fn create(&self, name: &str) {
        let port = self.port.to_string();
        self.tool("createdb", &["-h", "127.0.0.1", "-p", &port, "-U", "postgres", name]);
    }

    /// A copy of a database as it is now, as `pg_dump` takes it.
    pub fn copy(&self, name: &str) {
        let port = self.port.to_string();
        let file = format!("--file={name}.copy");
        self.tool(
            "pg_dump",
            &["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "--format=custom", &file, name],
        );
    }

    /// The last copy of a database in its place; nobody is connected to it.
    pub fn put_back(&self, name: &str) {
        let port = self.port.to_string();
        let here = ["-h", "127.0.0.1", "-p", &port, "-U", "postgres"];
        let (database, file) = (format!("--dbname={name}"), format!("{name}.copy"));
        self.tool("dropdb", &[&here[..], &[name]].concat());
        self.tool("createdb", &[&here[..], &[name]].concat());
        self.tool("pg_restore", &[&here[..], &["--exit-on-error", &database, &file]].concat());
    }

    /// Its address.
    pub fn address(&self, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Ends it at once, as a power cut would.
    pub fn stop(&self) {
        self.tool("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]);
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// PostgreSQL refuses to run as root: there it runs as its own user.
    fn tool(&self, name: &str, args: &[&str]) {
        let program = bin().join(name);
        let mut command = if root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        run(command.args(args).current_dir(self.folder.path()));
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if Path::new(&self.data()).join("postmaster.pid").exists() {
            self.stop();
        }
    }
}

fn root() -> bool {
    let out = Command::new("id").arg("-u").output().unwrap();
    out.stdout == b"0\n"
}

/// Debian keeps the server's programs beside its version, not in the path.
fn bin() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("postgresql is not installed")
        .map(|entry| entry.unwrap().path().join("bin"))
        .collect();
    versions.sort();
    versions.pop().expect("postgresql is not installed")
}

fn run(command: &mut Command) {
    let out = command.output().unwrap();
    assert!(
        out.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
}
