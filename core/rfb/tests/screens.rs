//! Desktops of one screen take another size; desktops of several are left as they are.

#![allow(clippy::unwrap_used, reason = "a test")]

use rfb::{Client, Config, Encoding, Security};

/// A client of a desktop of 800x600, nothing sent so far.
fn open() -> Client {
    let config = Config { accept: vec![Security::None], ..Config::default() };
    let mut client = Client::new(config);
    client.handle_bytes(b"RFB 003.008\n\x01\x01\0\0\0\0").unwrap();
    client.handle_bytes(&[3, 32, 2, 88]).unwrap();
    client.handle_bytes(&[0; 16]).unwrap();
    client.handle_bytes(&[0, 0, 0, 1, b'v']).unwrap();
    client.poll_transmit();
    client
}

/// An update of one rectangle: ExtendedDesktopSize with so many screens of 800x600 side by side.
fn told(screens: u8) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 1, 0, 0, 0, 0];
    bytes.extend((800 * u16::from(screens.max(1))).to_be_bytes());
    bytes.extend([2, 88]);
    bytes.extend((Encoding::ExtendedDesktopSize as i32).to_be_bytes());
    bytes.extend([screens, 0, 0, 0]);
    for number in 0..screens {
        bytes.extend([0, 0, 0, number + 7]);
        bytes.extend((800 * u16::from(number)).to_be_bytes());
        bytes.extend([0, 0, 3, 32, 2, 88, 0, 0, 0, 9]);
    }
    bytes
}

#[test]
fn one_screen_takes_a_size() {
    for (screens, id) in [(0, [0; 8]), (1, [0, 0, 0, 7, 0, 0, 0, 9])] {
        let mut client = open();
        assert!(!client.extensions().resize, "nothing is known yet");
        client.handle_bytes(&told(screens)).unwrap();
        assert!(client.extensions().resize);
        client.set_desktop_size(1024, 768);
        let sent = client.poll_transmit().unwrap();
        assert_eq!(sent[..8], [251, 0, 4, 0, 3, 0, 1, 0]);
        assert_eq!((&sent[8..12], &sent[20..]), (&id[..4], &id[4..]), "as the server names it");
    }
}

#[test]
fn several_screens_are_left_as_they_are() {
    let mut client = open();
    client.handle_bytes(&told(2)).unwrap();
    assert!(!client.extensions().resize);
    client.set_desktop_size(1024, 768);
    assert_eq!(client.poll_transmit(), None);
    assert_eq!(client.framebuffer().width(), 1600);
    // The second is unplugged, then comes back.
    client.handle_bytes(&told(1)).unwrap();
    assert!(client.extensions().resize);
    client.handle_bytes(&told(2)).unwrap();
    assert!(!client.extensions().resize);
}
