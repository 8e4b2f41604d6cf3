//! The archive a workbook is: unfolded into nothing and counted, because what it says of itself is
//! not believed.

use std::collections::{HashMap, HashSet};
use std::io::{Cursor, Read};

use sheet::{Fault, MAX_PARTS, MAX_UNFOLDED};
use zip::ZipArchive;

/// Bytes between two looks at the clock.
const STEP: usize = 64 << 10;
/// Longest mark of XML, bytes.
const MAX_TAG: usize = 64 << 10;

/// What the library does not tell of a workbook.
#[derive(Default)]
pub(crate) struct Parts {
    /// The sheets' relations, in the order of the workbook.
    sheets: Vec<String>,
    /// The part that each relation names.
    targets: HashMap<String, String>,
    /// Rows (from 0) that are not shown, of each part.
    hidden: HashMap<String, HashSet<u32>>,
}

impl Parts {
    /// The rows of the sheet in this place of the workbook that nobody sees: filtered or hidden.
    pub(crate) fn hidden(&self, place: usize) -> Option<&HashSet<u32>> {
        let target = self.targets.get(self.sheets.get(place)?)?;
        let part = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
        self.hidden.get(&part.to_ascii_lowercase())
    }

    fn take(&mut self, part: &str, tag: &str) {
        let Some((name, rest)) = tag.split_once(|c: char| c.is_ascii_whitespace()) else { return };
        let name = name.rsplit(':').next().unwrap_or(name);
        let one = |wanted: &str| attribute(rest, wanted);
        match name {
            "sheet" if part == "xl/workbook.xml" => {
                self.sheets.push(one("id").unwrap_or_default().to_owned());
            }
            "Relationship" if part == "xl/_rels/workbook.xml.rels" => {
                if let (Some(id), Some(target)) = (one("Id"), one("Target")) {
                    self.targets.insert(id.to_owned(), target.to_owned());
                }
            }
            "row" if matches!(one("hidden"), Some("1" | "true")) => {
                let row = one("r").and_then(|row| row.parse::<u32>().ok());
                if let Some(row) = row.and_then(|row| row.checked_sub(1)) {
                    self.hidden.entry(part.to_owned()).or_default().insert(row);
                }
            }
            _ => {}
        }
    }
}

/// The value of an attribute with this name, whatever stands before a colon in it.
fn attribute<'a>(mut rest: &'a str, wanted: &str) -> Option<&'a str> {
    loop {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, next) = after.strip_prefix(quote)?.split_once(quote)?;
        if name.trim().rsplit(':').next() == Some(wanted) {
            return Some(value);
        }
        rest = next;
    }
}

/// Unfolds every entry into nothing but what is noted of its parts.
///
/// # Errors
/// [`Fault::NotAnArchive`], [`Fault::TooLarge`], [`Fault::Macros`], [`Fault::Slow`].
pub(crate) fn unfolds_within(bytes: &[u8], over: &mut dyn FnMut() -> bool) -> Result<Parts, Fault> {
    let broken = |_| Fault::NotAnArchive;
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Fault::NotAnArchive)?;
    if archive.len() > MAX_PARTS {
        return Err(Fault::TooLarge);
    }
    let mut left = MAX_UNFOLDED;
    let mut parts = Parts::default();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(|_| Fault::NotAnArchive)?;
        let name = entry.name().map_err(|_| Fault::NotAnArchive)?.to_ascii_lowercase();
        if name.contains("vbaproject") {
            return Err(Fault::Macros);
        }
        // A picture is no XML, whatever its bytes look like.
        let xml = [".xml", ".rels", ".vml"].iter().any(|end| name.ends_with(end));
        let mut tags = Tags::default();
        let mut piece = vec![0; STEP];
        loop {
            let size = entry.read(&mut piece).map_err(broken)?;
            if size == 0 {
                break;
            }
            left = left.checked_sub(size as u64).ok_or(Fault::TooLarge)?;
            if xml {
                tags.take(&piece[..size], |tag| parts.take(&name, tag))?;
            }
            if over() {
                return Err(Fault::Slow);
            }
        }
    }
    Ok(parts)
}

/// The marks of an XML part. A number format or a font's name stands in an attribute and is taken
/// once for every style that names it:
/// none is as long as this.
#[derive(Default)]
struct Tags {
    /// The mark that is open; none outside of one.
    open: Option<Vec<u8>>,
}

impl Tags {
    fn take(&mut self, bytes: &[u8], mut each: impl FnMut(&str)) -> Result<(), Fault> {
        for byte in bytes {
            match (byte, &mut self.open) {
                (b'<', _) => self.open = Some(Vec::new()),
                (b'>', open) => {
                    let tag = open.take().unwrap_or_default();
                    // A cell has the most marks by far, and nothing of it is noted.
                    if !tag.starts_with(b"c ") && !tag.starts_with(b"/") {
                        each(std::str::from_utf8(&tag).unwrap_or_default());
                    }
                }
                (_, Some(open)) if open.len() >= MAX_TAG => return Err(Fault::TooLarge),
                (_, Some(open)) => open.push(*byte),
                (_, None) => {}
            }
        }
        Ok(())
    }
}
