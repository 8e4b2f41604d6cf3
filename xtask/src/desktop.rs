//! An office PC for trying out: TigerVNC's Xvnc with a light window manager, a Japanese keyboard
//! and an editor.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::children::{Children, NOBODY, Recipe};

/// The programs of the desktop, in the order in which they start.
pub(crate) const PROGRAMS: &[&str] = &["desktop", "window-manager", "editor"];

/// What the editor shows at first.
const WELCOME: &str = "ようこそ。ここは職場のパソコンです。\n\nこの画面は暗号化されたまま中継され、画素だけがお手元に届きます。\n上の帯で、\
    庁内のIMEと自宅のIMEを切り替えられます。\n\n";

/// A desktop that runs.
pub(crate) struct Desktop {
    pub(crate) display: String,
    pub(crate) port: u16,
    pub(crate) password: String,
}

impl Desktop {
    /// Starts it; its files are in `folder`.
    pub(crate) fn start(children: &mut Children, folder: &Path) -> Result<Self> {
        let home = folder.join("desktop");
        std::fs::create_dir(&home)?;
        let number = free_display()?;
        let display = format!(":{number}");
        let port = free_port()?;
        let password = random_word()?;
        let password_file = home.join(".password");
        write_password(&password_file, &password)?;
        std::fs::write(home.join("ようこそ.txt"), WELCOME)?;
        give_away(folder, &[&home, &password_file, &home.join("ようこそ.txt")])?;
        let env = vec![
            ("DISPLAY".to_owned(), display.clone()),
            ("HOME".to_owned(), home.display().to_string()),
            ("XDG_RUNTIME_DIR".to_owned(), home.display().to_string()),
            ("XDG_CONFIG_HOME".to_owned(), home.display().to_string()),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("GSETTINGS_BACKEND".to_owned(), "memory".to_owned()),
            ("NO_AT_BRIDGE".to_owned(), "1".to_owned()),
            ("DBUS_SESSION_BUS_ADDRESS".to_owned(), "disabled:".to_owned()),
        ];
        let file = password_file.display().to_string();
        let port_text = port.to_string();
        let xvnc = [
            &display,
            "-geometry",
            "1280x800",
            "-depth",
            "24",
            "-rfbport",
            &port_text,
            "-localhost",
            "-SecurityTypes",
            "VncAuth",
            "-PasswordFile",
            &file,
            "-AlwaysShared",
            "-AcceptSetDesktopSize",
            "-desktop",
            "office",
            "-nolisten",
            "tcp",
        ];
        children.start(recipe("desktop", "Xvnc", &xvnc, env.clone()))?;
        let socket = PathBuf::from(format!("/tmp/.X11-unix/X{number}"));
        children
            .wait("the office desktop", 20, || (socket.exists() && listens(port)).then_some(()))?;
        for (program, args) in [
            ("setxkbmap", &["jp"][..]),
            ("xsetroot", &["-solid", "#2f5d62", "-cursor_name", "left_ptr"]),
        ] {
            let quiet = Command::new(program)
                .args(args)
                .envs(env.iter().map(|(k, v)| (k, v)))
                .stderr(Stdio::null())
                .status();
            ensure!(
                quiet.is_ok_and(|s| s.success()),
                "{program} does not run on the office desktop"
            );
        }
        children.start(recipe("window-manager", "openbox", &[], env.clone()).may_end())?;
        let editor = home.join("ようこそ.txt").display().to_string();
        children
            .start(recipe("editor", "mousepad", &["--disable-server", &editor], env).may_end())?;
        Ok(Self { display, port, password })
    }
}

fn recipe(name: &'static str, program: &str, args: &[&str], env: Vec<(String, String)>) -> Recipe {
    Recipe::new(name, program, args.iter().map(|a| (*a).to_owned()).collect())
        .with(env)
        .without_rights()
}

/// An office desktop that is driven from outside is not root's: its home goes to nobody, who may
/// pass through `folder` to it.
fn give_away(folder: &Path, all: &[&Path]) -> Result<()> {
    use std::os::unix::fs::{PermissionsExt, chown};
    if rustix::process::getuid().is_root() {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711))?;
        for path in all {
            chown(path, Some(NOBODY), Some(NOBODY))?;
        }
    }
    Ok(())
}

/// A TCP port of the loopback that nobody uses at this moment.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Whether something takes connections there.
pub(crate) fn listens(port: u16) -> bool {
    std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// Eight letters and digits: what VncAuth takes.
pub(crate) fn random_word() -> Result<String> {
    let mut bytes = [0u8; 8];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut bytes)?;
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    Ok(bytes.iter().map(|b| char::from(LETTERS[usize::from(b % 32)])).collect())
}

fn free_display() -> Result<u32> {
    let first = 60 + std::process::id() % 400;
    let free = |n: &u32| {
        !Path::new(&format!("/tmp/.X11-unix/X{n}")).exists()
            && !Path::new(&format!("/tmp/.X{n}-lock")).exists()
    };
    (first..first + 100).find(free).context("no X display number is free")
}

fn write_password(file: &Path, password: &str) -> Result<()> {
    let mut c = Command::new("vncpasswd")
        .arg("-f")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("vncpasswd")?;
    c.stdin.take().context("vncpasswd")?.write_all(format!("{password}\n").as_bytes())?;
    let out = c.wait_with_output()?;
    if !out.status.success() {
        bail!("vncpasswd failed");
    }
    let mut f = private(file)?;
    Ok(f.write_all(&out.stdout)?)
}

/// A new file that only its owner reads.
pub(crate) fn private(file: &Path) -> Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    Ok(std::fs::File::options().write(true).create_new(true).mode(0o600).open(file)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_eight_letters_and_is_never_the_same() {
        let (a, b) = (random_word().expect("random"), random_word().expect("random"));
        assert_eq!(a.len(), 8);
        assert_ne!(a, b);
    }

    #[test]
    fn a_free_port_is_free_until_someone_listens() {
        let port = free_port().expect("a port");
        assert!(!listens(port));
        let _held = TcpListener::bind(("127.0.0.1", port)).expect("free");
        assert!(listens(port));
    }
}
