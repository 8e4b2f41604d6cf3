//! Attached files: bounded, typed by what is in them, given out as downloads and never shown in the
//! page.

use std::io::{Cursor, Read};

use audit::{Decision, Event, Kind};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use exchange::case::{Attachment, Case, CaseAction, CaseId, Right};
use exchange::ids::AttachmentId;
use people::{Actor, BodyCode, Deed, MINISTRY};
use sha2::{Digest, Sha256};
use store::exchange::AttachmentRow;
use store::{Conn, Tx};

use super::finish;
use crate::Exchange;
use crate::Route;
use crate::access::{Seat, Undone, case_id, now, open, open_case, standing};
use crate::case::shown::Typed;
use crate::download::as_download;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Form, Nothing, SignedIn, Upload, get, post, see_other};
use kit::secrets::hex;

/// Most files of a letter, and of one body's answer.
const MOST: usize = 20;
/// Most entries of an Office file that is looked into.
const ENTRIES: usize = 4_000;

/// A file in a list.
pub(crate) struct FileLine {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) size: String,
}

/// Files of the letter, or of one body's answer.
pub(crate) async fn lines(
    conn: &mut Conn,
    case: CaseId,
    body: Option<BodyCode>,
) -> Result<Vec<FileLine>, Refusal> {
    let rows = store::exchange::attachments(conn, case, body).await?;
    Ok(rows
        .into_iter()
        .map(|row| FileLine { id: row.id.to_string(), size: size(row.length), name: row.name })
        .collect())
}

fn size(length: u64) -> String {
    if length < 1_000_000 {
        format!("{} kB", length.div_ceil(1_000))
    } else {
        format!("{}.{} MB", length / 1_000_000, length / 100_000 % 10)
    }
}

/// What a file is, by its bytes: media type and the ending its name gets. Nothing for what is not
/// taken.
fn kind(bytes: &[u8], name: &str) -> Option<(&'static str, &'static str)> {
    if bytes.starts_with(b"%PDF-") {
        return Some(("application/pdf", "pdf"));
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(("image/png", "png"));
    }
    if bytes.starts_with(b"\xff\xd8\xff") {
        return Some(("image/jpeg", "jpg"));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return office(bytes);
    }
    let text = !bytes.iter().any(|b| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r'));
    let readable =
        text && (std::str::from_utf8(bytes).is_ok() || !encoding_rs::SHIFT_JIS.decode(bytes).2);
    let csv = name.to_ascii_lowercase().ends_with(".csv");
    readable.then_some(if csv { ("text/csv", "csv") } else { ("text/plain", "txt") })
}

/// Excel, Word or PowerPoint without macros. Only names of entries and the list of types are read,
/// within bounds.
fn office(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    if archive.len() > ENTRIES {
        return None;
    }
    let names: Vec<String> = archive
        .file_names()
        .map(|name| Some(name.ok()?.to_ascii_lowercase()))
        .collect::<Option<_>>()?;
    if names.iter().any(|name| {
        name.contains("vbaproject")
            || name.contains("activex")
            || name.contains("embeddings/")
            || name.contains("macrosheets/")
    }) {
        return None;
    }
    let mut types = String::new();
    archive.by_name("[Content_Types].xml").ok()?.take(256 << 10).read_to_string(&mut types).ok()?;
    if types.contains("macroEnabled") {
        return None;
    }
    let has = |name: &str| names.iter().any(|one| one == name);
    match () {
        () if has("xl/workbook.xml") => {
            Some(("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"))
        }
        () if has("word/document.xml") => Some((
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "docx",
        )),
        () if has("ppt/presentation.xml") => Some((
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "pptx",
        )),
        () => None,
    }
}

/// A name to show and to save under: no path, nothing invisible, and the ending its content has.
fn clean(name: &str, ending: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let odd = |c: char| {
        c.is_control()
            || "\"<>:|?*;%".contains(c)
            || matches!(
                c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
                    | '\u{feff}')
    };
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let stem: String = stem.chars().filter(|c| !odd(*c)).take(100).collect();
    let stem = stem.trim().trim_matches('.');
    format!("{}.{ending}", if stem.is_empty() { "file" } else { stem })
}

async fn attach(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(id): Path<String>,
    upload: Upload,
) -> Answer {
    let lang = visit.ctx.lang;
    let say = |ja: &str, en: &str| vec![lang.t(ja, en).to_owned()];
    let Some(file) = upload.file else {
        let faults = say("ファイルを選んでください。", "Please choose a file.");
        return super::render(
            &app,
            visit,
            &id,
            faults,
            Typed::default(),
            StatusCode::UNPROCESSABLE_ENTITY,
        )
        .await;
    };
    match take(&app, &visit.actor, case_id(&id)?, &file.name, &file.bytes).await {
        Ok(Taken::Yes) => Ok(see_other(&format!("/exchange/cases/{id}?done=added"))),
        Ok(Taken::UnknownKind) => {
            let faults = say(
                "この種類のファイルは添付できません。PDF、マクロのないExcel・Word・PowerPoint、PNG・JPEG、テキスト・CSVをお使いください。",
                "Files of this kind are not taken: PDF, Office without macros, PNG, JPEG or text.",
            );
            super::render(
                &app,
                visit,
                &id,
                faults,
                Typed::default(),
                StatusCode::UNPROCESSABLE_ENTITY,
            )
            .await
        }
        Err(undone) => finish(&app, visit, &id, "", Typed::default(), Err(undone)).await,
    }
}

/// What became of a file.
pub(crate) enum Taken {
    /// It is attached.
    Yes,
    /// Its content is of no kind that is taken.
    UnknownKind,
}

/// Attaches a file to the letter of a draft, or to the own answer.
pub(crate) async fn take(
    app: &Exchange,
    by: &Actor,
    case: CaseId,
    name: &str,
    bytes: &[u8],
) -> Result<Taken, Undone> {
    let Some((media, ending)) = kind(bytes, name) else { return Ok(Taken::UnknownKind) };
    let row = AttachmentRow {
        id: AttachmentId(app.random()),
        case,
        body: None,
        name: clean(name, ending),
        kind: media.to_owned(),
        length: bytes.len() as u64,
        sha256: Sha256::digest(bytes).into(),
        added: app.now(),
        added_by: by.login.to_string(),
    };
    change(app, by, case, Change::Add(row, bytes)).await?;
    Ok(Taken::Yes)
}

async fn remove(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path((id, file)): Path<(String, String)>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    match drop_file(&app, &visit.actor, &id, &file).await {
        Ok(()) => Ok(see_other(&format!("/exchange/cases/{id}?done=removed"))),
        Err(undone) => finish(&app, visit, &id, "", Typed::default(), Err(undone)).await,
    }
}

/// Takes a file away from the letter of a draft, or from the own answer.
pub(crate) async fn drop_file(
    app: &Exchange,
    by: &Actor,
    id: &str,
    file: &str,
) -> Result<(), Undone> {
    change(app, by, case_id(id)?, Change::Remove(file_id(file)?)).await
}

enum Change<'a> {
    Add(AttachmentRow, &'a [u8]),
    Remove(AttachmentId),
}

/// Files belong to the letter while it is a draft, and to the own answer while it can be changed.
/// Nothing else takes or loses one.
async fn change(app: &Exchange, by: &Actor, id: CaseId, change: Change<'_>) -> Result<(), Undone> {
    let mut tx = app.write_as(&by).await?;
    let (seat, case, own) = open_case(&mut tx, by, id).await?;
    let mut events = Vec::new();
    let place = if case.is_draft() {
        seat.permit_case(Right::RunCase, &case)?;
        None
    } else {
        let delivery = own.as_ref().ok_or(Refusal::NotFound)?;
        let permit = seat.permit(Right::Enter, delivery)?;
        delivery.takes_files(&permit, &standing(&case, delivery, None, false))?;
        Some(delivery.to.body)
    };
    let chain = if place.is_some() { by.body.chain() } else { MINISTRY.chain() };
    let event = |kind, name: &str| {
        Event::new(chain, by.who(), kind, id.to_string()).with("body", by.body).with("name", name)
    };
    match change {
        Change::Add(row, bytes) => {
            if store::exchange::attachments(&mut tx, id, place).await?.len() >= MOST {
                return Err(exchange::case::Refused::TooLong.into());
            }
            let row = AttachmentRow { body: place, ..row };
            store::exchange::add_attachment(&mut tx, &row, bytes).await?;
            events.push(event(Kind::ATTACHMENT_ADDED, &row.name).with("sha256", hex(&row.sha256)));
        }
        Change::Remove(file) => {
            let (row, _) =
                store::exchange::attachment(&mut tx, id, file).await?.ok_or(Refusal::NotFound)?;
            if row.body != place {
                return Err(Refusal::NotFound.into());
            }
            store::exchange::remove_attachment(&mut tx, id, file).await?;
            events
                .push(event(Kind::ATTACHMENT_REMOVED, &row.name).with("sha256", hex(&row.sha256)));
        }
    }
    if place.is_none() {
        events.extend(letter(app, &mut tx, &seat, case).await?);
    }
    tx.commit(Decision { value: (), events }).await?;
    Ok(())
}

/// The letter names what is attached to it.
async fn letter(
    app: &Exchange,
    tx: &mut Tx,
    seat: &Seat,
    case: Case,
) -> Result<Vec<Event>, Undone> {
    let rows = store::exchange::attachments(tx, case.id, None).await?;
    let mut draft = case.clone();
    draft.addressees = store::exchange::addressees(tx, case.id).await?;
    draft.letter.attachments = rows
        .into_iter()
        .map(|row| Attachment { name: row.name, length: row.length, sha256: hex(&row.sha256) })
        .collect();
    let permit = seat.permit_case(Right::RunCase, &case)?;
    let decision =
        case.decide(CaseAction::Edit(Box::new(draft)), &permit, case.revision, now(app))?;
    if !store::exchange::put_case(tx, case.revision, &decision.value).await? {
        return Err(exchange::case::Refused::Stale.into());
    }
    Ok(decision.events)
}

async fn download(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path((id, file)): Path<(String, String)>,
) -> Answer {
    let (row, bytes) = found(&app, &visit.actor, &id, &file).await?;
    Ok(as_download(&row.name, &row.kind, bytes))
}

/// A file of a letter or an answer this person may see.
pub(crate) async fn found(
    app: &Exchange,
    by: &Actor,
    id: &str,
    file: &str,
) -> Result<(AttachmentRow, Vec<u8>), Refusal> {
    let (id, file) = (case_id(id)?, file_id(file)?);
    let mut conn = app.store.read().await?;
    let (row, bytes) =
        store::exchange::attachment(&mut conn, id, file).await?.ok_or(Refusal::NotFound)?;
    match row.body {
        None => {
            open_case(&mut conn, by, id).await?;
        }
        Some(body) => {
            let opened = open(&mut conn, by, id, body).await?;
            // What is added to an answer is seen by whom the answer is.
            let permit = opened.permit(Right::See)?;
            if by.body != body && opened.delivery.answer_for(&permit).is_none() {
                return Err(Refusal::NotFound);
            }
        }
    }
    Ok((row, bytes))
}

fn file_id(text: &str) -> Result<AttachmentId, Refusal> {
    text.parse().map_err(|_| Refusal::NotFound)
}

pub(crate) fn routes() -> Vec<Route> {
    let may = May(Deed::UseExchange);
    vec![
        post("/exchange/cases/{id}/files", may, attach),
        get("/exchange/cases/{id}/files/{name}", may, download),
        post("/exchange/cases/{id}/files/{name}", may, remove),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_file_is_what_its_bytes_are() {
        let workbook =
            archive(&[("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", "<workbook/>")]);
        assert_eq!(kind(&workbook, "a.exe").unwrap().1, "xlsx");
        assert_eq!(kind(b"%PDF-1.7", "a.html").unwrap().0, "application/pdf");
        assert_eq!(kind("団体,数\r\n".as_bytes(), "A.CSV").unwrap().1, "csv");
        assert_eq!(
            kind(&encoding_rs::SHIFT_JIS.encode("団体").0, "a.txt").unwrap().0,
            "text/plain"
        );
        // A page stays a text that is saved, whatever it calls itself.
        assert_eq!(
            kind(b"<html><script>alert(1)</script>", "a.html").unwrap(),
            ("text/plain", "txt")
        );
    }

    #[test]
    fn programs_macros_and_unknown_containers_are_not_taken() {
        let types = ("[Content_Types].xml", "<Types/>");
        for (bytes, what) in [
            (b"MZ\x90\0".to_vec(), "a program"),
            (
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(),
                "an old Office file, which may hold macros",
            ),
            (archive(&[types, ("xl/workbook.xml", ""), ("xl/vbaProject.bin", "")]), "macros"),
            (
                archive(&[
                    ("[Content_Types].xml", "application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
                    ("xl/workbook.xml", ""),
                ]),
                "macros by type",
            ),
            (
                archive(&[types, ("xl/workbook.xml", ""), ("xl/embeddings/oleObject1.bin", "")]),
                "an embedded object",
            ),
            (archive(&[("a.txt", "x")]), "an archive"),
            (b"PK\x03\x04 not an archive".to_vec(), "a broken archive"),
            (b"\x7fELF\x02".to_vec(), "a program"),
            (Vec::from(&b"\xff\xfe\0\0\x01"[..]), "bytes"),
        ] {
            assert_eq!(kind(&bytes, "a.xlsx"), None, "{what}");
        }
    }

    #[test]
    fn every_file_of_the_corpus_is_survived() {
        let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let tried = |bytes: &[u8]| {
            let name = String::from_utf8_lossy(bytes);
            let ending = kind(bytes, &name).map_or("txt", |(_, ending)| ending);
            let name = clean(&name, ending);
            assert!(name.ends_with(ending) && !name.contains(['/', '\\', '"', '\n']), "{name}");
        };
        assert!(crate::corpus::survived(root, "attachment", tried) >= 8);
    }

    #[test]
    fn names_cannot_lead_elsewhere_or_lie() {
        assert_eq!(clean("..\\..\\windows\\回答.xlsm", "xlsx"), "回答.xlsx");
        assert_eq!(clean("a\u{202e}fdp.exe", "txt"), "afdp.txt");
        assert_eq!(clean("/etc/passwd", "txt"), "passwd.txt");
        assert_eq!(clean("..", "pdf"), "file.pdf");
        assert_eq!(clean("a\"; filename=b.html", "pdf"), "a filename=b.pdf");
        assert_eq!(clean(&"長".repeat(500), "pdf").chars().count(), 104);
    }
}
