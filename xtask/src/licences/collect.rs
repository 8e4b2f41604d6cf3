//! The texts that one crate asks to be handed on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::Part;

/// Beginnings of the names of files that hold a licence or what it asks to be kept beside it.
const NAMES: &[&str] = &["licence", "license", "copying", "copyright", "notice", "unlicense"];
/// Folders whose files are not in the program.
const NOT_SHIPPED: &[&str] = &["tests", "test", "examples", "benches", "fuzz", ".github"];
/// How deep they are looked for: code of others lies in folders of its own.
const DEEPEST: usize = 4;
/// What is shorter only points elsewhere: `../LICENSE-MIT`, `MIT OR Apache-2.0`.
const SHORTEST: usize = 100;

/// What a text is of, and its file.
type Text = (&'static str, &'static str);

/// Texts that are kept for crates that bring none.
#[derive(Debug, Default)]
pub(super) struct Kept {
    standard: Vec<(String, String)>,
    of_crates: BTreeMap<String, String>,
}

impl Kept {
    /// Reads them.
    pub(super) fn read(root: &Path, standard: &[Text], of_crates: &[Text]) -> Result<Self> {
        let text = |(what, file): &Text| -> Result<(String, String)> {
            let text = std::fs::read_to_string(root.join(file));
            Ok(((*what).to_owned(), text.with_context(|| (*file).to_owned())?))
        };
        Ok(Self {
            standard: standard.iter().map(text).collect::<Result<_>>()?,
            of_crates: of_crates.iter().map(text).collect::<Result<_>>()?,
        })
    }

    /// The text of a licence that the crate may be taken by, where that text is everybody's.
    fn for_all(&self, licence: &str) -> Option<&str> {
        if licence.contains(['(', ')']) || licence.contains(" AND ") {
            return None;
        }
        let choices = licence.split(" OR ").flat_map(|one| one.split('/')).map(str::trim);
        let choices: Vec<&str> = choices.collect();
        let found = self.standard.iter().find(|(id, _)| choices.contains(&id.as_str()));
        found.map(|(_, text)| text.as_str())
    }
}

/// All texts of a crate: its own files, in the order of their paths, and the kept one.
///
/// # Errors
/// That it has none and needs one, with its name.
pub(super) fn texts(part: &Part, kept: &Kept) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    let mut files = Vec::new();
    if let Some(folder) = &part.folder {
        find(folder, 0, &mut files).with_context(|| format!("{} {}", part.name, part.version))?;
    }
    files.sort();
    for file in files {
        // A name in another encoding spoils no text.
        let text = String::from_utf8_lossy(&std::fs::read(&file)?).into_owned();
        if text.trim().len() >= SHORTEST {
            texts.push(text);
        }
    }
    texts.extend(kept.of_crates.get(&part.name).cloned());
    if texts.is_empty() {
        texts.extend(kept.for_all(&part.licence).map(str::to_owned));
    }
    if texts.is_empty() {
        let Part { name, version, licence, .. } = part;
        bail!("{name} {version} ({licence}) brings no licence text, and none is kept for it");
    }
    Ok(texts)
}

fn find(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let kind = entry.file_type()?;
        if kind.is_dir() && depth < DEEPEST && !NOT_SHIPPED.contains(&name.as_str()) {
            if NAMES.iter().any(|start| name.starts_with(start)) {
                // A folder of licences: whatever is in it is one.
                for one in std::fs::read_dir(entry.path())? {
                    files.extend(Some(one?.path()).filter(|path| path.is_file()));
                }
            } else {
                find(&entry.path(), depth + 1, files)?;
            }
        } else if kind.is_file() && is_text(&name) {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// By its name; code that is called so is code.
fn is_text(name: &str) -> bool {
    let code = [".rs", ".c", ".h", ".cpp", ".py", ".js", ".toml", ".html", ".json", ".s"];
    NAMES.iter().any(|start| name.starts_with(start)) && !code.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crate_with(licence: &str, files: &[(&str, &str)]) -> (tempfile::TempDir, Part) {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let part = Part {
            name: "mended".into(),
            version: "1.2.3".into(),
            licence: licence.into(),
            source: String::new(),
            folder: Some(folder.path().to_owned()),
        };
        (folder, part)
    }

    fn kept() -> Kept {
        let standard = [("Apache-2.0", "Apache"), ("MPL-2.0", "Mozilla")];
        let standard = standard.map(|(id, text)| (id.to_owned(), text.to_owned())).into();
        Kept { standard, of_crates: BTreeMap::new() }
    }

    fn long(word: &str) -> String {
        word.repeat(SHORTEST)
    }

    #[test]
    fn a_crate_gives_all_its_texts_those_of_the_code_in_it_too() {
        let (upstream, own) = (long("b"), long("a"));
        let files = [
            ("LICENSE", own.as_str()),
            ("upstream/LICENSE", upstream.as_str()),
            ("tests/LICENSE", "not shipped"),
            ("src/license.rs", "code"),
        ];
        let (_folder, part) = crate_with("BSD-2-Clause", &files);
        assert_eq!(texts(&part, &kept()).unwrap(), [own, upstream]);
    }

    #[test]
    fn a_crate_without_a_text_is_named() {
        let (_folder, part) = crate_with("MIT", &[("src/lib.rs", "code")]);
        let fault = texts(&part, &kept()).unwrap_err().to_string();
        assert!(fault.starts_with("mended 1.2.3 (MIT) brings no licence text"), "{fault}");
        let mut kept = kept();
        kept.of_crates.insert("mended".into(), "its own".into());
        assert_eq!(texts(&part, &kept).unwrap(), ["its own"]);
    }

    #[test]
    fn a_file_that_points_elsewhere_is_no_text() {
        let (_folder, part) = crate_with("MIT", &[("LICENSE-MIT", "../LICENSE-MIT")]);
        assert!(texts(&part, &kept()).is_err());
    }

    #[test]
    fn a_text_that_names_nobody_is_everybodys() {
        for licence in ["MIT OR Apache-2.0", "MIT/Apache-2.0", "Apache-2.0"] {
            let (_folder, part) = crate_with(licence, &[]);
            assert_eq!(texts(&part, &kept()).unwrap(), ["Apache"], "{licence}");
        }
        let (_folder, part) = crate_with("MPL-2.0", &[]);
        assert_eq!(texts(&part, &kept()).unwrap(), ["Mozilla"]);
        // What must be taken together is not chosen from.
        let (_folder, part) = crate_with("(MIT OR Apache-2.0) AND Unicode-3.0", &[]);
        assert!(texts(&part, &kept()).is_err());
    }

    #[test]
    fn a_folder_of_licences_is_read_whole() {
        let (mit, apache) = (long("m"), long("x"));
        let (one, other) = ("LICENSES/MIT.txt", "LICENSES/Apache-2.0.txt");
        let files = [(one, mit.as_str()), (other, apache.as_str())];
        let (_folder, part) = crate_with("MIT OR Apache-2.0", &files);
        assert_eq!(texts(&part, &kept()).unwrap(), [apache, mit]);
    }
}
