//! `cargo xtask tidy`: the laws of the house that a compiler does not check. Each check is a
//! function from what it reads to the faults it finds, so that its tests can hand it a house with a
//! fault in it.

mod buttons;
mod circles;
mod clocks;
mod edges;
mod links;
mod map;
mod numbers;
mod text;
mod unattended;
mod units;
mod values;
mod writing;

use anyhow::{Context, Result};

use crate::place;

/// One broken law: where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault(pub(crate) String);

impl Fault {
    fn new(place: impl AsRef<str>, what: impl AsRef<str>) -> Self {
        Self(format!("{}: {}", place.as_ref(), what.as_ref()))
    }
}

/// Runs every check and prints the faults; true when there is none.
pub(crate) fn run() -> Result<bool> {
    let faults = faults()?;
    for f in &faults {
        println!("tidy: {}", f.0);
    }
    println!(
        "tidy: {}",
        if faults.is_empty() {
            "the house is in order".to_owned()
        } else {
            format!("{} faults", faults.len())
        }
    );
    Ok(faults.is_empty())
}

/// What stands at a path: the text of a file, nothing for a folder or for bytes that are no text,
/// `None` for what is not there.
fn read(path: &std::path::Path) -> Option<String> {
    path.exists().then(|| std::fs::read_to_string(path).unwrap_or_default())
}

/// The rooms of the crate in a folder.
fn rooms(folder: &str, tracked: &[String]) -> circles::Rooms {
    let src = format!("{folder}/src/");
    let inside = |file: &&String| {
        file.strip_prefix(&src).filter(|file| file.ends_with(".rs")).map(str::to_owned)
    };
    let files: Vec<String> = tracked.iter().filter_map(|file| inside(&file)).collect();
    let known = files.iter().filter_map(|file| circles::room_of(file)).collect();
    let mut rooms = circles::Rooms::default();
    for file in &files {
        let text = std::fs::read_to_string(place::root().join(&src).join(file)).unwrap_or_default();
        rooms.read(file, &text, &known);
    }
    rooms
}

fn faults() -> Result<Vec<Fault>> {
    let root = place::root();
    let tracked = place::tracked()?;
    let meta = place::metadata(&[])?;
    let crates = edges::crates(&meta)?;
    let mut faults = Vec::new();
    for doc in map::DOCUMENTS {
        match std::fs::read_to_string(root.join(doc)) {
            Ok(text) => faults.extend(map::paths_exist(doc, &text, |p| read(&root.join(p)))),
            Err(_) => faults.push(Fault::new(doc, "is missing")),
        }
    }
    if let Ok(text) = std::fs::read_to_string(root.join(map::MAP)) {
        faults.extend(map::crates_named(&text, crates.iter().map(|c| c.folder.as_str())));
        faults.extend(map::libraries_named(
            &text,
            edges::libraries(&meta).iter().map(String::as_str),
        ));
    }
    faults.extend(edges::check(&crates));
    faults.extend(clocks::stale(|p| read(&root.join(p))));
    faults.extend(links::check(&links::Linked::read(&meta)?));
    for unit in units::names() {
        match std::fs::read_to_string(root.join(unit)) {
            Ok(text) => faults.extend(units::check(unit, &text)),
            Err(_) => faults.push(Fault::new(unit, "is missing")),
        }
    }
    for c in &crates {
        let manifest = format!("{}/Cargo.toml", c.folder);
        let text =
            std::fs::read_to_string(root.join(&manifest)).with_context(|| manifest.clone())?;
        faults.extend(text::manifest(&manifest, &text));
    }
    for c in &crates {
        faults.extend(rooms(&c.folder, &tracked).check(&c.folder));
    }
    let listed = match std::fs::read_to_string(root.join(numbers::LIST)) {
        Ok(text) => numbers::listed(&text, &mut faults),
        Err(_) => {
            faults.push(Fault::new(numbers::LIST, "is missing"));
            Vec::new()
        }
    };
    faults.extend(map::one_custom(tracked.iter().map(String::as_str)));
    for file in &tracked {
        let Ok(text) = std::fs::read_to_string(root.join(file)) else { continue };
        faults.extend(text::length(file, &text));
        faults.extend(text::width(file, &text));
        faults.extend(text::words(file, &text));
        faults.extend(unattended::check(file, &text));
        faults.extend(buttons::check(file, &text));
        faults.extend(writing::check(file, &text));
        faults.extend(values::check(file, &text));
        faults.extend(clocks::check(file, &text));
        faults.extend(numbers::check(file, &text, &listed));
    }
    Ok(faults)
}
