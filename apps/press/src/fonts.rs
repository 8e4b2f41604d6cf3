//! The Japanese fonts of the machine: a 明朝 and a ゴシック, each plain and bold where there is
//! one.

use std::path::PathBuf;
use std::sync::OnceLock;

use fontdb::{Database, FaceInfo, Source, Weight};
use typst::foundations::Bytes;
use typst::text::{Font, FontBook, FontInfo};
use typst::utils::LazyHash;

use paper::Fault;

/// Families by preference. What Linux packages bring comes first, then what Windows and macOS
/// bring.
const MINCHO: &[&str] = &[
    "Noto Serif CJK JP",
    "Noto Serif JP",
    "Source Han Serif",
    "IPAexMincho",
    "IPAMincho",
    "TakaoMincho",
    "BIZ UDMincho",
    "Yu Mincho",
    "MS Mincho",
    "Hiragino Mincho ProN",
];
const GOTHIC: &[&str] = &[
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "Source Han Sans",
    "IPAexGothic",
    "IPAGothic",
    "TakaoGothic",
    "VL Gothic",
    "BIZ UDGothic",
    "Yu Gothic",
    "MS Gothic",
    "Hiragino Sans",
];

/// Letters a font must have to count as Japanese.
const LETTERS: [char; 4] = ['あ', 'ア', '録', '様'];

/// Largest file of a font, bytes.
const MAX_FILE: u64 = 128 << 20;

pub(crate) struct Fonts {
    pub(crate) mincho: String,
    pub(crate) gothic: String,
    pub(crate) book: LazyHash<FontBook>,
    faces: Vec<Face>,
}

struct Face {
    path: PathBuf,
    index: u32,
    font: OnceLock<Option<Font>>,
}

impl Fonts {
    /// Looks for fonts where the system keeps them.
    pub(crate) fn of_the_system() -> Result<Self, Fault> {
        let mut found = Database::new();
        found.load_system_fonts();
        Self::of(&found)
    }

    pub(crate) fn of(found: &Database) -> Result<Self, Fault> {
        let known = |names: &[&str]| {
            names.iter().find(|name| japanese(found, name)).map(|name| (*name).to_owned())
        };
        let (mincho, gothic) = (known(MINCHO), known(GOTHIC));
        let any = || {
            found
                .faces()
                .find(|face| has_letters(found, face))
                .and_then(|face| Some(face.families.first()?.0.clone()))
        };
        let one =
            gothic.clone().or_else(|| mincho.clone()).or_else(any).ok_or(Fault::NoJapaneseFont)?;
        let (mincho, gothic) = (mincho.unwrap_or_else(|| one.clone()), gothic.unwrap_or(one));
        let mut book = FontBook::new();
        let mut faces = Vec::new();
        for family in [&mincho, &gothic] {
            for weight in [Weight::NORMAL, Weight::BOLD] {
                let Some(face) = nearest(found, family, weight) else { continue };
                let (Source::File(path) | Source::SharedFile(path, _)) = &face.source else {
                    continue;
                };
                let info = found.with_face_data(face.id, FontInfo::new).flatten();
                let known = faces
                    .iter()
                    .any(|other: &Face| other.path == *path && other.index == face.index);
                if let Some(mut info) = info.filter(|_| !known) {
                    // The name it was found by, whatever else the file calls it.
                    info.family.clone_from(family);
                    book.push(info);
                    faces.push(Face {
                        path: path.clone(),
                        index: face.index,
                        font: OnceLock::new(),
                    });
                }
            }
        }
        if faces.is_empty() {
            return Err(Fault::NoJapaneseFont);
        }
        Ok(Self { mincho, gothic, book: LazyHash::new(book), faces })
    }

    /// Whether one of them has this letter.
    pub(crate) fn have(&self, letter: char) -> bool {
        (0..self.faces.len()).any(|at| {
            self.book.info(at).is_some_and(|info| info.coverage.contains(u32::from(letter)))
        })
    }

    /// A font, read when it is first asked for.
    pub(crate) fn font(&self, index: usize) -> Option<Font> {
        let face = self.faces.get(index)?;
        let load = || {
            std::fs::metadata(&face.path).ok().filter(|file| file.len() <= MAX_FILE)?;
            Font::new(Bytes::new(std::fs::read(&face.path).ok()?), face.index)
        };
        face.font.get_or_init(load).clone()
    }
}

fn faces<'a>(found: &'a Database, family: &'a str) -> impl Iterator<Item = &'a FaceInfo> {
    found.faces().filter(move |face| face.families.iter().any(|(name, _)| name == family))
}

fn nearest<'a>(found: &'a Database, family: &'a str, weight: Weight) -> Option<&'a FaceInfo> {
    faces(found, family)
        .filter(|face| face.style == fontdb::Style::Normal)
        .min_by_key(|face| face.weight.0.abs_diff(weight.0))
}

fn japanese(found: &Database, family: &str) -> bool {
    faces(found, family).next().is_some_and(|face| has_letters(found, face))
}

fn has_letters(found: &Database, face: &FaceInfo) -> bool {
    let has = |data: &[u8], index: u32| {
        FontInfo::new(data, index)
            .is_some_and(|info| LETTERS.iter().all(|c| info.coverage.contains(u32::from(*c))))
    };
    found.with_face_data(face.id, has).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_japanese_letters_is_told_what_to_install() {
        let error = Fonts::of(&Database::new()).err().unwrap();
        assert!(error.to_string().contains("fonts-noto-cjk"), "{error}");
    }
}
