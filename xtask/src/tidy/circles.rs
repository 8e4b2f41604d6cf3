//! Inside a crate no circle goes beyond one folder: of two rooms one is below the other, so that
//! whoever changes something knows who can feel it. Read from the `crate::` paths of each file.
//! Files that lie side by side right below `src/` are in one folder, as those of a room are.

use std::collections::{BTreeMap, BTreeSet};

use super::Fault;

/// The rooms of one crate and the arrows between them, each with a file that has it.
#[derive(Default)]
pub(super) struct Rooms {
    arrows: BTreeMap<String, BTreeMap<String, String>>,
}

impl Rooms {
    /// Reads a file of the crate: `inside` is its path below `src/`, `known` the crate's rooms.
    /// What a file says in its tests holds no room above another.
    pub(super) fn read(&mut self, inside: &str, text: &str, known: &BTreeSet<String>) {
        let Some(room) = room_of(inside) else { return };
        let own = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let code = own.lines().filter(|line| !line.trim_start().starts_with("//"));
        let root = ["crate::".to_owned(), "super::".repeat(depth(inside))];
        let arrows = self.arrows.entry(room.clone()).or_default();
        for to in code.flat_map(|line| named(line, &root)) {
            if to != room && known.contains(&to) {
                arrows.entry(to).or_insert_with(|| inside.to_owned());
            }
        }
    }

    /// The circles: rooms that reach each other.
    pub(super) fn circles(&self) -> Vec<Vec<String>> {
        let reach: BTreeMap<&str, BTreeSet<&str>> =
            self.arrows.keys().map(|room| (room.as_str(), self.reach(room))).collect();
        let mut seen = BTreeSet::new();
        let mut all = Vec::new();
        for room in self.arrows.keys() {
            let mutual = |other: &&str| {
                reach[room.as_str()].contains(*other)
                    && reach.get(*other).is_some_and(|back| back.contains(room.as_str()))
            };
            let circle: Vec<String> = self
                .arrows
                .keys()
                .map(String::as_str)
                .filter(|other| *other == room || mutual(other))
                .map(str::to_owned)
                .collect();
            if circle.len() > 1 && self.leaves_a_folder(&circle) && seen.insert(circle.clone()) {
                all.push(circle);
            }
        }
        all
    }

    /// Whether one of its arrows is in a file of a folder.
    fn leaves_a_folder(&self, circle: &[String]) -> bool {
        let inside = |room: &String| circle.contains(room);
        let arrows = self.arrows.iter().filter(|(from, _)| inside(from)).flat_map(|(_, to)| to);
        arrows.filter(|(to, _)| inside(to)).any(|(_, file)| file.contains('/'))
    }

    fn reach<'a>(&'a self, from: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut todo = vec![from];
        while let Some(room) = todo.pop() {
            for next in self.arrows.get(room).into_iter().flatten().map(|(to, _)| to.as_str()) {
                if found.insert(next) {
                    todo.push(next);
                }
            }
        }
        found
    }

    /// The faults of a crate, with the arrows that make each circle.
    pub(super) fn check(&self, folder: &str) -> Vec<Fault> {
        let told = |circle: Vec<String>| {
            let inside = |room: &String| circle.contains(room);
            let arrows: Vec<String> = self
                .arrows
                .iter()
                .filter(|(from, _)| inside(from))
                .flat_map(|(from, to)| to.iter().map(move |(to, file)| (from, to, file)))
                .filter(|(_, to, _)| inside(to))
                .map(|(from, to, file)| format!("{from} -> {to} ({file})"))
                .collect();
            Fault::new(folder, format!("a circle of {}: {}", circle.join(", "), arrows.join(", ")))
        };
        self.circles().into_iter().map(told).collect()
    }
}

/// The room a file is in: a folder or a file right below `src/`. The root, the programs and tests
/// are above all rooms.
pub(super) fn room_of(inside: &str) -> Option<String> {
    let room = inside.split('/').next()?.trim_end_matches(".rs");
    let test = inside.split('/').any(|part| {
        let part = part.trim_end_matches(".rs");
        part == "tests" || part == "testing" || part == "boundary" || part.ends_with("_tests")
    });
    (!test && !matches!(room, "lib" | "main" | "bin")).then(|| room.to_owned())
}

/// How many steps up from a file's module the root of its crate is.
fn depth(inside: &str) -> usize {
    let folders = inside.matches('/').count();
    if inside.ends_with("/mod.rs") { folders } else { folders + 1 }
}

/// The rooms a line names: `crate::room`, `crate::{room, other::Thing}`, and the same from
/// `super::`.
fn named(line: &str, root: &[String]) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut found = Vec::new();
    for rest in root.iter().flat_map(|root| after(line, root)) {
        match rest.strip_prefix('{') {
            Some(list) => {
                let mut depth = 0_usize;
                let mut part = String::new();
                for c in list.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => found.push(word(&std::mem::take(&mut part))),
                        c => part.push(c),
                    }
                }
                found.push(word(&part));
            }
            None => found.push(word(rest)),
        }
    }
    found
}

/// What follows each path of a line that begins with this, and not with more of the same.
fn after<'a>(line: &'a str, root: &str) -> Vec<&'a str> {
    let begins = |at: usize| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    };
    line.match_indices(root)
        .filter(|(at, _)| begins(*at))
        .map(|(at, _)| &line[at + root.len()..])
        .filter(|rest| !rest.starts_with("super::"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(files: &[(&str, &str)]) -> Rooms {
        let known = files.iter().filter_map(|(file, _)| room_of(file)).collect();
        let mut rooms = Rooms::default();
        files.iter().for_each(|(file, text)| rooms.read(file, text, &known));
        rooms
    }

    #[test]
    fn rooms_that_reach_each_other_are_a_circle_and_its_arrows_are_told() {
        let rooms = house(&[
            ("app.rs", "use crate::pages::Page;\n"),
            ("pages/mod.rs", "use crate::http::get;\n"),
            ("http/mod.rs", "fn a() { crate::app::new() }\n"),
            ("time.rs", ""),
        ]);
        let faults = rooms.check("apps/server");
        assert_eq!(faults.len(), 1);
        assert!(faults[0].0.contains("a circle of app, http, pages"), "{faults:?}");
        assert!(faults[0].0.contains("http -> app (http/mod.rs)"), "{faults:?}");
    }

    #[test]
    fn one_folder_may_turn_in_itself_and_what_is_below_is_below() {
        let rooms = house(&[
            ("pages/a.rs", "use crate::pages::b::B;\nuse crate::time;\n"),
            ("pages/b.rs", "use crate::pages::a::A;\n"),
            ("time.rs", "use crate::{Kit, year};\n"),
            ("year.rs", "use crate::time::T;\n"),
        ]);
        assert!(rooms.check("x").is_empty());
    }

    #[test]
    fn tests_and_words_are_no_arrows() {
        let rooms = house(&[
            ("a.rs", "use crate::b::B;\n"),
            (
                "b.rs",
                "//! [`crate::a::A`]\nfn b() {}\n#[cfg(test)]\nmod tests {\n use crate::a::A;\n}\n",
            ),
            ("tests/b.rs", "use crate::a::A;\n"),
            ("b/tests.rs", "use crate::a::A;\n"),
        ]);
        assert!(rooms.check("x").is_empty());
    }

    #[test]
    fn a_list_names_each_of_its_rooms() {
        let root = ["crate::".to_owned(), "super::super::".to_owned()];
        assert_eq!(named("use crate::{a::{X, Y}, b, C};", &root), ["a", "b", "C"]);
        assert_eq!(named("pub(in crate::a) fn x(y: crate::b::Y) {}", &root), ["a", "b"]);
        assert_eq!(named("use super::super::{d, e}; use super::f;", &root), ["d", "e"]);
    }

    #[test]
    fn a_file_that_says_super_names_the_rooms_beside_its_own() {
        let rooms = house(&[
            ("a.rs", "use super::b;\n"),
            ("b/mod.rs", "mod c;\nuse c::C;\n"),
            ("b/c.rs", "use super::D;\nuse super::super::a;\n"),
        ]);
        assert_eq!(rooms.circles(), [["a", "b"]]);
        assert_eq!((depth("a.rs"), depth("b/mod.rs"), depth("b/c.rs")), (1, 1, 2));
    }
}
