//! Who may read the data folder, whatever the umask of whoever starts the server and whatever was
//! there before.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The program under the umask that closes nothing.
fn open_handed(program: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "umask 0; exec \"$@\"", "sh"]).arg(program).args(words);
    command.env_remove("NOREN_DATABASE").env_remove("NOREN_DATA").stdin(Stdio::null());
    command
}

const SERVER: &str = env!("CARGO_BIN_EXE_noren-server");

fn run(words: &[&str]) -> std::process::Output {
    open_handed(Path::new(SERVER), words).output().unwrap()
}

/// People in a new server, by the program that makes them.
fn seed(words: &[&str]) -> std::process::Output {
    open_handed(&web_testing::seed(), &[&["people"], words].concat()).output().unwrap()
}

/// The modes of everything in a folder that others could reach.
fn wide(folder: &Path) -> Vec<String> {
    let inside = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let all = inside.chain([folder.to_owned()]);
    all.filter(|path| mode(path) & 0o077 != 0)
        .map(|path| format!("{} {:o}", path.display(), mode(&path)))
        .collect()
}

#[test]
fn the_data_folder_is_closed_under_any_umask() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("a/data");
    let words = data.display().to_string();
    assert!(seed(&["--data", &words]).status.success());
    assert_eq!(wide(&data), [] as [String; 0]);
    // While it runs there are -wal and -shm too.
    let mut server = Running::start(&words);
    assert!(data.join("noren.sqlite-wal").exists() && data.join("noren.sqlite-shm").exists());
    assert_eq!(wide(&data), [] as [String; 0]);
    server.end();

    // A database elsewhere than in the folder.
    let elsewhere = place.path().join("book.sqlite");
    let address = format!("sqlite:{}", elsewhere.display());
    assert!(seed(&["--data", &words, "--database", &address]).status.success());
    assert_eq!(mode(&elsewhere), 0o600);
}

#[test]
fn what_was_open_is_closed_at_the_next_start() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("noren.sqlite"), "").unwrap();
    std::fs::write(data.join("backup.sqlite"), "").unwrap();
    for (path, mode) in [
        (data.clone(), 0o755),
        (data.join("noren.sqlite"), 0o644),
        (data.join("backup.sqlite"), 0o644),
    ] {
        set(&path, mode);
    }
    let out = seed(&["--data", &data.display().to_string()]);
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}");
    assert_eq!(wide(&data), [] as [String; 0]);
    assert_eq!(said.matches("could be read by others").count(), 3, "{said}");

    // Keys that others could read are not secret again when the file is closed.
    set(&data.join("keys.toml"), 0o644);
    let out = run(&["exchange", "key", "--data", &data.display().to_string()]);
    assert!(!out.status.success());
    assert!(String::from_utf8_lossy(&out.stderr).contains("keys.toml can be read by others"));
}

#[test]
fn a_folder_that_is_not_ours_alone_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let shared = place.path().join("shared");
    std::fs::create_dir(&shared).unwrap();
    set(&shared, 0o1777);
    let out = seed(&["--data", &shared.display().to_string()]);
    assert!(!out.status.success());
    assert!(String::from_utf8_lossy(&out.stderr).contains("choose one of this program's own"));
    assert_eq!((mode(&shared), std::fs::read_dir(&shared).unwrap().count()), (0o777, 0));
}

#[test]
fn a_password_in_an_argument_is_refused_and_not_repeated() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data").display().to_string();
    let out =
        run(&["run", "--data", &data, "--database", "postgres://noren:geheim@localhost/noren"]);
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(
        !out.status.success() && said.contains("NOREN_DATABASE") && !said.contains("geheim"),
        "{said}"
    );
}

struct Running(Child);

impl Running {
    /// A server of the folder, once it has said where it listens.
    fn start(data: &str) -> Self {
        use std::io::BufRead as _;
        let mut child =
            open_handed(Path::new(SERVER), &["run", "--data", data, "--listen", "127.0.0.1:0"])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("noren-server: http"), "{line}");
        Self(child)
    }

    fn end(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}
