//! Writes `spec/vectors/channel`: `cargo run -p channel --example channel-vectors --
//! spec/vectors/channel`.
//!
//! It drives `snow` directly and builds prologue, records and faults by itself, so that the crate
//! is not its own judge.

#![allow(clippy::disallowed_methods, reason = "a tool that writes files, not part of the crate")]

use sha2::{Digest, Sha256};
use snow::resolvers::{DefaultResolver, FallbackResolver, RingResolver};
use snow::{Builder, HandshakeState, TransportState};
use std::fmt::Write as _;

const MEETING: [u8; 16] = *b"meeting-0123456\x01";
const BODY: &str = "131016";
const AGENT: [u8; 16] = *b"agent--0123456\x02\x03";
const GRANT: &[u8] = b"any bytes stand for a grant here";
const SECRET: &str = "0123456789ABCDEF";
const DEVICE_KEY: [u8; 32] = [0x11; 32];
const AGENT_KEY: [u8; 32] = [0x22; 32];
const DEVICE_EPHEMERAL: [u8; 32] = [0x33; 32];
const AGENT_EPHEMERAL: [u8; 32] = [0x44; 32];
const MAX_PART: usize = 65_518;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: vectors FOLDER")?;
    for (name, text) in good().into_iter().chain(hostile_handshakes()).chain(hostile_records()) {
        std::fs::write(format!("{folder}/{name}.txt"), text)?;
    }
    Ok(())
}

type File = (&'static str, String);

fn good() -> Vec<File> {
    let mut pairing = Case::pairing(
        "A pairing: both payloads, and the agent's acceptance as the first record.",
        &[],
    );
    pairing.handshake('>', b"");
    pairing.handshake('<', b"\x00\x06\xe5\xba\x81\xe8\x88\x8e");
    pairing.handshake('>', b"\x00\x04home\x00\x08Chromium");
    pairing.open();
    let device =
        Sha256::new().chain_update("noren device v1").chain_update(public(&DEVICE_KEY)).finalize();
    pairing.note("the acceptance: 01 and the device id of the initiator's key");
    pairing.message('<', &[&[1], &device[..16]].concat());

    let mut session = Case::session(
        "A session: messages both ways, an empty one, and a close from each side.",
        &[],
    );
    session.shake();
    session.message('>', b"hello");
    session.message('<', b"welcome");
    session.message('>', b"");
    session.message('<', &[7; 100]);
    session.record('>', "close", 3, &[0], Some("00"));
    session.note("what was on its way still arrives");
    session.message('<', b"late");
    session.record('<', "close", 3, &[2], Some("02"));
    session.line("end > ok");
    session.line("end < ok");

    let mut parts = Case::session(
        "Messages of exactly one part, one byte more, and three parts. Bytes are i * 7 + 3.",
        &[],
    );
    parts.shake();
    for length in [MAX_PART, MAX_PART + 1, 2 * MAX_PART + 5] {
        parts.long(length);
    }

    let mut rekey = Case::session(
        "A rekey goes along after three records when a key lasts four; and one asked for.",
        &["key-records: 4"],
    );
    rekey.shake();
    rekey.message('>', b"one");
    rekey.message('>', b"two");
    rekey.message('>', b"three");
    rekey.rekeyed('>', b"four");
    rekey.message('<', b"the other direction has its own count");
    rekey.message('>', b"five");
    rekey.rekey('<');
    rekey.message('<', b"after the one asked for");

    let mut bytes = Case::session(
        "A rekey by bytes: a key lasts 200,000 bytes of plaintext.",
        &["key-bytes: 200000"],
    );
    bytes.shake();
    bytes.long(60_000);
    bytes.long(60_000);
    bytes.long(60_000);
    bytes.long_rekeyed(60_000);
    vec![
        ("pairing", pairing.text),
        ("session", session.text),
        ("parts", parts.text),
        ("rekey", rekey.text),
        ("rekey-bytes", bytes.text),
    ]
}

fn hostile_handshakes() -> Vec<File> {
    let mut files = Vec::new();
    let differs: [(&'static str, &str, String); 5] = [
        (
            "other-meeting",
            "The responder was told another meeting.",
            format!("responder-meeting: {}", hex(&[9; 16])),
        ),
        ("other-body", "The responder belongs to another body.", "responder-body: 271004".into()),
        (
            "other-agent",
            "The responder is another agent with the same key.",
            format!("responder-agent: {}", hex(&[9; 16])),
        ),
        (
            "other-grant",
            "The two sides hold different grants.",
            format!("responder-grant: {}", hex(b"another grant")),
        ),
        (
            "other-key",
            "The initiator expects another agent key.",
            format!("initiator-remote: {}", hex(&public(&[0x55; 32]))),
        ),
    ];
    for (name, about, line) in differs {
        let mut case = Case::session(about, &[&line]);
        let message = case.write('>', b"");
        // The message was made for what the initiator believes.
        let message =
            if name == "other-key" { initiator_to(&public(&[0x55; 32])) } else { message };
        case.line(&format!("handshake! > - {}", hex(&message)));
        case.line(&format!("refuse > Handshake {}", hex(&message)));
        files.push((name, case.text));
    }

    let mut case = Case::pairing(
        "The slip's secret was mistyped: the third message does not fit.",
        &["responder-secret: 0123456789ABCDEG"],
    );
    case.handshake('>', b"");
    case.handshake('<', b"\x00\x00");
    let message = case.write('>', b"\x00\x00\x00\x00");
    case.line(&format!("handshake! > 00000000 {}", hex(&message)));
    case.line(&format!("refuse > Handshake {}", hex(&message)));
    files.push(("other-secret", case.text));

    let mut case = Case::session("One bit of the encrypted static key is another.", &[]);
    let mut message = case.write('>', b"");
    message[40] ^= 1;
    case.line(&format!("refuse > Handshake {}", hex(&message)));
    files.push(("handshake-altered", case.text));

    let mut case = Case::session("The first message lacks its last byte.", &[]);
    let message = case.write('>', b"");
    case.line(&format!("refuse > Handshake {}", hex(&message[..message.len() - 1])));
    files.push(("handshake-short", case.text));

    let mut case = Case::session("An empty first message.", &[]);
    case.line("refuse > Handshake -");
    files.push(("handshake-empty", case.text));

    let mut case = Case::session("The ephemeral key is zero: of small order.", &[]);
    let mut message = case.write('>', b"");
    message[..32].fill(0);
    case.line(&format!("refuse > WeakKey {}", hex(&message)));
    files.push(("handshake-weak-key", case.text));

    let mut case = Case::session("A first message longer than Noise allows.", &[]);
    case.line("refuse > Oversized zeros:65536");
    files.push(("handshake-oversized", case.text));

    let mut case = Case::session("The answer to another meeting's first message.", &[]);
    case.handshake('>', b"");
    let mut other = Case::session("", &[]);
    other.initiator = Some(build(false, b"another prologue", true));
    other.responder = Some(build(false, b"another prologue", false));
    other.shake();
    let answer = other
        .text
        .lines()
        .find_map(|line| line.strip_prefix("handshake < - "))
        .expect("an answer")
        .to_owned();
    case.line(&format!("refuse < Handshake {answer}"));
    files.push(("handshake-foreign-answer", case.text));
    files
}

fn hostile_records() -> Vec<File> {
    let mut files = Vec::new();
    let mut one = |name: &'static str, about: &str, extra: &[&str], write: &dyn Fn(&mut Case)| {
        let mut case = Case::session(about, extra);
        case.shake();
        write(&mut case);
        files.push((name, case.text));
    };
    one("record-altered", "One bit of a record is another.", &[], &|c| {
        let mut record = c.seal('>', 0, b"hello");
        record[3] ^= 0x80;
        c.refuse('>', "Record", &record);
    });
    one("record-repeated", "A record comes twice.", &[], &|c| {
        let record = c.message('>', b"hello");
        c.refuse('>', "Record", &record);
    });
    one("record-lost", "The first record is missing (a swap looks the same).", &[], &|c| {
        c.seal('>', 0, b"hello");
        let second = c.seal('>', 0, b"again");
        c.refuse('>', "Record", &second);
    });
    one("record-reflected", "The agent's own record comes back to it.", &[], &|c| {
        let record = c.seal('<', 0, b"welcome");
        c.refuse('>', "Record", &record);
    });
    one("record-short", "A record shorter than its tag.", &[], &|c| {
        c.refuse('>', "Record", &[0; 15])
    });
    one("record-oversized", "A record longer than Noise allows.", &[], &|c| {
        c.line("refuse > Oversized zeros:65536")
    });
    one("record-without-kind", "An authentic record of no plaintext.", &[], &|c| {
        let record = c.raw('>', b"");
        c.refuse('>', "UnknownKind", &record);
    });
    one("record-unknown-kind", "An authentic record of kind 4.", &[], &|c| {
        let record = c.seal('>', 4, b"hello");
        c.refuse('>', "UnknownKind", &record);
    });
    one("part-empty", "A part that adds nothing could go on for ever.", &[], &|c| {
        let record = c.seal('>', 1, b"");
        c.refuse('>', "BadRecord", &record);
    });
    one("message-too-large", "A message to the agent of 4,097 bytes in one record.", &[], &|c| {
        let record = c.seal('>', 0, &[0; 4097]);
        c.refuse('>', "TooLarge", &record);
    });
    one(
        "parts-too-large",
        "Parts that pass the limit together; the last one is refused before the message ends.",
        &[],
        &|c| {
            let part = c.seal('>', 1, &[1; 4000]);
            c.line(&format!("part > {}", hex(&part)));
            let part = c.seal('>', 1, &[1; 97]);
            c.refuse('>', "TooLarge", &part);
        },
    );
    one("rekey-with-payload", "A rekey that carries something.", &[], &|c| {
        let record = c.seal('>', 2, b"x");
        c.refuse('>', "BadRecord", &record);
    });
    one("rekey-not-done", "A rekey was announced and the old key used on.", &[], &|c| {
        let rekey = c.seal('>', 2, b"");
        c.line(&format!("part > {}", hex(&rekey)));
        let record = c.seal('>', 0, b"hello");
        c.refuse('>', "Record", &record);
    });
    one("rekey-not-announced", "A new key without a word.", &[], &|c| {
        c.transport('>').rekey_outgoing();
        let record = c.seal('>', 0, b"hello");
        c.refuse('>', "Record", &record);
    });
    one("key-overused", "A fifth record under a key that lasts four.", &["key-records: 4"], &|c| {
        for text in ["one", "two", "three"] {
            c.message('>', text.as_bytes());
        }
        let record = c.seal('>', 0, b"four");
        c.line(&format!("take > {} {}", hex(b"four"), hex(&record)));
        let record = c.seal('>', 0, b"five");
        c.refuse('>', "Overused", &record);
    });
    one("close-without-reason", "A close of no reason.", &[], &|c| {
        let record = c.seal('>', 3, b"");
        c.refuse('>', "BadRecord", &record);
    });
    one("close-too-long", "A close of two reasons.", &[], &|c| {
        let record = c.seal('>', 3, b"\0\0");
        c.refuse('>', "BadRecord", &record);
    });
    one("after-close", "A record after the close.", &[], &|c| {
        c.record('>', "close", 3, &[0], Some("00"));
        let record = c.seal('>', 0, b"more");
        c.refuse('>', "Closed", &record);
    });
    one("cut", "The transport ends without a close.", &[], &|c| {
        c.message('>', b"hello");
        c.line("end > Truncated");
    });
    files
}

/// A vector in the making: both ends in plain `snow`, and the text.
struct Case {
    text: String,
    initiator: Option<HandshakeState>,
    responder: Option<HandshakeState>,
    ends: Option<(TransportState, TransportState)>,
}

impl Case {
    fn pairing(about: &str, extra: &[&str]) -> Self {
        let prologue = [&b"noren/1\x01"[..], &MEETING, BODY.as_bytes(), &AGENT, &[0; 32]].concat();
        Self::new(about, true, &prologue, &format!("secret: {SECRET}\n"), extra)
    }

    fn session(about: &str, extra: &[&str]) -> Self {
        let prologue =
            [&b"noren/1\x02"[..], &MEETING, BODY.as_bytes(), &AGENT, &Sha256::digest(GRANT)]
                .concat();
        Self::new(about, false, &prologue, &format!("grant: {}\n", hex(GRANT)), extra)
    }

    fn new(about: &str, pairing: bool, prologue: &[u8], own: &str, extra: &[&str]) -> Self {
        let mut text =
            format!("# {about}\npattern: {}\n", if pairing { "pairing" } else { "session" });
        for (name, value) in
            [("meeting", hex(&MEETING)), ("body", BODY.into()), ("agent", hex(&AGENT))]
        {
            let _ = writeln!(text, "{name}: {value}");
        }
        text += own;
        let keys = [
            ("initiator-static", DEVICE_KEY),
            ("initiator-ephemeral", DEVICE_EPHEMERAL),
            ("responder-static", AGENT_KEY),
            ("responder-ephemeral", AGENT_EPHEMERAL),
        ];
        for (name, key) in keys {
            let _ = writeln!(text, "{name}: {}", hex(&key));
        }
        for line in extra {
            let _ = writeln!(text, "{line}");
        }
        text.push('\n');
        Self {
            text,
            initiator: Some(build(pairing, prologue, true)),
            responder: Some(build(pairing, prologue, false)),
            ends: None,
        }
    }

    fn line(&mut self, line: &str) {
        self.text += line;
        self.text.push('\n');
    }

    fn note(&mut self, about: &str) {
        self.line(&format!("# {about}"));
    }

    fn write(&mut self, way: char, payload: &[u8]) -> Vec<u8> {
        let state = if way == '>' { &mut self.initiator } else { &mut self.responder };
        let mut message = vec![0; 65_535];
        let length = state
            .as_mut()
            .expect("in handshake")
            .write_message(payload, &mut message)
            .expect("our turn");
        message.truncate(length);
        message
    }

    fn handshake(&mut self, way: char, payload: &[u8]) {
        let message = self.write(way, payload);
        let state = if way == '>' { &mut self.responder } else { &mut self.initiator };
        state
            .as_mut()
            .expect("in handshake")
            .read_message(&message, &mut vec![0; 65_535])
            .expect("it fits");
        self.line(&format!("handshake {way} {} {}", hex(payload), hex(&message)));
    }

    fn shake(&mut self) {
        self.handshake('>', b"");
        self.handshake('<', b"");
        self.open();
    }

    fn open(&mut self) {
        let open = |state: &mut Option<HandshakeState>| {
            state.take().expect("in handshake").into_transport_mode().expect("finished")
        };
        self.ends = Some((open(&mut self.initiator), open(&mut self.responder)));
    }

    fn transport(&mut self, way: char) -> &mut TransportState {
        let ends = self.ends.as_mut().expect("open");
        if way == '>' { &mut ends.0 } else { &mut ends.1 }
    }

    fn raw(&mut self, way: char, plain: &[u8]) -> Vec<u8> {
        let mut record = vec![0; plain.len() + 16];
        self.transport(way).write_message(plain, &mut record).expect("room");
        record
    }

    fn seal(&mut self, way: char, kind: u8, payload: &[u8]) -> Vec<u8> {
        self.raw(way, &[&[kind], payload].concat())
    }

    fn record(
        &mut self,
        way: char,
        step: &str,
        kind: u8,
        payload: &[u8],
        shown: Option<&str>,
    ) -> Vec<u8> {
        let record = self.seal(way, kind, payload);
        let shown = shown.map_or_else(|| hex(payload), str::to_owned);
        self.line(&format!("{step} {way} {shown} {}", hex(&record)));
        record
    }

    fn message(&mut self, way: char, payload: &[u8]) -> Vec<u8> {
        self.record(way, "message", 0, payload, None)
    }

    fn rekeyed(&mut self, way: char, payload: &[u8]) {
        let rekey = self.seal(way, 2, b"");
        self.transport(way).rekey_outgoing();
        let record = self.seal(way, 0, payload);
        self.line(&format!("message {way} {} {} {}", hex(payload), hex(&rekey), hex(&record)));
    }

    fn rekey(&mut self, way: char) {
        let rekey = self.seal(way, 2, b"");
        self.transport(way).rekey_outgoing();
        self.line(&format!("rekey {way} {}", hex(&rekey)));
    }

    /// A message to the viewer too long for the file: its records appear as hashes.
    fn long(&mut self, length: usize) {
        let records = self.long_records(length);
        self.line(&format!("message < ramp:{length}{}", shown(&records)));
    }

    fn long_rekeyed(&mut self, length: usize) {
        let rekey = self.seal('<', 2, b"");
        self.transport('<').rekey_outgoing();
        let records = self.long_records(length);
        self.line(&format!("message < ramp:{length} {}{}", hex(&rekey), shown(&records)));
    }

    fn long_records(&mut self, length: usize) -> Vec<Vec<u8>> {
        let bytes: Vec<u8> = (0..length).map(|i| (i * 7 + 3) as u8).collect();
        let parts: Vec<&[u8]> = bytes.chunks(MAX_PART).collect();
        let last = parts.len() - 1;
        parts.iter().enumerate().map(|(i, part)| self.seal('<', u8::from(i < last), part)).collect()
    }

    fn refuse(&mut self, way: char, fault: &str, record: &[u8]) {
        self.line(&format!("refuse {way} {fault} {}", hex(record)));
    }
}

fn shown(records: &[Vec<u8>]) -> String {
    records.iter().map(|record| format!(" sha256:{}", hex(&Sha256::digest(record)))).collect()
}

fn build(pairing: bool, prologue: &[u8], initiator: bool) -> HandshakeState {
    builder(pairing, prologue, initiator, &public(&AGENT_KEY))
}

fn initiator_to(agent: &[u8; 32]) -> Vec<u8> {
    let prologue =
        [&b"noren/1\x02"[..], &MEETING, BODY.as_bytes(), &AGENT, &Sha256::digest(GRANT)].concat();
    let mut message = vec![0; 65_535];
    let length =
        builder(false, &prologue, true, agent).write_message(b"", &mut message).expect("our turn");
    message.truncate(length);
    message
}

fn builder(pairing: bool, prologue: &[u8], initiator: bool, agent: &[u8; 32]) -> HandshakeState {
    let psk =
        Sha256::new().chain_update("noren pairing psk v1").chain_update(SECRET).finalize().into();
    let name =
        if pairing { "Noise_XXpsk3_25519_AESGCM_SHA256" } else { "Noise_IK_25519_AESGCM_SHA256" };
    let (key, ephemeral) =
        if initiator { (&DEVICE_KEY, &DEVICE_EPHEMERAL) } else { (&AGENT_KEY, &AGENT_EPHEMERAL) };
    let resolver = FallbackResolver::new(Box::new(RingResolver), Box::new(DefaultResolver));
    let mut builder = Builder::with_resolver(name.parse().expect("a name"), Box::new(resolver))
        .prologue(prologue)
        .and_then(|b| b.local_private_key(key))
        .expect("set once")
        .fixed_ephemeral_key_for_testing_only(ephemeral);
    if pairing {
        builder = builder.psk(3, &psk).expect("set once");
    } else if initiator {
        builder = builder.remote_public_key(agent).expect("set once");
    }
    if initiator { builder.build_initiator() } else { builder.build_responder() }.expect("complete")
}

fn public(key: &[u8; 32]) -> [u8; 32] {
    use snow::resolvers::CryptoResolver;
    let mut dh = DefaultResolver.resolve_dh(&snow::params::DHChoice::Curve25519).expect("X25519");
    dh.set(key);
    dh.pubkey().try_into().expect("32 bytes")
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".to_owned();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
