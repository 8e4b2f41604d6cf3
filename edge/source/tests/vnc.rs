//! The VNC source against TigerVNC's Xvnc.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use source::{Encoding, Event, Input, Pin, Source, Vnc};
use support::servers::{Certificate, Xvnc, password_file};
use support::x::{Seen, X};
use support::{Mirror, follow, meanwhile, until_error};

/// A picture with everything that encoders tell apart: plain areas, two colours, few colours, many, ramps, noise.
fn paint(x: &X) {
    x.fill(0, 0, 640, 480, 0xe0e0e0);
    x.put(10, 10, 200, 37, |x, y| if (x / 3 + y / 2) % 2 == 0 { 0x112233 } else { 0xfefefe });
    x.put(220, 10, 130, 70, |x, y| [0xff0000, 0x00ff00, 0x0000ff, 0xffff00, 0x123456][((x * y) % 5) as usize]);
    x.put(360, 10, 100, 100, |x, y| ((x * 7 + y * 3) % 60) * 0x040201);
    x.put(10, 120, 256, 128, |x, y| x << 16 | (y * 2) << 8 | (255 - x));
    x.put(300, 130, 203, 101, |x, y| {
        x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519) >> 8
    });
    for line in 0..200 {
        x.fill(20, 260 + line, (line as u16 * 2) % 400 + 1, 1, 0x101010 * (line as u32 % 16));
    }
}

async fn same_picture(encodings: &[Encoding]) -> Vnc {
    let server = Xvnc::open();
    let x = X::open(&server.display);
    let mut vnc = Vnc::connect_with(&server.target(), encodings).await.unwrap();
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
    let vnc = same_picture(&[Encoding::Tight, Encoding::CopyRect, Encoding::LastRect, Encoding::Cursor]).await;
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
    let server = Xvnc::start(&["-SecurityTypes", "VncAuth", "-PasswordFile", file.path().to_str().unwrap()]);
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
    let (cert, key) = (certificate.certificate.path().to_str().unwrap(), certificate.key.path().to_str().unwrap());
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
    assert_eq!(Vnc::connect(&target).await.unwrap_err(), source::Error::PinMismatch { expected: other, shown: pin });
    target.pin = None;
    let error = Vnc::connect(&target).await.unwrap_err();
    assert!(matches!(error, source::Error::Unsupported(_)), "TLS without a pin is not half trusted: {error}");
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

#[tokio::test]
async fn keys_arrive_by_place() {
    let server = Xvnc::open();
    let x = X::open(&server.display);
    let mut vnc = Vnc::connect(&server.target()).await.unwrap();
    // a, 半角/全角, 変換, 無変換, カタカナひらがな, ¥, _, right arrow, right Ctrl; the keycodes are those of Linux plus 8.
    let keys = [(0x04, 38), (0x35, 49), (0x8a, 100), (0x8b, 102), (0x88, 101), (0x89, 132), (0x87, 97), (0x4f, 114), (0xe4, 105)];
    for (usage, _) in keys {
        for down in [true, false] {
            vnc.input(Input::Key { down, usage, keysym: 0 }).await.unwrap();
        }
    }
    let mut seen = Vec::new();
    meanwhile(&mut vnc, &mut Mirror::default(), || {
        seen.extend(x.seen());
        seen.len() >= keys.len() * 2
    })
    .await;
    let got: Vec<(bool, u8)> = seen
        .iter()
        .filter_map(|s| if let Seen::Key { down, keycode, .. } = s { Some((*down, *keycode)) } else { None })
        .collect();
    let wanted: Vec<(bool, u8)> = keys.iter().flat_map(|(_, code)| [(true, *code), (false, *code)]).collect();
    assert_eq!(got, wanted);
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
        .chain([true, false].map(|down| Seen::Key { down, keycode: 37, keysym: 0xffe3, shift: false }))
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
    follow(&mut vnc, &mut mirror, |_, event| event == Some(&Event::Resized { width: 800, height: 555 })).await;
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
    assert_eq!(shape.rgba[..8], [0, 0, 0, 0, 255, 128, 0, 255]);
    assert_eq!((vnc.frame().width, vnc.frame().height), (800, 555), "a size beyond the limits is not asked for");
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
