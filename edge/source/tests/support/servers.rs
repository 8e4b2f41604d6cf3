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
    command.spawn().unwrap_or_else(|error| {
        panic!("{name} does not start ({error}): install the package {package}")
    })
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
                .args([
                    "-displayfd",
                    "1",
                    "-rfbport",
                    &port.to_string(),
                    "-localhost",
                    "-geometry",
                    "640x480",
                    "-depth",
                    "24",
                ])
                .args(["-AcceptSetDesktopSize=1", "-nolisten", "tcp", "-ac", "-desktop", "office"])
                .args(arguments)
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
            "tigervnc-standalone-server",
        );
        // The server writes its display's number once it can be connected to.
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(
            !line.trim().is_empty(),
            "Xvnc ended at once: its arguments {arguments:?} do not suit it"
        );
        Xvnc { server: Server(child), display: format!(":{}", line.trim()), port }
    }

    pub fn open() -> Xvnc {
        Xvnc::start(&["-SecurityTypes", "None"])
    }

    pub fn target(&self) -> VncTarget {
        VncTarget {
            address: Address { host: "127.0.0.1".into(), port: self.port },
            password: None,
            pin: None,
            login: false,
        }
    }
}

/// A VNC password file as Xvnc reads it.
pub fn password_file(password: &str) -> tempfile::NamedTempFile {
    let mut child = start(
        Command::new("tigervncpasswd").arg("-f").stdin(Stdio::piped()).stdout(Stdio::piped()),
        "tigervnc-tools",
    );
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

const XORG: &str = r#"
Section "ServerFlags"
  Option "AutoAddDevices" "off"
EndSection
Section "Module"
  Load "glamoregl"
  Load "fb"
  Load "xorgxrdp"
EndSection
Section "InputDevice"
  Identifier "keyboard"
  Driver "xrdpkeyb"
EndSection
Section "InputDevice"
  Identifier "mouse"
  Driver "xrdpmouse"
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 30-80
  VertRefresh 50-75
  Modeline "800x600" 40.00 800 840 968 1056 600 601 605 628 +hsync +vsync
EndSection
Section "Device"
  Identifier "device"
  Driver "xrdpdev"
EndSection
Section "Screen"
  Identifier "screen"
  Device "device"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "800x600"
  EndSubSection
EndSection
Section "ServerLayout"
  Identifier "layout"
  Screen "screen"
  InputDevice "mouse" "CorePointer"
  InputDevice "keyboard" "CoreKeyboard"
EndSection
"#;

/// An xrdp that shows an Xorg of its own, without a session manager.
pub struct Xrdp {
    pub xrdp: Server,
    pub xorg: Server,
    pub display: String,
    pub port: u16,
    pub certificate: Vec<u8>,
    folder: tempfile::TempDir,
}

impl Xrdp {
    /// Shows an Xorg of its own. Its size is the first viewer's.
    pub fn start() -> Xrdp {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("xorg.conf"), XORG).unwrap();
        // Servers that start at the same time may choose the same display: whoever lost tries
        // again.
        let (xorg, number) = (0..20)
            .find_map(|_| {
                let mut xorg = start(
                    Command::new("Xorg")
                        .args([
                            "-displayfd",
                            "1",
                            "-config",
                            &path("xorg.conf"),
                            "-logfile",
                            &path("xorg.log"),
                        ])
                        .args(["-noreset", "-nolisten", "tcp", "-ac"])
                        .envs([
                            ("XRDP_SOCKET_PATH", folder.path().to_str().unwrap()),
                            ("HOME", "/tmp"),
                        ])
                        .stdout(Stdio::piped())
                        .stderr(Stdio::null()),
                    "xserver-xorg-core",
                );
                let mut line = String::new();
                BufReader::new(xorg.stdout.take().unwrap()).read_line(&mut line).unwrap();
                let xorg = Server(xorg);
                (!line.trim().is_empty()).then(|| (xorg, line.trim().to_owned()))
            })
            .unwrap_or_else(|| {
                let log = std::fs::read_to_string(path("xorg.log")).unwrap_or_default();
                panic!("Xorg does not start; is the package xorgxrdp installed? {log}")
            });

        let desk = format!(
            "lib=libxup.so\nport={}/xrdp_display_{number}\ncode=20",
            folder.path().display()
        );
        Xrdp::showing(&desk, xorg, format!(":{number}"), folder)
    }

    fn showing(desk: &str, xorg: Server, display: String, folder: tempfile::TempDir) -> Xrdp {
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        // xrdp 0.9 takes RSA keys only.
        let made = start(
            Command::new("openssl")
                .args([
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj",
                    "/CN=desk",
                ])
                .args(["-keyout", &path("key.pem"), "-out", &path("certificate.pem")])
                .stderr(Stdio::null()),
            "openssl",
        );
        assert!(made.wait_with_output().unwrap().status.success(), "openssl makes no certificate");
        let pem = std::fs::read_to_string(path("certificate.pem")).unwrap();
        let certificate = rustls::pki_types::pem::PemObject::from_pem_slice(pem.as_bytes())
            .map(|der: rustls::pki_types::CertificateDer<'_>| der.to_vec())
            .unwrap();
        let port = free_port();
        let ini = format!(
            "[Globals]\nini_version=1\nfork=false\nport=tcp://127.0.0.1:{port}\ntcp_nodelay=true\n\
             security_layer=tls\ncrypt_level=high\n\
             certificate={}\nkey_file={}\nssl_protocols=TLSv1.2, \
             TLSv1.3\nautorun=Desk\nallow_channels=true\nmax_bpp=32\nallow_multimon=true\n\
             new_cursors=true\nuse_fastpath=both\nbitmap_cache=true\nbitmap_compression=true\n\
             bulk_compression=true\n\
             [Logging]\nLogFile={}\nLogLevel=INFO\nEnableSyslog=false\n[Channels]\ndrdynvc=true\n\
             [Desk]\nname=Desk\n{desk}\nusername=na\npassword=na\nip=127.0.0.1\n",
            path("certificate.pem"),
            path("key.pem"),
            path("xrdp.log"),
        );
        std::fs::write(path("xrdp.ini"), ini).unwrap();
        let xrdp = start(
            Command::new("xrdp")
                .args(["--nodaemon", "--config", &path("xrdp.ini")])
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
            "xrdp",
        );
        Xrdp { xrdp: Server(xrdp), xorg, display, port, certificate, folder }
    }

    pub fn target(&self) -> source::RdpTarget {
        let address = Address { host: "127.0.0.1".into(), port: self.port };
        source::RdpTarget { address, pin: source::pin_of(&self.certificate) }
    }

    /// Waits until it takes connections.
    pub async fn listening(self) -> Xrdp {
        let listens = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let log = self.folder.path().join("xrdp.log");
        let waited = tokio::time::timeout(super::PATIENCE, listens).await;
        assert!(
            waited.is_ok(),
            "xrdp does not listen: {}",
            std::fs::read_to_string(log).unwrap_or_default()
        );
        self
    }
}
