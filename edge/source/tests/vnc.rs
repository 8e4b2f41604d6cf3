//! The VNC source against TigerVNC's Xvnc.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use source::{Credentials, Encoding, Event, Input, Pin, Source, Vnc};
use support::servers::{Certificate, Server, Xvnc, password_file, start};
use support::x::{Seen, X};
use support::{Mirror, follow, meanwhile, until_error};

/// A picture with everything that encoders tell apart: plain areas, two colours, few colours, many,
/// ramps, noise.
fn paint(x: &X) {
    x.fill(0, 0, 640, 480, 0xe0e0e0);
    x.put(10, 10, 200, 37, |x, y| if (x / 3 + y / 2) % 2 == 0 { 0x112233 } else { 0xfefefe });
    x.put(220, 10, 130, 70, |x, y| {
        [0xff0000, 0x00ff00, 0x0000ff, 0xffff00, 0x123456][((x * y) % 5) as usize]
    });
    x.put(360, 10, 100, 100, |x, y| ((x * 7 + y * 3) % 60) * 0x040201);
    x.put(10, 120, 256, 128, |x, y| x << 16 | (y * 2) << 8 | (255 - x));
    x.put(300, 130, 203, 101, |x, y| {
        x.wrapping_mul(2_654_435_761)
            .wrapping_add(y.wrapping_mul(40_503))
            .wrapping_mul(2_246_822_519)
            >> 8
    });
    for line in 0..200 {
        x.fill(20, 260 + line, (line as u16 * 2) % 400 + 1, 1, 0x101010 * (line as u32 % 16));
    }
}

async fn same_picture(encodings: &[Encoding]) -> Vnc {
    let server = Xvnc::open();
    let x = X::open(&server.display);
    let mut vnc = Vnc::connect_with(&server.target(), None, encodings).await.unwrap();
    let mut mirror = Mirror::default();
    paint(&x);
    let wanted = x.picture();
    follow(&mut vnc, &mut mirror, |mirror, _| mirror.pixels == wanted).await;
    // Scrolling by one line of text, then repairing the gap, many times over.
    for step in 0..20u32 {
        x.shift((0, 20), (0, 0), (640, 460));
        x.put(0, 460, 640, 20, |x, y| (x * step + y * 77) & 0xff_ffff);
    }
    x.shift((100, 100), (137, 111), (300, 200));
    let wanted = x.picture();
    follow(&mut vnc, &mut mirror, |mirror, _| mirror.pixels == wanted).await;
    vnc
}

#[tokio::test]
async fn raw_is_exact() {
    let vnc = same_picture(&[Encoding::Raw]).await;
    assert!(vnc.rectangles(Encoding::Raw) > 0);
    assert_eq!(vnc.rectangles(Encoding::CopyRect), 0);
}

#[tokio::test]
async fn zrle_is_exact() {
    let vnc = same_picture(&[Encoding::Zrle]).await;
    assert!(vnc.rectangles(Encoding::Zrle) > 0);
}

#[tokio::test]
async fn tight_is_exact() {
    let vnc = same_picture(&[Encoding::Tight]).await;
    assert!(vnc.rectangles(Encoding::Tight) > 0);
}

#[tokio::test]
async fn tight_with_last_rect_is_exact() {
    let vnc =
        same_picture(&[Encoding::Tight, Encoding::CopyRect, Encoding::LastRect, Encoding::Cursor])
            .await;
    assert!(vnc.rectangles(Encoding::Tight) > 0 && vnc.rectangles(Encoding::LastRect) > 0);
}

#[tokio::test]
async fn copies_are_told_as_moves() {
    let server = Xvnc::open();
    let x = X::open(&server.display);
    let mut vnc = Vnc::connect(&server.target()).await.unwrap();
    let mut mirror = Mirror::default();
    paint(&x);
    let wanted = x.picture();
    follow(&mut vnc, &mut mirror, |mirror, _| mirror.pixels == wanted).await;
    mirror.damaged = 0;
    x.shift((0, 100), (0, 60), (640, 300));
    let wanted = x.picture();
    follow(&mut vnc, &mut mirror, |mirror, _| mirror.pixels == wanted).await;
    assert!(vnc.rectangles(Encoding::CopyRect) > 0 && mirror.moves > 0);
    assert!(mirror.damaged < 640 * 20, "a scroll repaints little, not {} pixels", mirror.damaged);
}

#[tokio::test]
async fn passwords() {
    let file = password_file("office12");
    let server =
        Xvnc::start(&["-SecurityTypes", "VncAuth", "-PasswordFile", file.path().to_str().unwrap()]);
    let mut target = server.target();
    let error = Vnc::connect(&target).await.unwrap_err();
    assert!(matches!(error, source::Error::Refused(_)), "{error}");
    target.password = Some("wrong".into());
    let error = Vnc::connect(&target).await.unwrap_err();
    assert!(matches!(error, source::Error::Refused(_)), "{error}");
    target.password = Some("office12".into());
    let vnc = Vnc::connect(&target).await.unwrap();
    assert_eq!((vnc.frame().width, vnc.frame().height, vnc.name()), (640, 480, "office"));
}

#[tokio::test]
async fn certificates() {
    let (file, certificate) = (password_file("office12"), Certificate::new());
    let (cert, key) = (
        certificate.certificate.path().to_str().unwrap(),
        certificate.key.path().to_str().unwrap(),
    );
    let server = Xvnc::start(&[
        "-SecurityTypes",
        "X509Vnc,X509None",
        "-X509Cert",
        cert,
        "-X509Key",
        key,
        "-PasswordFile",
        file.path().to_str().unwrap(),
    ]);
    let probed = source::probe(source::Kind::Vnc, &server.target().address).await.unwrap();
    let pin = probed.pin.expect("a certificate was shown");
    assert_eq!(pin, source::pin_of(&certificate.der));
    let x = X::open(&server.display);
    paint(&x);
    let wanted = x.picture();
    let mut target = server.target();
    (target.pin, target.password) = (Some(pin), Some("office12".into()));
    let mut vnc = Vnc::connect(&target).await.unwrap();
    follow(&mut vnc, &mut Mirror::default(), |mirror, _| mirror.pixels == wanted).await;

    let other = Pin([7; 32]);
    target.pin = Some(other);
    assert_eq!(
        Vnc::connect(&target).await.unwrap_err(),
        source::Error::PinMismatch { expected: other, shown: pin }
    );
    target.pin = None;
    let error = Vnc::connect(&target).await.unwrap_err();
    assert!(
        matches!(error, source::Error::Unsupported(_)),
        "TLS without a pin is not half trusted: {error}"
    );
}

/// What the server wants, what is known of it at the office, and whether it opens: each of Xvnc's
/// ways that is not anonymous.
#[tokio::test]
async fn every_way_to_sign_in() {
    let (file, certificate) = (password_file("office12"), Certificate::new());
    let (cert, key) = (
        certificate.certificate.path().to_str().unwrap(),
        certificate.key.path().to_str().unwrap(),
    );
    let pin = Some(source::pin_of(&certificate.der));
    for (security, pinned, password) in [
        ("None", None, None),
        ("None", None, Some("office12")),
        ("VncAuth", None, Some("office12")),
        ("VncAuth,None", None, None),
        ("X509None", pin, None),
        ("X509None", pin, Some("office12")),
        ("X509Vnc", pin, Some("office12")),
        ("X509Vnc,X509None", pin, None),
        ("TLSVnc,X509Vnc,VncAuth,None", pin, Some("office12")),
    ] {
        let arguments = [
            "-SecurityTypes",
            security,
            "-X509Cert",
            cert,
            "-X509Key",
            key,
            "-PasswordFile",
            file.path().to_str().unwrap(),
        ];
        let server = Xvnc::start(&arguments);
        let mut target = server.target();
        (target.pin, target.password) = (pinned, password.map(Into::into));
        let vnc = Vnc::connect(&target).await.unwrap_or_else(|error| panic!("{security}: {error}"));
        assert_eq!((vnc.frame().width, vnc.frame().height), (640, 480), "{security}");
        if pinned.is_some() {
            target.pin = Some(Pin([7; 32]));
            let error = Vnc::connect(&target).await.unwrap_err();
            assert!(matches!(error, source::Error::PinMismatch { .. }), "{security}: {error}");
        }
    }
}

/// VeNCrypt's X509Plain: a person's own name and password, checked by PAM. Its service `su` lets
/// root's own process in, so this needs no account; who is not on the server's list is refused
/// before PAM is asked.
#[tokio::test]
async fn a_persons_own_login() {
    let certificate = Certificate::new();
    let (cert, key) = (
        certificate.certificate.path().to_str().unwrap(),
        certificate.key.path().to_str().unwrap(),
    );
    let login = [
        "-SecurityTypes",
        "X509Plain",
        "-X509Cert",
        cert,
        "-X509Key",
        key,
        "-PAMService",
        "su",
        "-PlainUsers",
        "root",
    ];
    let server = Xvnc::start(&login);
    let probed = source::probe(source::Kind::Vnc, &server.target().address).await.unwrap();
    assert!(probed.asks_login && !probed.asks_password);
    assert_eq!(probed.pin, Some(source::pin_of(&certificate.der)));

    let person = |user: &str| {
        Some(Credentials {
            user: user.into(),
            password: "長い合言葉、8バイトより".into(),
            domain: String::new(),
        })
    };
    let mut target = server.target();
    (target.pin, target.login) = (probed.pin, true);
    let vnc = Vnc::connect_as(&target, person("root").as_ref()).await.unwrap();
    assert_eq!((vnc.frame().width, vnc.frame().height), (640, 480));
    for nobody in [None, person(""), person("somebody-else")] {
        let error = Vnc::connect_as(&target, nobody.as_ref()).await.unwrap_err();
        assert!(matches!(error, source::Error::Refused(_)), "{error}");
    }
    // A password is told to no other certificate, to none, and to a server that wants no login.
    target.pin = Some(Pin([7; 32]));
    assert!(matches!(
        Vnc::connect_as(&target, person("root").as_ref()).await,
        Err(source::Error::PinMismatch { .. })
    ));
    target.pin = None;
    assert!(matches!(
        Vnc::connect_as(&target, person("root").as_ref()).await,
        Err(source::Error::Unsupported(_))
    ));
    let open = Xvnc::open();
    (target.pin, target.address.port) = (probed.pin, open.port);
    assert!(matches!(
        Vnc::connect_as(&target, person("root").as_ref()).await,
        Err(source::Error::Unsupported(_))
    ));
}

#[tokio::test]
async fn anonymous_tls_is_named() {
    let server = Xvnc::start(&["-SecurityTypes", "TLSNone"]);
    let mut target = server.target();
    target.pin = Some(Pin([0; 32]));
    let error = Vnc::connect(&target).await.unwrap_err().to_string();
    assert!(error.contains("anonymous"), "{error}");
    // A pinned target is never opened in the clear.
    let server = Xvnc::open();
    target.address.port = server.port;
    let error = Vnc::connect(&target).await.unwrap_err();
    assert!(matches!(error, source::Error::Unsupported(_)), "{error}");
}

/// Presses and lifts keys by their HID usage and gives what a program saw: keycode and keysym of
/// each press.
async fn press(arguments: &[&str], usages: &[u16]) -> Vec<(u8, u32)> {
    let server = Xvnc::start(&[&["-SecurityTypes", "None"], arguments].concat());
    let x = X::open(&server.display);
    let mut vnc = Vnc::connect(&server.target()).await.unwrap();
    for usage in usages {
        for down in [true, false] {
            vnc.input(Input::Key { down, usage: *usage, keysym: 0 }).await.unwrap();
        }
    }
    let mut seen = Vec::new();
    meanwhile(&mut vnc, &mut Mirror::default(), || {
        seen.extend(x.seen());
        seen.len() >= usages.len() * 2
    })
    .await;
    let key = |s: &Seen, wanted| match *s {
        Seen::Key { down, keycode, keysym, .. } if down == wanted => Some((keycode, keysym)),
        _ => None,
    };
    let pressed: Vec<(u8, u32)> = seen.iter().filter_map(|s| key(s, true)).collect();
    let lifted: Vec<(u8, u32)> = seen.iter().filter_map(|s| key(s, false)).collect();
    assert_eq!(pressed, lifted);
    pressed
}

/// a, 半角/全角, 変換, 無変換, カタカナひらがな, ¥, _ (without Shift), right arrow, right Ctrl.
const KEYS: [u16; 9] = [0x04, 0x35, 0x8a, 0x8b, 0x88, 0x89, 0x87, 0x4f, 0xe4];

#[tokio::test]
async fn keys_arrive_by_place() {
    let codes: Vec<u8> =
        press(&["-RawKeyboard=1"], &KEYS).await.into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [38, 49, 100, 102, 101, 132, 97, 114, 105], "Linux key codes plus 8");
}

#[tokio::test]
async fn keys_arrive_by_meaning() {
    let keysyms: Vec<u32> = press(&[], &KEYS).await.into_iter().map(|(_, keysym)| keysym).collect();
    assert_eq!(keysyms, [0x61, 0xff2a, 0xff23, 0xff22, 0xff27, 0xa5, 0x5c, 0xff53, 0xffe4]);
}

#[tokio::test]
async fn pointer_wheel_and_release() {
    let server = Xvnc::open();
    let x = X::open(&server.display);
    let mut vnc = Vnc::connect(&server.target()).await.unwrap();
    for input in [
        Input::Pointer { x: 50, y: 60, buttons: 0b001 },
        Input::Pointer { x: 70, y: 80, buttons: 0b101 },
        Input::Wheel { x: 71, y: 81, dx: 0, dy: 60 },
        Input::Wheel { x: 71, y: 81, dx: 0, dy: 60 },
        Input::Wheel { x: 71, y: 81, dx: -120, dy: -120 },
        Input::Key { down: true, usage: 0xe0, keysym: 0 },
        Input::ReleaseAll,
    ] {
        vnc.input(input).await.unwrap();
    }
    let mut seen = Vec::new();
    meanwhile(&mut vnc, &mut Mirror::default(), || {
        seen.extend(x.seen());
        seen.len() >= 12
    })
    .await;
    let button = |down, number, x, y| Seen::Button { down, number, x, y };
    let roll = |number| [button(true, number, 71, 81), button(false, number, 71, 81)];
    let wanted: Vec<Seen> = [button(true, 1, 50, 60), button(true, 3, 70, 80)]
        .into_iter()
        .chain([5, 6, 4].into_iter().flat_map(roll))
        .chain([true, false].map(|down| Seen::Key {
            down,
            keycode: 37,
            keysym: 0xffe3,
            shift: false,
        }))
        .chain([button(false, 1, 71, 81), button(false, 3, 71, 81)])
        .collect();
    assert_eq!(seen, wanted);
}

#[tokio::test]
async fn sizes_and_pointer_shapes() {
    let server = Xvnc::open();
    let x = X::open(&server.display);
    let mut vnc = Vnc::connect(&server.target()).await.unwrap();
    let mut mirror = Mirror::default();
    assert!(vnc.caps().resize);
    vnc.input(Input::Resize { width: 800, height: 555 }).await.unwrap();
    follow(&mut vnc, &mut mirror, |_, event| {
        event == Some(&Event::Resized { width: 800, height: 555 })
    })
    .await;
    paint(&x);
    x.fill(700, 500, 100, 55, 0x336699);
    let wanted = x.picture();
    assert_eq!(wanted.len(), 800 * 555);
    follow(&mut vnc, &mut mirror, |mirror, _| mirror.pixels == wanted).await;
    vnc.input(Input::Resize { width: u16::MAX, height: u16::MAX }).await.unwrap();
    vnc.input(Input::Pointer { x: 300, y: 300, buttons: 0 }).await.unwrap();
    x.pointer(0xffff, 0x8080, 0);
    let mut shape = None;
    follow(&mut vnc, &mut mirror, |_, event| {
        if let Some(Event::Cursor(cursor)) = event {
            shape = Some(cursor.clone());
        }
        shape.as_ref().is_some_and(|shape| (shape.width, shape.height) == (5, 3))
    })
    .await;
    let shape = shape.unwrap();
    assert_eq!((shape.hot_x, shape.hot_y), (2, 1));
    assert_eq!(shape.rgba[4..16], [255, 128, 0, 255, 0, 0, 0, 0, 255, 128, 0, 255]);
    assert_eq!(
        (vnc.frame().width, vnc.frame().height),
        (800, 555),
        "a size beyond the limits is not asked for"
    );
}

#[tokio::test]
async fn a_server_that_goes_is_unreachable() {
    let server = Xvnc::open();
    let target = server.target();
    let mut vnc = Vnc::connect(&target).await.unwrap();
    drop(server);
    let error = until_error(&mut vnc).await;
    assert!(matches!(error, source::Error::Unreachable(_)), "{error}");
    assert_eq!(vnc.next().await, Err(error.clone()), "an error stays");
    let error = Vnc::connect(&target).await.unwrap_err();
    assert!(matches!(error, source::Error::Unreachable(_)), "{error}");
}

/// A terminal on the display that writes what is typed into a file, a line at a time.
fn terminal(server: &Xvnc, folder: &std::path::Path) -> (Server, std::path::PathBuf) {
    let file = folder.join("typed");
    let script = format!("stty -echoctl; touch {0}.ready; exec cat > {0}", file.display());
    let child = start(
        std::process::Command::new("xterm")
            .args([
                "-u8",
                "-geometry",
                "70x20+0+0",
                "-xrm",
                "*allowSendEvents: false",
                "-e",
                "sh",
                "-c",
                &script,
            ])
            .envs([("DISPLAY", server.display.as_str()), ("LC_ALL", "C.UTF-8")]),
        "xterm",
    );
    (Server(child), file)
}

#[tokio::test]
async fn committed_text_arrives_whole() {
    let server = Xvnc::open();
    let folder = tempfile::tempdir().unwrap();
    let (_terminal, file) = terminal(&server, folder.path());
    let mut vnc = Vnc::connect(&server.target()).await.unwrap();
    let mut mirror = Mirror::default();
    let ready = file.with_extension("ready");
    meanwhile(&mut vnc, &mut mirror, || ready.exists()).await;
    // Without a window manager the keyboard goes where the pointer is.
    vnc.input(Input::Pointer { x: 100, y: 100, buttons: 0 }).await.unwrap();
    // Far more characters than a keyboard's map has spare keys for, in every mixture.
    let kanji: String = ('\u{4e00}'..'\u{4f00}').collect();
    let lines = [
        "plain ASCII ~!@#$%^&*()_+{}|",
        "令和3年度の議会答弁資料です。",
        &kanji,
        "¥1,000 と 髙﨑さん、𠮷野家",
        "ｶﾅ and かな",
        "end",
    ];
    for line in lines {
        vnc.input(Input::Text(line.into())).await.unwrap();
        vnc.input(Input::Key { down: true, usage: 0x28, keysym: 0xff0d }).await.unwrap();
        vnc.input(Input::Key { down: false, usage: 0x28, keysym: 0xff0d }).await.unwrap();
    }
    let wanted = lines.join("\n") + "\n";
    meanwhile(&mut vnc, &mut mirror, || {
        std::fs::read_to_string(&file).is_ok_and(|text| text.len() >= wanted.len())
    })
    .await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), wanted);
}
