//! Writes `spec/vectors/pairing/` anew: `cargo run -p pairing --example pairing-vectors -- FOLDER`.
//!
//! Ed25519 signatures are deterministic, so the files do not change unless the format does.
// A tool that writes files, no part of the crate.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::fmt::Write as _;
use std::path::Path;

use pairing::control::{ToAgent, Welcome};
use pairing::relay::{Speaker, Word};
use pairing::{
    AgentId, BodyCode, ChannelKey, Grant, GrantId, Head, MeetingId, Policy, Side, SigningKey, Slip,
    Ticket, UnixMs, UserId, Zone,
};

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    let folder = Path::new(&folder);
    let key = SigningKey::from_seed(&[0x5e; 32]);
    tickets(folder, &key);
    grants(folder, &key);
    slips(folder);
    messages(folder);
    words(folder, &key);
    said(folder, &key);
    heads(folder, &key);
    relays(folder);
}

/// What a server says first in a conversation.
fn said(folder: &Path, key: &SigningKey) {
    let (challenge, chance, agent, public) =
        ([0xc4; 32], [0xca; 32], AgentId(*b"agent--012345678"), key.public());
    let shown = public.to_string();
    let put = |name: &str, comment: &str, bytes: &[u8], last: (&str, &str)| {
        let (challenge, chance, agent) = (hex(&challenge), hex(&chance), agent.to_string());
        let lines = [
            ("kind", "said"),
            ("key", &shown),
            ("challenge", &challenge),
            ("chance", &chance),
            ("agent", &agent),
            ("input", &hex(bytes)),
            last,
        ];
        write(folder, name, comment, &lines);
    };
    let binding = |challenge: [u8; 32], chance: [u8; 32], agent: AgentId| {
        [&challenge[..], &chance, &agent.0, public.as_bytes()].concat()
    };
    let here = binding(challenge, chance, agent);
    let word = |number: u64, heard: u64, text: &[u8]| {
        [&number.to_be_bytes()[..], &heard.to_be_bytes(), text].concat()
    };
    let signed = |key: &SigningKey, context: &[u8], binding: &[u8], word: &[u8]| {
        [word, &key.sign(context, &[binding, word].concat()).0].concat()
    };
    let server = b"noren control server v2\0";
    let body: BodyCode = "131016".parse().unwrap();
    let head = Some(Head::sign(key, &body, 7, [0x4e; 32]));
    let welcome = Welcome {
        version: 2,
        body,
        body_name: "千代田区".into(),
        time: UnixMs(1_790_000_000_000),
        head,
    };
    let text = ToAgent::Welcome(welcome.clone()).encode().unwrap();
    let first = word(0, 1, text.as_bytes());
    let good = signed(key, server, &here, &first);
    put("said", "The welcome.", &good, ("want", "131016 1790000000000 千代田区"));
    let mut altered = good.clone();
    altered[20] ^= 1;
    put(
        "said-altered",
        "One bit of the text differs from what was signed.",
        &altered,
        ("fault", "BadSignature"),
    );
    put(
        "said-cut",
        "The last byte is missing.",
        &good[..good.len() - 1],
        ("fault", "BadSignature"),
    );
    put(
        "said-trailing",
        "A byte too many.",
        &[&good[..], &[0]].concat(),
        ("fault", "BadSignature"),
    );
    put("said-short", "Shorter than a signature.", &good[..63], ("fault", "PeerMisbehaved"));
    put("said-unsigned", "The text alone.", text.as_bytes(), ("fault", "BadSignature"));
    let other =
        |challenge, chance, agent| signed(key, server, &binding(challenge, chance, agent), &first);
    put(
        "said-other-challenge",
        "Said over another challenge.",
        &other([0xc5; 32], chance, agent),
        ("fault", "BadSignature"),
    );
    put(
        "said-other-chance",
        "Said over another agent's chance.",
        &other(challenge, [0xcb; 32], agent),
        ("fault", "BadSignature"),
    );
    let another = AgentId(*b"agent--012345679");
    put(
        "said-other-agent",
        "Said to another agent.",
        &other(challenge, chance, another),
        ("fault", "BadSignature"),
    );
    let stranger = SigningKey::from_seed(&[0x0f; 32]);
    put(
        "said-other-key",
        "Said by another server.",
        &signed(&stranger, server, &here, &first),
        ("fault", "BadSignature"),
    );
    let agents = signed(key, b"noren control agent v2\0", &here, &first);
    put("said-context", "Signed as an agent's word.", &agents, ("fault", "BadSignature"));
    let rightly = |word: &[u8]| signed(key, server, &here, word);
    put(
        "said-left-out",
        "The first word is missing.",
        &rightly(&word(1, 1, text.as_bytes())),
        ("fault", "PeerMisbehaved"),
    );
    let beyond = rightly(&word(0, 2, text.as_bytes()));
    put("said-heard", "It has heard more than was said.", &beyond, ("fault", "PeerMisbehaved"));
    put("said-empty", "No text, rightly signed.", &rightly(&word(0, 1, b"")), ("fault", "Invalid"));
    put(
        "said-numbers",
        "Half a number, rightly signed.",
        &rightly(&first[..12]),
        ("fault", "Malformed"),
    );
    put(
        "said-not-utf8",
        "A text that is not UTF-8, rightly signed.",
        &rightly(&word(0, 1, b"\xff")),
        ("fault", "Invalid"),
    );
    let alive = rightly(&word(0, 1, br#"{"type":"alive"}"#));
    put(
        "said-no-welcome",
        "Another word before the welcome, rightly signed.",
        &alive,
        ("fault", "PeerMisbehaved"),
    );
    let first_version =
        ToAgent::Welcome(Welcome { version: 1, ..welcome.clone() }).encode().unwrap();
    let old = rightly(&word(0, 1, first_version.as_bytes()));
    put(
        "said-version",
        "The welcome of another version, rightly signed.",
        &old,
        ("fault", "PeerMisbehaved"),
    );
    let forged = Some(Head::sign(&stranger, &body, 7, [0x4e; 32]));
    let forged = ToAgent::Welcome(Welcome { head: forged, ..welcome }).encode().unwrap();
    let forged = rightly(&word(0, 1, forged.as_bytes()));
    put(
        "said-head",
        "A welcome with a head of another server, rightly signed.",
        &forged,
        ("fault", "BadSignature"),
    );
}

fn heads(folder: &Path, key: &SigningKey) {
    let public = key.public().to_string();
    let put = |name: &str, comment: &str, text: &str, last: (&str, &str)| {
        write(
            folder,
            name,
            comment,
            &[("kind", "head"), ("key", &public), ("body", "131016"), ("input", text), last],
        );
    };
    let head =
        |key: &SigningKey, body: &str| Head::sign(key, &body.parse().unwrap(), 1_234, [0x4e; 32]);
    let good = serde_json::to_string(&head(key, "131016")).unwrap();
    put("head", "Where a record stood.", &good, ("want", &format!("1234 {}", "4e".repeat(32))));
    put(
        "head-altered",
        "Another number than was signed.",
        &good.replace("1234", "1235"),
        ("fault", "BadSignature"),
    );
    put("head-hash", "A hash of 31 bytes.", &good.replacen("4e", "", 1), ("fault", "Invalid"));
    let other = serde_json::to_string(&head(key, "011002")).unwrap();
    put("head-other-body", "Of another body.", &other, ("fault", "BadSignature"));
    let other =
        serde_json::to_string(&head(&SigningKey::from_seed(&[0x0f; 32]), "131016")).unwrap();
    put("head-other-key", "Another server's.", &other, ("fault", "BadSignature"));
}

fn relays(folder: &Path) {
    let put = |name: &str, comment: &str, server: &str, relay: &str, last: (&str, &str)| {
        write(
            folder,
            name,
            comment,
            &[("kind", "relay"), ("server", server), ("input", relay), last],
        );
    };
    let (town, home) = ("https://noren.example", "http://127.0.0.1:18480");
    for (name, comment, server, relay) in [
        ("relay", "A relay elsewhere.", town, "wss://relay.example:8443/relay"),
        ("relay-inside", "The relay inside the server.", town, "/relay"),
        (
            "relay-at-home",
            "Plain text on one machine, where the agent was enrolled there.",
            home,
            "ws://127.0.0.1:18490/relay",
        ),
    ] {
        put(name, comment, server, relay, ("want", relay));
    }
    for (name, comment, relay, fault) in [
        (
            "relay-loopback",
            "A loopback address, and an agent of a server elsewhere.",
            "wss://127.0.0.1/relay",
            "ForeignRelay",
        ),
        (
            "relay-loopback-mapped",
            "The same in IPv6.",
            "wss://[::ffff:127.0.0.1]/relay",
            "ForeignRelay",
        ),
        ("relay-localhost", "The same by name.", "wss://localhost./relay", "ForeignRelay"),
        (
            "relay-plain",
            "Plain text across the network.",
            "ws://relay.example/relay",
            "ForeignRelay",
        ),
        ("relay-numeric", "Another way to write 127.0.0.1.", "wss://2130706433/relay", "Invalid"),
        ("relay-path", "Another path.", "wss://relay.example/internal", "Invalid"),
        ("relay-query", "With a query.", "wss://relay.example/relay?x", "Invalid"),
        ("relay-user", "With a user.", "wss://a@relay.example/relay", "Invalid"),
        ("relay-scheme", "No WebSocket.", "https://relay.example/relay", "Invalid"),
    ] {
        put(name, comment, town, relay, ("fault", fault));
    }
}

fn write(folder: &Path, name: &str, comment: &str, lines: &[(&str, &str)]) {
    let mut text = format!("# {comment}\n");
    lines.iter().for_each(|(name, value)| writeln!(text, "{name}: {value}").unwrap());
    std::fs::write(folder.join(format!("{name}.txt")), text).unwrap();
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Signs whatever stands before the signature.
fn sign(key: &SigningKey, context: &[u8], mut unsigned: Vec<u8>) -> Vec<u8> {
    let signature = key.sign(context, &unsigned);
    unsigned.extend_from_slice(&signature.0);
    unsigned
}

fn tickets(folder: &Path, key: &SigningKey) {
    let context = b"noren ticket v1\0";
    let ticket = Ticket {
        meeting: MeetingId(*b"meeting-01234567"),
        side: Side::Viewer,
        body: "131016".parse().unwrap(),
        not_after: UnixMs(1_790_000_000_000),
        nonce: *b"nonce-0123456789",
    };
    let public = key.public().to_string();
    let good = ticket.sign(key);
    let unsigned = good[..good.len() - 64].to_vec();
    let want = |side: &str| {
        format!("{} {side} 131016 1790000000000 {}", ticket.meeting, hex(&ticket.nonce))
    };
    let put = |name: &str, comment: &str, bytes: &[u8], last: (&str, &str)| {
        write(
            folder,
            name,
            comment,
            &[("kind", "ticket"), ("key", &public), ("input", &hex(bytes)), last],
        );
    };
    put("ticket-viewer", "A viewer's ticket.", &good, ("want", &want("viewer")));
    put(
        "ticket-agent",
        "An agent's ticket.",
        &Ticket { side: Side::Agent, ..ticket }.sign(key),
        ("want", &want("agent")),
    );
    let with = |at: usize, value: u8| {
        let mut bytes = unsigned.clone();
        bytes[at] = value;
        sign(key, context, bytes)
    };
    put(
        "ticket-version",
        "A version that does not exist, rightly signed.",
        &with(0, 2),
        ("fault", "UnknownVersion"),
    );
    put("ticket-side", "A third side, rightly signed.", &with(17, 3), ("fault", "Invalid"));
    put(
        "ticket-body",
        "A body code with a letter, rightly signed.",
        &with(18, b'a'),
        ("fault", "Invalid"),
    );
    put("ticket-cut", "The last byte is missing.", &good[..good.len() - 1], ("fault", "Malformed"));
    put("ticket-trailing", "A byte too many.", &[&good[..], &[0]].concat(), ("fault", "Malformed"));
    put("ticket-empty", "Nothing.", &[], ("fault", "Malformed"));
    let mut altered = good.clone();
    altered[1] ^= 1;
    put(
        "ticket-altered",
        "One bit of the meeting differs from what was signed.",
        &altered,
        ("fault", "BadSignature"),
    );
    let other = ticket.sign(&SigningKey::from_seed(&[0x0f; 32]));
    put("ticket-other-key", "Signed by another server.", &other, ("fault", "BadSignature"));
    let context = sign(key, b"noren grant v1\0", unsigned.clone());
    put("ticket-context", "Signed as a grant.", &context, ("fault", "BadSignature"));
    // Adding the group's order to S gives a second signature that a lax verifier takes.
    let mut malleable = good.clone();
    let at = good.len() - 32;
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, add) in malleable[at..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    put("ticket-malleable", "The group's order added to S.", &malleable, ("fault", "BadSignature"));
}

fn grant() -> Grant {
    let device_key = ChannelKey([0x0d; 32]);
    Grant {
        id: GrantId(*b"grant--012345678"),
        meeting: MeetingId(*b"meeting-01234567"),
        body: "131016".parse::<BodyCode>().unwrap(),
        user: UserId(*b"user---012345678"),
        login: "hanako".into(),
        name: "山田 花子".into(),
        device: device_key.device_id(),
        device_key,
        agent: AgentId(*b"agent--012345678"),
        target: "pc-1".parse().unwrap(),
        zone: Zone::Lgwan,
        issued: UnixMs(1_790_000_000_000),
        not_before: UnixMs(1_790_000_000_000),
        not_after: UnixMs(1_790_030_000_000),
        policy: Policy {
            idle: 900,
            warn: 120,
            watermark: true,
            contrast: 12,
            spacing: 240,
            watermark_text: "{body} {user} {time}".into(),
            resize: true,
        },
    }
}

fn grants(folder: &Path, key: &SigningKey) {
    let context = b"noren grant v1\0";
    let public = key.public().to_string();
    let good = grant().sign(key).unwrap();
    let unsigned = good[..good.len() - 64].to_vec();
    let put = |name: &str, comment: &str, bytes: &[u8], last: (&str, &str)| {
        write(
            folder,
            name,
            comment,
            &[("kind", "grant"), ("key", &public), ("input", &hex(bytes)), last],
        );
    };
    let want = format!("hanako {} pc-1 Lgwan 1790030000000", grant().device);
    put("grant", "A grant.", &good, ("want", &want));
    let find =
        |needle: &[u8]| unsigned.windows(needle.len()).position(|part| part == needle).unwrap();
    let with = |at: usize, value: u8| {
        let mut bytes = unsigned.clone();
        bytes[at] = value;
        sign(key, context, bytes)
    };
    let target = find(b"pc-1");
    put(
        "grant-version",
        "A version that does not exist, rightly signed.",
        &with(0, 9),
        ("fault", "UnknownVersion"),
    );
    put(
        "grant-zone",
        "The third zone, which is never a target, rightly signed.",
        &with(target + 4, 3),
        ("fault", "WrongZone"),
    );
    put(
        "grant-target",
        "A target id with a blank, rightly signed.",
        &with(target, b' '),
        ("fault", "Invalid"),
    );
    put(
        "grant-login",
        "A login that is not UTF-8, rightly signed.",
        &with(find(b"hanako"), 0xff),
        ("fault", "Malformed"),
    );
    put(
        "grant-login-length",
        "A login longer than all that is left, rightly signed.",
        &with(find(b"hanako") - 1, 255),
        ("fault", "Malformed"),
    );
    put(
        "grant-device",
        "A device id that is not the key's, rightly signed.",
        &with(find(&[0x0d; 32]) - 1, 0),
        ("fault", "WrongDevice"),
    );
    let policy = unsigned.len() - (4 + 2 + 1 + 1 + 2 + 2 + 20 + 1);
    put(
        "grant-watermark",
        "A flag that is neither 0 nor 1, rightly signed.",
        &with(policy + 6, 2),
        ("fault", "Malformed"),
    );
    put(
        "grant-contrast",
        "More than a hundred percent, rightly signed.",
        &with(policy + 7, 101),
        ("fault", "Invalid"),
    );
    put(
        "grant-trailing",
        "A byte too many, rightly signed.",
        &sign(key, context, [&unsigned[..], &[0]].concat()),
        ("fault", "Malformed"),
    );
    put(
        "grant-cut",
        "The last byte is missing.",
        &good[..good.len() - 1],
        ("fault", "BadSignature"),
    );
    put("grant-short", "Shorter than a signature.", &good[..63], ("fault", "Invalid"));
    put("grant-long", "Longer than any grant.", &vec![1; Grant::MAX + 1], ("fault", "TooLarge"));
    let mut altered = good.clone();
    let end = find(&1_790_030_000_000_u64.to_be_bytes());
    altered[end + 3] ^= 0x40;
    put(
        "grant-altered",
        "The end of the period differs from what was signed.",
        &altered,
        ("fault", "BadSignature"),
    );
    put(
        "grant-context",
        "Signed as a ticket.",
        &sign(key, b"noren ticket v1\0", unsigned.clone()),
        ("fault", "BadSignature"),
    );
    let other = grant().sign(&SigningKey::from_seed(&[0x0f; 32])).unwrap();
    put("grant-other-key", "Signed by another server.", &other, ("fault", "BadSignature"));
}

fn slips(folder: &Path) {
    let put = |name: &str, comment: &str, text: &str, last: (&str, &str)| {
        write(folder, name, comment, &[("kind", "slip"), ("input", text), last]);
    };
    let slip: Slip = "0A1B-2C3D-4E5F-6G7H-8J9K-MNPQ".parse().unwrap();
    let want = format!("{} {}", slip.reveal(), hex(&slip.secret.psk().0));
    put("slip", "A slip as it is printed.", "0A1B-2C3D-4E5F-6G7H-8J9K-MNPQ", ("want", &want));
    put(
        "slip-typed",
        "The same as people type it: small, O for 0, L for 1, blanks for hyphens.",
        "oalb 2c3d 4e5f 6g7h 8j9k mnpq",
        ("want", &want),
    );
    put(
        "slip-short",
        "A character is missing.",
        "0A1B-2C3D-4E5F-6G7H-8J9K-MNP",
        ("fault", "Invalid"),
    );
    put(
        "slip-long",
        "A character too many.",
        "0A1B-2C3D-4E5F-6G7H-8J9K-MNPQR",
        ("fault", "TooLarge"),
    );
    put("slip-letter", "U is no digit.", "0A1B-2C3D-4E5F-6G7H-8J9K-MNPU", ("fault", "Invalid"));
}

fn words(folder: &Path, key: &SigningKey) {
    let (challenge, public) = ([0xc4; 32], key.public().to_string());
    let put = |name: &str, comment: &str, bytes: &[u8], last: (&str, &str)| {
        let lines = [
            ("kind", "word"),
            ("key", &public),
            ("challenge", &hex(&challenge)),
            ("input", &hex(bytes)),
            last,
        ];
        write(folder, name, comment, &lines);
    };
    let said = |key: &SigningKey, challenge: &[u8], word| {
        Speaker::new(key.clone(), challenge).unwrap().say(&word)
    };
    let signed = |bytes: &[u8], context: &[u8]| {
        let signature = key.sign(context, &[&challenge, bytes].concat());
        [bytes, &signature.0].concat()
    };
    let context = b"noren relay v1\0";
    let meeting = MeetingId(*b"meeting-01234567");
    let end = said(key, &challenge, Word::End(meeting));
    put(
        "word-alive",
        "The server is there.",
        &said(key, &challenge, Word::Alive),
        ("want", "Alive"),
    );
    put("word-ask", "Which meetings are here?", &said(key, &challenge, Word::Ask), ("want", "Ask"));
    put("word-end", "A meeting is over.", &end, ("want", &format!("End {meeting}")));
    let body = said(key, &challenge, Word::EndBody("131016".parse().unwrap()));
    put("word-end-body", "A body's meetings are over.", &body, ("want", "EndBody 131016"));
    let mut altered = end.clone();
    altered[9] ^= 1;
    put(
        "word-altered",
        "One bit of the meeting differs from what was signed.",
        &altered,
        ("fault", "BadSignature"),
    );
    let mut speaker = Speaker::new(key.clone(), &challenge).unwrap();
    speaker.say(&Word::Ask);
    put(
        "word-left-out",
        "The first word is missing.",
        &speaker.say(&Word::Alive),
        ("fault", "PeerMisbehaved"),
    );
    let other = said(&SigningKey::from_seed(&[0x0f; 32]), &challenge, Word::End(meeting));
    put("word-other-key", "Said by another server.", &other, ("fault", "BadSignature"));
    put(
        "word-other-challenge",
        "Said on another line.",
        &said(key, &[0xc5; 32], Word::End(meeting)),
        ("fault", "BadSignature"),
    );
    put(
        "word-context",
        "Signed as a ticket.",
        &signed(&[0; 9], b"noren ticket v1\0"),
        ("fault", "BadSignature"),
    );
    let unknown = signed(&[0, 0, 0, 0, 0, 0, 0, 0, 4], context);
    put(
        "word-unknown",
        "A word that does not exist, rightly signed.",
        &unknown,
        ("fault", "Invalid"),
    );
    let letter = signed(b"\0\0\0\0\0\0\0\0\x03a31016", context);
    put("word-body", "A body code with a letter, rightly signed.", &letter, ("fault", "Invalid"));
    put("word-cut", "The last byte is missing.", &end[..end.len() - 1], ("fault", "Malformed"));
    put("word-trailing", "A byte too many.", &[&end[..], &[0]].concat(), ("fault", "Malformed"));
}

fn messages(folder: &Path) {
    let put = |name: &str, kind: &str, comment: &str, text: &str, last: (&str, &str)| {
        write(folder, name, comment, &[("kind", kind), ("input", text), last]);
    };
    let end = r#"{"type":"end","meeting":"6d656574696e672d3031323334353637","reason":"revoked"}"#;
    put("end", "to-agent", "A session is ended.", end, ("want", end));
    let newer = r#"{"type":"end","meeting":"6d656574696e672d3031323334353637","reason":"revoked","since":[1,{}]}"#;
    put("end-newer", "to-agent", "A field of a newer server is skipped.", newer, ("want", end));
    put(
        "to-agent-unknown",
        "to-agent",
        "A message of a newer server.",
        r#"{"type":"weather","sun":true}"#,
        ("want", r#"{"type":"unknown"}"#),
    );
    let short = r#"{"type":"end","meeting":"6d65","reason":"revoked"}"#;
    put("end-meeting", "to-agent", "A meeting of two bytes.", short, ("fault", "Invalid"));
    let meet = r#"{"type":"meet","meeting":"6d656574696e672d3031323334353637","kind":{"kind":"session","grant":"AAAA"},"relay":"wss://r/relay","ticket":"AAAA"}"#;
    put("meet-ticket", "to-agent", "A ticket of three bytes.", meet, ("fault", "Invalid"));
    let done = r#"{"type":"done","number":7}"#;
    put("done", "to-server", "Orders were carried out.", done, ("want", done));
    put(
        "done-negative",
        "to-server",
        "A number below zero.",
        r#"{"type":"done","number":-1}"#,
        ("fault", "Invalid"),
    );
    put(
        "done-twice",
        "to-server",
        "One object and another.",
        r#"{"type":"done","number":7}{}"#,
        ("fault", "Invalid"),
    );
    put("not-json", "to-server", "No JSON at all.", "done 7", ("fault", "Invalid"));
    let ended = r#"{"type":"report","epoch":1,"number":2,"report":{"type":"session_ended","meeting":"6d656574696e672d3031323334353637","user":"757365722d2d2d303132333435363738","device":"6465766963652d303132333435363738","target":"pc-1","reason":"idle","bytes_up":1,"bytes_down":2,"idle_seconds":3,"started":20,"ended":10}}"#;
    put(
        "session-backwards",
        "to-server",
        "A session that ended before it began.",
        &ended
            .replace("757365722d2d2d303132333435363738", "757365722d2d2d3031323334353637")
            .replace("6465766963652d303132333435363738", "6465766963652d3031323334353637"),
        ("fault", "Invalid"),
    );
}
