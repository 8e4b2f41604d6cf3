//! The file: who has which licence, and each text once.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Part;

/// Between two texts.
const LINE: &str = "==============================================================================";

/// The whole file; the same whatever order the parts come in.
pub(super) fn write(programs: &[&str], parts: &[(Part, Vec<String>)]) -> String {
    let mut parts: Vec<&(Part, Vec<String>)> = parts.iter().collect();
    parts.sort_by_key(|(part, _)| (part.name.clone(), part.version.clone()));
    // A text that differs in its line breaks alone is the same text.
    let key = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut texts: Vec<(&str, Vec<String>)> = Vec::new();
    let mut list = String::new();
    for (part, own) in &parts {
        let name = format!("{} {}", part.name, part.version).trim_end().to_owned();
        let mut used = Vec::new();
        for text in own {
            let next = texts.len() + 1;
            let number = *numbers.entry(key(text)).or_insert(next);
            if number == next {
                texts.push((text, Vec::new()));
            }
            if !used.contains(&number) {
                used.push(number);
                texts[number - 1].1.push(name.clone());
            }
        }
        let used: Vec<String> = used.iter().map(usize::to_string).collect();
        let source = if part.source.is_empty() { "-" } else { &part.source };
        _ = writeln!(list, "{name}\n    {}; text {}; {source}", part.licence, used.join(", "));
    }
    let mut out = format!(
        "Software of others in Noren\n\n\
         Noren itself is under the Apache License, Version 2.0. Its programs ({})\n\
         also hold what follows, each with its licence, the numbers of its texts below, and\n\
         where its source is to be had. What is under MPL-2.0 is used unchanged; its source is\n\
         to be had there, as that version.\n\n",
        programs.join(", ")
    );
    out.push_str(&list);
    for (at, (text, names)) in texts.iter().enumerate() {
        _ = writeln!(out, "\n{LINE}\nText {}, of {}\n{LINE}\n", at + 1, names.join(", "));
        for line in text.lines() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, texts: &[&str]) -> (Part, Vec<String>) {
        let part = Part {
            name: name.into(),
            version: "1.0.0".into(),
            licence: "MIT".into(),
            source: "https://example.org".into(),
            folder: None,
        };
        (part, texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn each_text_stands_once_and_names_whose_it_is() {
        let of_a = part("a", &["The text of\n all", "Of a alone"]);
        let all = [part("b", &["The text\r\nof all "]), of_a];
        let text = write(&["noren-server"], &all);
        assert!(text.contains("a 1.0.0\n    MIT; text 1, 2; https://example.org\n"), "{text}");
        assert!(text.contains("Text 1, of a 1.0.0, b 1.0.0\n"), "{text}");
        assert!(text.contains("Text 2, of a 1.0.0\n") && !text.contains("Text 3"), "{text}");
        assert!(!text.contains('\r') && !text.contains(" \n"));
    }

    #[test]
    fn the_file_is_the_same_in_whatever_order_it_is_made() {
        let (a, b) = (part("a", &["one"]), part("b", &["two"]));
        assert_eq!(write(&["x"], &[a.clone(), b.clone()]), write(&["x"], &[b, a]));
    }
}
