//! One entry for every decoder, for fuzz targets and for the tests that run their corpora: any
//! bytes, no panic.

use crate::bytes::Reader;
use crate::decode::cursor::{Form, Head};
use crate::decode::raw::Raw;
use crate::decode::tight::Tight;
use crate::decode::zrle::Zrle;
use crate::decode::{copyrect, cursor, desktop};
use crate::{Client, Config, Damage, Encoding, Framebuffer, Limits, Rect, Security};

/// A whole session. The first byte sets how many bytes come at a time, which must not change the
/// outcome.
pub fn fuzz_client(data: &[u8]) {
    let Some((chunk, data)) = data.split_first() else { return };
    let whole = session(data, data.len().max(1));
    let parts = session(data, usize::from(*chunk).max(1));
    assert_eq!(whole, parts, "the outcome depends on how the bytes are cut");
}

/// Runs bytes through a client that accepts everything; the outcome and the picture.
fn session(data: &[u8], chunk: usize) -> (Result<(), crate::Error>, Framebuffer) {
    use Security::{None, TlsNone, TlsVnc, VncAuth, X509None, X509Vnc};
    let mut client = Client::new(Config {
        accept: vec![X509Vnc, X509None, TlsVnc, TlsNone, VncAuth, None],
        password: Some(b"password".to_vec()),
        limits: Limits { side: 1024, pixels: 256 * 256 },
        ..Config::default()
    });
    let mut outcome = Ok(());
    for part in data.chunks(chunk) {
        outcome = client.handle_bytes(part);
        if outcome.is_err() {
            break;
        }
        while let Some(event) = client.poll_event() {
            if matches!(event, crate::Event::Ready | crate::Event::Resized) {
                client.request_update(false);
                client.set_encodings(&[Encoding::Tight]);
                client.set_desktop_size(100, 100);
            }
        }
        client.poll_transmit();
    }
    (outcome, client.framebuffer().clone())
}

/// A place in a picture from four bytes, and what is left.
fn place(data: &[u8]) -> Option<(Rect, &[u8])> {
    let ([x, y, width, height], rest) = data.split_first_chunk()?;
    Some((Rect::new(u16::from(*x), u16::from(*y), u16::from(*width), u16::from(*height)), rest))
}

fn picture() -> Framebuffer {
    Framebuffer::new(200, 200)
}

/// Raw rectangles.
pub fn fuzz_raw(data: &[u8]) {
    if let Some((rect, data)) = place(data) {
        let _ = Raw::new(rect).feed(&mut Reader::new(data), &mut picture());
    }
}

/// Copied rectangles.
pub fn fuzz_copyrect(data: &[u8]) {
    let (mut fb, mut damage) = (picture(), Damage::default());
    for part in data.chunks_exact(8) {
        if let Some((rect, source)) = place(part)
            && fb.check(rect).is_ok()
        {
            let _ = copyrect::decode(&mut Reader::new(source), rect, &mut fb, &mut damage);
        }
    }
}

/// ZRLE rectangles, already unpacked ones as well.
pub fn fuzz_zrle(data: &[u8]) {
    if let Some((rect, data)) = place(data) {
        let _ = Zrle::new().decode(&mut Reader::new(data), rect, &mut picture());
        let _ = Zrle::new().tiles(data, rect, &mut picture());
    }
}

/// Tight rectangles, one after the other over the same streams.
pub fn fuzz_tight(data: &[u8]) {
    let (mut tight, mut fb) = (Tight::new(), picture());
    let mut reader = Reader::new(data);
    while let Some([x, y, width, height]) = reader.array::<4>() {
        let rect = Rect::new(x.into(), y.into(), width.into(), height.into());
        if tight.decode(&mut reader, rect, &mut fb).is_err() {
            return;
        }
    }
}

/// Pointer shapes in each form.
pub fn fuzz_cursor(data: &[u8]) {
    if let Some((rect, data)) = place(data) {
        let head =
            Head { hot_x: rect.x, hot_y: rect.y, width: rect.width * 5, height: rect.height * 5 };
        for form in [Form::Colour, Form::TwoColours, Form::Alpha] {
            let mut shape = None;
            let _ = cursor::decode(&mut Reader::new(data), head, form, &mut shape);
            if let Some(shape) = shape {
                assert_eq!(
                    shape.rgba.len(),
                    usize::from(shape.width) * usize::from(shape.height) * 4
                );
            }
        }
    }
}

/// Lists of screens and names.
pub fn fuzz_desktop(data: &[u8]) {
    let _ = desktop::screens(&mut Reader::new(data), &mut Default::default());
    let mut name = String::new();
    let _ = desktop::name(&mut Reader::new(data), &mut name);
    assert!(name.len() <= crate::MOST_NAME);
}

/// A fuzz entry.
pub type Entry = fn(&[u8]);

/// Every entry, by name.
pub const ALL: &[(&str, Entry)] = &[
    ("client", fuzz_client),
    ("raw", fuzz_raw),
    ("copyrect", fuzz_copyrect),
    ("zrle", fuzz_zrle),
    ("tight", fuzz_tight),
    ("cursor", fuzz_cursor),
    ("desktop", fuzz_desktop),
];
