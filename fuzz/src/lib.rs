//! One function per decoder: any bytes in, no panic, no unbounded memory. The fuzzer's targets and the test over the corpora
//! both call these.
//!
//! What decodes is encoded again and must give the same value: a decoder that accepts what its encoder cannot say is a fault.

/// Every target by the name of its folder in `corpus/`.
pub const TARGETS: &[(&str, fn(&[u8]))] = &[
    ("channel", channel),
    ("control", control),
    ("csv", csv),
    ("form", form),
    ("rfb_client", rfb_client),
    ("rfb_copyrect", rfb_copyrect),
    ("rfb_cursor", rfb_cursor),
    ("rfb_desktop", rfb_desktop),
    ("rfb_raw", rfb_raw),
    ("rfb_tight", rfb_tight),
    ("rfb_zrle", rfb_zrle),
    ("screen", screen),
    ("tickets", tickets),
    ("wire", wire),
];

pub use rfb::fuzz::{
    fuzz_client as rfb_client, fuzz_copyrect as rfb_copyrect, fuzz_cursor as rfb_cursor, fuzz_desktop as rfb_desktop,
    fuzz_raw as rfb_raw, fuzz_tight as rfb_tight, fuzz_zrle as rfb_zrle,
};

/// The messages of a session, both ways.
pub fn wire(bytes: &[u8]) {
    use wire::session::{ToAgent, ToViewer};
    if let Ok(message) = ToAgent::decode(bytes) {
        let again = message.encode().expect("what was decoded can be encoded");
        assert_eq!(ToAgent::decode(&again).as_ref(), Ok(&message));
    }
    if let Ok(message) = ToViewer::decode(bytes) {
        let again = message.encode().expect("what was decoded can be encoded");
        assert_eq!(ToViewer::decode(&again).as_ref(), Ok(&message));
    }
}

/// Frames of a desktop's picture, and the viewer's acknowledgements.
pub fn screen(bytes: &[u8]) {
    screen::fuzz_decode(bytes);
}

/// Handshake messages and their payloads, and the plaintexts of records.
pub fn channel(bytes: &[u8]) {
    channel::fuzz_decode(bytes);
    channel::fuzz_records(bytes);
}

/// Tickets, grants and slips. The bytes are signed first, so that what is behind the signature is reached too; what is
/// accepted must be the one way to write it.
pub fn tickets(bytes: &[u8]) {
    use pairing::{Grant, SigningKey, Slip, Ticket};
    let key = SigningKey::from_seed(&[7; 32]);
    let signed = |context: &[u8]| [bytes, &key.sign(context, bytes).0].concat();
    let _ = Ticket::verify(bytes, [&key.public()]);
    let _ = Grant::verify(bytes, &key.public());
    let ticket = signed(b"noren ticket v1\0");
    if let Ok(read) = Ticket::verify(&ticket, [&key.public()]) {
        assert_eq!(read.sign(&key), ticket);
    }
    let grant = signed(b"noren grant v1\0");
    if let Ok(read) = Grant::verify(&grant, &key.public()) {
        assert_eq!(read.sign(&key).ok(), Some(grant));
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(slip) = text.parse::<Slip>()
    {
        assert!(slip.reveal().parse::<Slip>() == Ok(slip));
    }
}

/// The control conversation's messages, both ways.
pub fn control(bytes: &[u8]) {
    use pairing::control::{ToAgent, ToServer};
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(message) = ToAgent::decode(text) {
        let again = message.encode().expect("what was decoded can be encoded");
        assert_eq!(ToAgent::decode(&again).as_ref(), Ok(&message));
    }
    if let Ok(message) = ToServer::decode(text) {
        let again = message.encode().expect("what was decoded can be encoded");
        assert_eq!(ToServer::decode(&again).as_ref(), Ok(&message));
    }
}

/// Answers to a survey as CSV. What is read and written again reads the same.
pub fn csv(bytes: &[u8]) {
    use exchange::{form::Form, import};
    let form = Form::read(include_str!("../../core/exchange/forms/telework-r3.toml")).expect("the form of the notice");
    if let Ok(answers) = import::read_csv(&form, bytes, |_| true) {
        let again = import::write_csv(&form, &answers, |_| String::new());
        assert_eq!(import::read_csv(&form, again.as_bytes(), |_| true).as_ref(), Ok(&answers));
    }
}

/// Survey forms.
pub fn form(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = exchange::form::Form::read(text);
    }
}
