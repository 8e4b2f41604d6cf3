//! One function per decoder: any bytes in, no panic, no unbounded memory. The fuzzer's targets and
//! the test over the corpora both call these.
//!
//! What decodes is encoded again and must give the same value: a decoder that accepts what its
//! encoder cannot say is a fault.

/// What a target is called, as its folder in `corpus/`, and what reads the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("anchor", anchor),
    ("bundle", bundle),
    ("channel", channel),
    ("control", control),
    ("control_words", control_words),
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
    ("staff", staff),
    ("syslog", syslog),
    ("tickets", tickets),
    ("wire", wire),
    ("workbook", workbook),
    ("words", words),
    ("works", works),
];

/// Decoders that need more than `core/`, with the test of their own crate that runs their corpus.
pub const ELSEWHERE: &[(&str, &str)] = &[
    ("attachment", "web/exchange/src/case/attachments.rs"),
    ("frames", "apps/relay/src/frames/tests.rs"),
    ("proxy", "edge/net/src/proxy.rs"),
    ("rdp", "edge/source/tests/corpora.rs"),
    ("sheet", "web/kit/src/sheet/tests.rs"),
];

pub use rfb::fuzz::{
    fuzz_client as rfb_client, fuzz_copyrect as rfb_copyrect, fuzz_cursor as rfb_cursor,
    fuzz_desktop as rfb_desktop, fuzz_raw as rfb_raw, fuzz_tight as rfb_tight,
    fuzz_zrle as rfb_zrle,
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

/// Tickets, grants and slips. The bytes are signed first, so that what is behind the signature is
/// reached too; what is accepted must be the one way to write it.
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

/// What a server says in the control conversation, from its challenge on: a byte with how many
/// bytes come next, and those. The first half of the values are signed first, so that what is
/// behind the signature is reached too; the others come as they are.
pub fn control_words(bytes: &[u8]) {
    use pairing::control::{AgentSide, Hello, Input};
    use pairing::{AgentId, SigningKey, Ticks};
    let (server, own) = (SigningKey::from_seed(&[7; 32]), SigningKey::from_seed(&[8; 32]));
    let hello = Hello {
        version: 0,
        name: "a".into(),
        program: "0".into(),
        targets: Vec::new(),
        head: None,
    };
    let mut side =
        AgentSide::new(AgentId([1; 16]), own, server.public(), hello, Ticks(0), &mut Zeros);
    side.handle_message(Input::Binary(&[0; 32]), Ticks(0)).expect("a challenge");
    let binding = [&[0; 64][..], &[1; 16], server.public().as_bytes()].concat();
    let (mut rest, mut number) = (bytes, 0_u64);
    while let Some((&length, more)) = rest.split_first() {
        let (part, after) =
            more.split_at(usize::from(length & 0x7f).saturating_mul(8).min(more.len()));
        rest = after;
        let raw = length >= 0x80;
        let word = [&number.to_be_bytes()[..], &1_u64.to_be_bytes(), part].concat();
        let signature = server.sign(b"noren control server v2\0", &[&binding[..], &word].concat());
        let signed = [&word[..], &signature.0].concat();
        let heard = side.handle_message(Input::Binary(if raw { part } else { &signed }), Ticks(0));
        let events = std::iter::from_fn(|| side.poll_event()).count();
        assert!(events <= 1 && !(raw && events > 0), "an unsigned word came to something");
        if heard.is_err() {
            return;
        }
        number += 1;
        while side.poll_transmit().is_some() {}
    }
}

/// Answers to a survey as CSV. What is read and written again reads the same.
pub fn csv(bytes: &[u8]) {
    use exchange::{form::Form, import};
    let form = Form::read(include_str!("../../core/exchange/forms/telework-r3.toml"))
        .expect("the form of the notice");
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

/// What a server says to a relay elsewhere. The bytes are signed first, so that what is behind the
/// signature is reached too.
pub fn words(bytes: &[u8]) {
    use pairing::SigningKey;
    use pairing::relay::{Listener, Speaker};
    let key = SigningKey::from_seed(&[7; 32]);
    let fresh = || Listener::new(&mut Zeros);
    let _ = fresh().hear(bytes, &[key.public()]);
    let signature = key.sign(b"noren relay v1\0", &[&fresh().challenge()[..], bytes].concat());
    let signed = [bytes, &signature.0[..]].concat();
    if let Ok((_, word)) = fresh().hear(&signed, &[key.public()]) {
        let again = Speaker::new(key, fresh().challenge()).expect("32 bytes").say(&word);
        assert_eq!(again, signed, "one way to write a word");
    }
}

/// A challenge that is known.
struct Zeros;

impl rand_core::RngCore for Zeros {
    fn next_u32(&mut self) -> u32 {
        0
    }
    fn next_u64(&mut self) -> u64 {
        0
    }
    fn fill_bytes(&mut self, to: &mut [u8]) {
        to.fill(0);
    }
}

impl rand_core::CryptoRng for Zeros {}

/// Bundles between servers. Who signs, for whom, when and over what is set right, so that the
/// content is reached too.
pub fn bundle(bytes: &[u8]) {
    use ed25519_dalek::{Signer, SigningKey};
    use exchange::bundle::{HEAD, Inbox, MAX_CONTENT, ServerKey, open, seal};
    use sha2::{Digest, Sha256};
    let key = SigningKey::from_bytes(&[7; 32]);
    let me = ServerKey(*key.verifying_key().as_bytes());
    let now = jiff::Timestamp::from_second(1_790_000_000).expect("a moment");
    let _ = open(bytes, &me, &[me], &Inbox::default(), now);
    let (Some(head), Some(content)) = (bytes.get(..10), bytes.get(HEAD..)) else { return };
    if content.len() > MAX_CONTENT {
        return;
    }
    let mut whole = head.to_vec();
    whole.extend_from_slice(&me.0);
    whole.extend_from_slice(&me.0);
    whole.extend_from_slice(&1_u64.to_be_bytes());
    whole.extend_from_slice(&now.as_millisecond().to_be_bytes());
    whole.extend_from_slice(&now.as_millisecond().to_be_bytes());
    whole.extend_from_slice(&Sha256::digest(content));
    whole.extend_from_slice(&u32::try_from(content.len()).expect("at most 32 MiB").to_be_bytes());
    let signature = key.sign(&[b"noren bundle v1\0", &whole[..]].concat());
    whole.extend_from_slice(content);
    whole.extend_from_slice(&signature.to_bytes());
    if let Ok((label, content, _)) = open(&whole, &me, &[me], &Inbox::default(), now) {
        let again = seal(&content, &label, &key).expect("what was read can be written");
        let (_, read, _) =
            open(&again, &me, &[me], &Inbox::default(), now).expect("and read again");
        assert_eq!(read, content);
    }
}

/// Rows of a table as text: a line each, cells by tabs.
fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    String::from_utf8_lossy(bytes)
        .lines()
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

/// Lists of staff.
pub fn staff(bytes: &[u8]) {
    let divisions = [("010".to_owned(), people::DivisionId([1; 16]))].into();
    let taken = ["taken".parse().expect("a sign-in name")].into();
    match people::read_staff(&rows(bytes), &divisions, &taken, |_| true) {
        Ok(people) => assert!(people.iter().all(|one| one.login.as_str() != "taken")),
        Err(faults) => assert!(!faults.is_empty() && faults.len() <= people::MAX_CELL_FAULTS),
    }
}

/// The work inventory and who does what of it.
pub fn works(bytes: &[u8]) {
    use telework::inventory::sheet::{Known, read_links, read_works};
    let divisions = [("010".to_owned(), people::DivisionId([1; 16]))].into();
    let staff = [("hanako".to_owned(), people::StaffId([2; 16]))].into();
    let rows = rows(bytes);
    let read = read_works(
        &rows,
        &Known { divisions: &divisions, works: &std::collections::BTreeMap::new() },
    );
    let works = read
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .map(|(at, work)| (at as u64 + 1, work))
        .collect();
    let _ = read_links(&rows, &staff, &works);
}

/// Lines of an anchor file, as somebody collected them. Each is signed anew, so that what is behind
/// the signature is reached too: there is one way to write an anchor.
pub fn anchor(bytes: &[u8]) {
    use audit::{Anchor, Trail};
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let text = String::from_utf8_lossy(bytes);
    let (mut trail, mut new) = (Trail::default(), 0);
    for line in text.lines().filter_map(Anchor::find) {
        let Ok(read) = Anchor::read(line) else { continue };
        let signed = read.sign(&key);
        let unsigned = |line: &str| line.rsplit_once(' ').map(|(rest, _)| rest.to_owned());
        assert_eq!(unsigned(line), unsigned(&signed), "one way to write an anchor");
        assert_eq!(Anchor::read(&signed).as_ref(), Ok(&read));
        assert_eq!(read.signed(&signed, &key.verifying_key()), Ok(()));
        assert!(line == signed || read.signed(line, &key.verifying_key()).is_err());
        new += usize::from(trail.take(&read, &signed) == Ok(true));
        assert_eq!(trail.take(&read, &signed), Ok(false), "the same line again is not new");
        let host = "<109>1 2026-01-01T00:00:00.000Z host noren-server - anchor - ";
        assert_eq!(Anchor::find(&format!("{host}{signed}")), Some(&*signed));
    }
    assert!(new == 0 || trail.last().is_some_and(|(number, _)| number > 0));
}

/// Lines of a syslog receiver. Each is read as it is; then a record of what stands in them is
/// written as the server writes it, and must come back from the line, whatever stands in it.
pub fn syslog(bytes: &[u8]) {
    use audit::{Chain, Event, Head, Kind, Record, Who, event_line, read_event};
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        if let Some(Ok(record)) = read_event(line) {
            assert_eq!(read_event(&event_line(&record)), Some(Ok(record)));
        }
    }
    let mut parts = text.split('\u{1f}');
    let mut next = || parts.next().unwrap_or_default().to_owned();
    let (subject, value, login, host, before) = (next(), next(), next(), next(), next());
    let number = bytes.iter().fold(0_u16, |sum, byte| sum.wrapping_add((*byte).into()));
    let who = match number % 3 {
        0 => Who::System,
        1 => Who::Stranger { address: login },
        _ => Who::Person { id: "00".into(), login },
    };
    let event = Event::new(Chain::SERVER, who, Kind::from_number(number), subject);
    let head = Head { seq: number.into(), hash: [3; 32] };
    let record = Record::append(head, event.with("note", value), bytes.len() as u64);
    let line = audit::syslog(&record, "2026-01-01T00:00:00.000Z", &host);
    assert!(line.starts_with("<109>1 2026-01-01T00:00:00.000Z "));
    assert!(!line.contains(['\n', '\r', '\0']), "a line is one line");
    assert!(!line.split(' ').nth(2).is_some_and(str::is_empty), "there is a host");
    assert_eq!(read_event(&line), Some(Ok(record.clone())));
    // A receiver writes something of its own before it.
    if !before.contains("noren-event v1 ") && record.check_limits().is_ok() {
        assert_eq!(read_event(&format!("{before}{line}")), Some(Ok(record)));
    }
}

/// Where the parts of the workbook stand that [`workbook`] makes.
const PARTS: [&str; 4] =
    ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"];
/// What stands there when nothing is given, and what stands beside them.
const PLAIN: [&str; 4] = [
    include_str!("workbook/sheet1.xml"),
    include_str!("workbook/sharedStrings.xml"),
    include_str!("workbook/styles.xml"),
    include_str!("workbook/workbook.xml"),
];
const AROUND: [(&str, &str); 3] = [
    ("[Content_Types].xml", include_str!("workbook/types.xml")),
    ("_rels/.rels", include_str!("workbook/rels.xml")),
    ("xl/_rels/workbook.xml.rels", include_str!("workbook/workbook-rels.xml")),
];

/// Workbooks. What begins like an archive is read as it is; anything else are the parts of one,
/// divided by NUL, which are put into an archive first, so that what is behind its sums is reached.
pub fn workbook(bytes: &[u8]) {
    use sheet::{Fault, MAX_CELL, MAX_CELLS, MAX_COLUMNS, MAX_FORMULAS, MAX_ROWS, MAX_TEXT, Want};
    let packed = if bytes.starts_with(b"PK") { bytes.to_vec() } else { packed(bytes) };
    for want in [Want::First, Want::Named(vec!["Sheet1".to_owned(), "none".to_owned()])] {
        let mut looks = 0;
        let mut over = || {
            looks += 1;
            looks > 2_000
        };
        let Ok(book) = sheets::read(&packed, &want, &mut over) else { continue };
        assert!(looks <= 2_000, "read on when the time was over");
        for sheet in &book.sheets {
            assert!(sheet.cells.len() <= MAX_CELLS && sheet.formulas.len() <= MAX_FORMULAS);
            let texts = sheet.cells.iter().filter_map(|(_, _, cell)| match cell {
                sheet::Cell::Text(text) => Some(text),
                _ => None,
            });
            assert!(texts.clone().all(|text| text.chars().count() <= MAX_CELL));
            assert!(texts.map(String::len).sum::<usize>() <= MAX_TEXT + MAX_CELLS * 20);
            let inside = |(row, column): (u32, u32)| row < MAX_ROWS && column < MAX_COLUMNS;
            let cells = sheet.cells.iter().map(|(row, column, _)| (*row, *column));
            assert!(want != Want::First || cells.into_iter().all(inside));
        }
        let said = serde_json::to_vec(&Ok::<_, Fault>(&book)).expect("a book can be said");
        let heard = serde_json::from_slice::<Result<sheet::Book, Fault>>(&said);
        assert!(heard.is_ok_and(|heard| heard.is_ok()), "what is said can be heard");
    }
}

/// Parts of a workbook in an archive.
fn packed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut given = bytes.split(|byte| *byte == 0).filter(|part| !part.is_empty());
    let parts = PARTS
        .into_iter()
        .zip(PLAIN)
        .map(|(name, plain)| (name, given.next().unwrap_or(plain.as_bytes())));
    let parts: Vec<(&str, &[u8])> =
        parts.chain(AROUND.into_iter().map(|(name, text)| (name, text.as_bytes()))).collect();
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let plain =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in parts {
        to.start_file(name, plain).expect("a part of memory");
        to.write_all(content).expect("room in memory");
    }
    to.finish().expect("an archive in memory").into_inner()
}
