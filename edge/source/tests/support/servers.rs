//! Real servers on loopback, started on free displays and ports and ended by their process id.

use source::{Address, VncTarget};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

/// A process that ends with its owner.
pub struct Server(pub Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// The program, or a clear word about what is missing.
pub fn start(command: &mut Command, package: &str) -> Child {
    let name = command.get_program().to_string_lossy().into_owned();
    command.spawn().unwrap_or_else(|error| panic!("{name} does not start ({error}): install the package {package}"))
}

/// An Xvnc with its display and port.
pub struct Xvnc {
    pub server: Server,
    pub display: String,
    pub port: u16,
}

impl Xvnc {
    pub fn start(arguments: &[&str]) -> Xvnc {
        let port = free_port();
        let mut child = start(
            Command::new("Xvnc")
                .args(["-displayfd", "1", "-rfbport", &port.to_string(), "-localhost", "-geometry", "640x480", "-depth", "24"])
                .args(["-AcceptSetDesktopSize=1", "-nolisten", "tcp", "-ac", "-desktop", "office"])
                .args(arguments)
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
            "tigervnc-standalone-server",
        );
        // The server writes its display's number once it can be connected to.
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.trim().is_empty(), "Xvnc ended at once: its arguments {arguments:?} do not suit it");
        Xvnc { server: Server(child), display: format!(":{}", line.trim()), port }
    }

    pub fn open() -> Xvnc {
        Xvnc::start(&["-SecurityTypes", "None"])
    }

    pub fn target(&self) -> VncTarget {
        VncTarget { address: Address { host: "127.0.0.1".into(), port: self.port }, password: None, pin: None }
    }
}

/// A VNC password file as Xvnc reads it.
pub fn password_file(password: &str) -> tempfile::NamedTempFile {
    let mut child =
        start(Command::new("tigervncpasswd").arg("-f").stdin(Stdio::piped()).stdout(Stdio::piped()), "tigervnc-tools");
    child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
    let bytes = child.wait_with_output().unwrap().stdout;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    file
}

/// A self-signed certificate and its key as files, and the certificate's own bytes.
pub struct Certificate {
    pub certificate: tempfile::NamedTempFile,
    pub key: tempfile::NamedTempFile,
    pub der: Vec<u8>,
}

impl Certificate {
    pub fn new() -> Certificate {
        let made = rcgen::generate_simple_self_signed(vec!["office.example".into()]).unwrap();
        let file = |text: String| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file
        };
        Certificate {
            der: made.cert.der().to_vec(),
            certificate: file(made.cert.pem()),
            key: file(made.signing_key.serialize_pem()),
        }
    }
}
