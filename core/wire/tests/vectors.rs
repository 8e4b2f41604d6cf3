//! Runs `spec/vectors/wire`: the same files as `viewer/core/wire.test.mjs`.

#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::{Value, json};
use wire::session::{ToAgent, ToViewer};

#[test]
fn every_vector_file() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/vectors/wire");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 50, "vectors are missing: {}", files.len());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let line =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let bytes = bytes(line("bytes").unwrap());
        let outcome = match line("to").unwrap() {
            "agent" => ToAgent::decode(&bytes).map(|m| (m.encode(), of_agent(&m))),
            _ => ToViewer::decode(&bytes).map(|m| (m.encode(), of_viewer(&m))),
        };
        let at = path.display();
        match (outcome, line("message"), line("error")) {
            (Ok((encoded, shown)), Some(message), None) => {
                assert_eq!(shown, serde_json::from_str::<Value>(message).unwrap(), "{at}");
                assert_eq!(encoded, Ok(bytes), "{at}: encodes to the same bytes");
            }
            (Err(error), None, Some(fault)) => {
                assert_eq!(format!("{error:?}").split([' ', '(']).next(), Some(fault), "{at}");
            }
            (outcome, ..) => panic!("{at}: {:?}", outcome.map(|(_, shown)| shown)),
        }
    }
}

fn of_agent(message: &ToAgent) -> Value {
    match message {
        ToAgent::Hello(m) => {
            json!(
                {"type": "Hello", "width": m.viewport.width, "height": m.viewport.height,
                    "caps": m.caps, "typing": m.typing as u8})
        }
        ToAgent::Credentials(m) => {
            json!(
                {"type": "Credentials", "user": m.user, "password": m.password, "domain": m.domain})
        }
        ToAgent::Pointer(m) => {
            json!({"type": "Pointer", "x": m.x, "y": m.y, "buttons": m.buttons.bits()})
        }
        ToAgent::Wheel(m) => json!({"type": "Wheel", "x": m.x, "y": m.y, "dx": m.dx, "dy": m.dy}),
        ToAgent::Key(m) => {
            json!({"type": "Key", "down": m.down, "usage": m.usage, "keysym": m.keysym})
        }
        ToAgent::Text(text) => json!({"type": "Text", "text": text}),
        ToAgent::Resize(m) => json!({"type": "Resize", "width": m.width, "height": m.height}),
        ToAgent::ScreenAck(body) => json!({"type": "ScreenAck", "body": hex(body)}),
        ToAgent::Ping(token) => json!({"type": "Ping", "token": token}),
        ToAgent::Refresh => json!({"type": "Refresh"}),
        ToAgent::ReleaseAll => json!({"type": "ReleaseAll"}),
        ToAgent::Held => json!({"type": "Held"}),
    }
}

fn of_viewer(message: &ToViewer) -> Value {
    match message {
        ToViewer::Welcome(m) => json!({
            "type": "Welcome", "width": m.width,
            "height": m.height, "caps": m.caps.0, "name": m.name,
            "notAfter": m.not_after, "idle": m.idle,
        }),
        ToViewer::Screen(body) => json!({"type": "Screen", "body": hex(body)}),
        ToViewer::Cursor(m) => json!({
            "type": "Cursor", "hotX": m.hot_x, "hotY": m.hot_y,
            "width": m.width, "height": m.height, "rgba": hex(&m.rgba),
        }),
        ToViewer::Notice(m) => {
            json!({"type": "Notice", "kind": m.kind as u8, "seconds": m.seconds})
        }
        ToViewer::Ended(reason) => json!({"type": "Ended", "reason": *reason as u8}),
        ToViewer::Pong(token) => json!({"type": "Pong", "token": token}),
        ToViewer::Line(m) => json!({"type": "Line", "rtt": m.rtt, "rate": m.rate}),
        ToViewer::Caps(caps) => json!({"type": "Caps", "caps": caps.0}),
    }
}

fn bytes(word: &str) -> Vec<u8> {
    if word == "-" {
        return Vec::new();
    }
    if let Some(fill) = word.strip_prefix("fill:") {
        let (byte, length) = fill.split_once(':').unwrap();
        return vec![u8::from_str_radix(byte, 16).unwrap(); length.parse().unwrap()];
    }
    word.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
