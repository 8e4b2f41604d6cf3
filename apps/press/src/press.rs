//! A template, its data and the fonts in, PDF out. Texts go in as JSON and are only ever text
//! there, so a name such as `#panic()` is printed as a name;
//! templates read no file, load no package and know no clock.

use paper::{Fault, MAX_PAGES, Paper};
use serde::Serialize;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::fonts::Fonts;

/// What a thread needs for the deepest nesting of our templates, many times over; unoptimised code
/// takes most.
const STACK: usize = 32 << 20;
const COMMON: &str = include_str!("../templates/common.typ");

#[derive(Serialize)]
struct Data<'a> {
    title: &'a str,
    author: &'a str,
    mincho: &'a str,
    gothic: &'a str,
    paper: &'a Paper,
}

/// A document as PDF.
///
/// # Errors
/// [`Fault::NoJapaneseFont`], [`Fault::TooLarge`], [`Fault::Failed`] for what should not happen.
pub(crate) fn print(paper: &Paper) -> Result<Vec<u8>, Fault> {
    let file = |name: &str| {
        let path = VirtualPath::new(name).map_err(|error| Fault::Failed(error.to_string()))?;
        Ok(FileId::new(RootedPath::new(VirtualRoot::Project, path)))
    };
    let fonts = Fonts::of_the_system()?;
    let (title, author) = (paper.title(), paper.author());
    let data = Data { title, author, mincho: &fonts.mincho, gothic: &fonts.gothic, paper };
    let mut data = serde_json::to_value(&data).map_err(|error| Fault::Failed(error.to_string()))?;
    printable(&mut data, &fonts);
    let main = file("/main.typ")?;
    let job = Job {
        source: Source::new(main, format!("{COMMON}\n{}", template(paper))),
        main,
        data: file("/data.json")?,
        bytes: Bytes::new(data.to_string().into_bytes()),
        library: LazyHash::new(Library::default()),
        fonts,
    };
    let thread = std::thread::Builder::new()
        .name("press".into())
        .stack_size(STACK)
        .spawn(move || job.print());
    let thread = thread.map_err(|error| Fault::Failed(error.to_string()))?;
    thread.join().map_err(|_| Fault::Failed("the typesetter gave up".into()))?
}

fn template(paper: &Paper) -> &'static str {
    match paper {
        Paper::Annex(_) => include_str!("../templates/annex.typ"),
        Paper::Rules(_) => include_str!("../templates/rules.typ"),
        Paper::Form(_) => include_str!("../templates/form.typ"),
        Paper::Attendance(_) | Paper::Book(_) => include_str!("../templates/attendance.typ"),
    }
}

/// One document on its way.
struct Job {
    source: Source,
    main: FileId,
    data: FileId,
    bytes: Bytes,
    library: LazyHash<Library>,
    fonts: Fonts,
}

impl Job {
    fn print(&self) -> Result<Vec<u8>, Fault> {
        let document: PagedDocument =
            typst::compile(self).output.map_err(|errors| said(&errors))?;
        if document.pages().len() > MAX_PAGES {
            return Err(Fault::TooLarge);
        }
        let accessible = PdfStandards::new(&[PdfStandard::Ua_1])
            .map_err(|error| Fault::Failed(error.message().to_string()))?;
        let options = |standards| PdfOptions {
            creator: Smart::Custom(Some("Noren".into())),
            standards,
            ..PdfOptions::default()
        };
        // The standard refuses a document for a single letter without a glyph; a person's name must
        // not stop her paper, which is tagged either way.
        typst_pdf::pdf(&document, &options(accessible))
            .or_else(|_| typst_pdf::pdf(&document, &options(PdfStandards::default())))
            .map_err(|errors| said(&errors))
    }
}

/// What a printer sets for a letter it does not have.
const GETA: char = '〓';

/// Takes out what cannot be seen and puts [`GETA`] for what no font here has.
fn printable(data: &mut serde_json::Value, fonts: &Fonts) {
    match data {
        serde_json::Value::String(text) => {
            let plain = |c: char| matches!(c, ' '..='~' | 'ぁ'..='ヿ' | '一'..='鿋' | '、'..='〟');
            if !text.chars().all(plain) {
                let kept = text.chars().filter(|c| *c == '\n' || !unseen(*c));
                *text = kept
                    .map(|c| {
                        if plain(c) || c == '\n' || is_variant(c) || fonts.have(c) {
                            c
                        } else {
                            GETA
                        }
                    })
                    .collect();
            }
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(|one| printable(one, fonts)),
        serde_json::Value::Object(map) => map.values_mut().for_each(|one| printable(one, fonts)),
        _ => {}
    }
}

/// Controls, direction marks, joiners, private and unassigned planes' marks that have no shape.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Selects a variant of the letter before it (異体字): names need it.
fn is_variant(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0e}' | '\u{e0100}'..='\u{e01ef}')
}

fn said(errors: &[SourceDiagnostic]) -> Fault {
    Fault::Failed(errors.first().map_or_else(String::new, |error| error.message.to_string()))
}

impl World for Job {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main { Ok(self.source.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.data { Ok(self.bytes.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.font(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
