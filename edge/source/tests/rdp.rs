//! The RDP source against xrdp with xorgxrdp.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use source::{Credentials, Desktop, Error, Event, Input, Kind, Pin, Rdp, Source, Target};
use support::servers::{Xrdp, Xvnc};
use support::x::{Seen, X};
use support::{Mirror, follow, meanwhile, until_error};

fn credentials() -> Credentials {
    Credentials { user: "staff".into(), password: "secret".into(), domain: String::new() }
}

fn paint(x: &X) {
    x.fill(0, 0, 800, 600, 0xe0e0e0);
    x.put(10, 10, 200, 37, |x, y| if (x / 3 + y / 2) % 2 == 0 { 0x112233 } else { 0xfefefe });
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

async fn open(server: &Xrdp) -> Rdp {
    Rdp::connect(&server.target(), Some(&credentials()), (800, 600)).await.unwrap()
}

#[tokio::test]
async fn the_picture_is_exact() {
    let server = Xrdp::start().listening().await;
    let mut rdp = open(&server).await;
    let mut mirror = Mirror::default();
    let x = X::open(&server.display);
    paint(&x);
    let wanted = |x: &X, mirror: &Mirror| x.size() == (800, 600) && x.picture() == mirror.pixels;
    follow(&mut rdp, &mut mirror, |mirror, _| wanted(&x, mirror)).await;
    for step in 0..10u32 {
        x.shift((0, 20), (0, 0), (800, 580));
        x.put(0, 580, 800, 20, |x, y| (x * step + y * 77) & 0xff_ffff);
    }
    follow(&mut rdp, &mut mirror, |mirror, _| wanted(&x, mirror)).await;
    assert_eq!((rdp.frame().width, rdp.frame().height), (800, 600));
}

#[tokio::test]
async fn keys_text_and_pointer_arrive() {
    let server = Xrdp::start().listening().await;
    let mut rdp = open(&server).await;
    let mut mirror = Mirror::default();
    let x = X::open(&server.display);
    follow(&mut rdp, &mut mirror, |mirror, _| {
        x.size() == (800, 600) && x.picture() == mirror.pixels
    })
    .await;
    let mut inputs = vec![Input::Pointer { x: 50, y: 60, buttons: 0 }];
    for usage in [0x04, 0x8a, 0x89, 0x87] {
        inputs.extend([true, false].map(|down| Input::Key { down, usage, keysym: 0 }));
    }
    inputs.extend([
        Input::Text("A".into()),
        Input::Pointer { x: 70, y: 80, buttons: 0b001 },
        Input::Wheel { x: 70, y: 80, dx: 0, dy: 120 },
        Input::ReleaseAll,
    ]);
    for input in inputs {
        rdp.input(input).await.unwrap();
    }
    let mut seen = Vec::new();
    meanwhile(&mut rdp, &mut mirror, || {
        seen.extend(x.seen());
        seen.iter().filter(|s| matches!(s, Seen::Button { .. })).count() >= 4
    })
    .await;
    let press =
        |s: &Seen| if let Seen::Key { down: true, keysym, .. } = s { Some(*keysym) } else { None };
    let pressed: Vec<u32> = seen.iter().filter_map(press).collect();
    // xrdp took the Japanese layout that was announced: its map has these keys.
    assert_eq!(pressed[..4], [0x61, 0xff23, 0x5c, 0x5c]);
    // xrdp 0.9 takes no Unicode: text is typed by its keys.
    assert_eq!(pressed[4..], [0xffe1, 0x41]);
    let buttons: Vec<(bool, u8)> = seen
        .iter()
        .filter_map(|s| {
            if let Seen::Button { down, number, .. } = s { Some((*down, *number)) } else { None }
        })
        .collect();
    assert_eq!(buttons, [(true, 1), (true, 5), (false, 5), (false, 1)]);
}

/// xrdp 0.9 resizes its X server and then tells its client nothing, against MS-RDPBCGR 1.3.1.3: the
/// source connects again with the size, and the picture is whole and exact.
#[tokio::test]
async fn a_size_is_taken_though_the_server_does_not_confirm_it() {
    let server = Xrdp::start().listening().await;
    let mut rdp = open(&server).await;
    let mut mirror = Mirror::default();
    let x = X::open(&server.display);
    assert!(!rdp.caps().resize, "not known yet");
    follow(&mut rdp, &mut mirror, |mirror, _| {
        x.size() == (800, 600) && x.picture() == mirror.pixels
    })
    .await;
    // The second time without waiting for what does not come; an odd width becomes an even one.
    for (asked, wanted) in [((901, 700), (900, 700)), ((1024, 640), (1024, 640))] {
        rdp.input(Input::Resize { width: asked.0, height: asked.1 }).await.unwrap();
        follow(&mut rdp, &mut mirror, |_, event| {
            event == Some(&Event::Resized { width: wanted.0, height: wanted.1 })
        })
        .await;
        assert!(rdp.caps().resize);
        paint(&x);
        follow(&mut rdp, &mut mirror, |mirror, _| {
            x.size() == wanted && x.picture() == mirror.pixels
        })
        .await;
    }
}

#[tokio::test]
async fn pins_and_other_kinds() {
    let server = Xrdp::start().listening().await;
    let mut target = server.target();
    let probed = source::probe(Kind::Rdp, &target.address).await.unwrap();
    assert_eq!((probed.pin, probed.asks_password), (Some(target.pin), false));
    let (expected, shown) = (Pin([1; 32]), target.pin);
    target.pin = expected;
    let error = Rdp::connect(&target, Some(&credentials()), (800, 600)).await.unwrap_err();
    assert_eq!(error, Error::PinMismatch { expected, shown });
    let error = Rdp::connect(&server.target(), None, (800, 600)).await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    let error = source::probe(Kind::Vnc, &target.address).await.unwrap_err();
    assert!(matches!(error, Error::PeerMisbehaved(_) | Error::Unreachable(_)), "{error}");
    let vnc = Xvnc::open();
    let error = source::probe(Kind::Rdp, &vnc.target().address).await.unwrap_err();
    assert!(matches!(error, Error::PeerMisbehaved(_) | Error::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn a_server_that_goes_is_told() {
    let server = Xrdp::start().listening().await;
    let target = Target::Rdp(server.target());
    // In a task of its own, as the agent serves its viewers: the future can be sent to another
    // thread.
    let opening =
        tokio::spawn(async move { Desktop::open(&target, Some(&credentials()), (800, 600)).await });
    let mut desktop = opening.await.unwrap().unwrap();
    desktop.next().await.unwrap();
    drop(server);
    let error = until_error(&mut desktop).await;
    assert!(matches!(error, Error::Unreachable(_)), "{error}");
}
