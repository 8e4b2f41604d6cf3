//! Bodies as people write them: a code or a full name a line.

use std::collections::BTreeSet;

use exchange::body::{Bodies, BodyCode};

/// Most lines that are read.
const LINES: usize = 2_000;
/// Most unknown lines that are told.
const TOLD: usize = 10;

/// Lines that name no body, cut short.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unknown(pub(crate) Vec<String>);

/// Bodies of today by code or full name.
pub(crate) fn known<'a>(
    bodies: &Bodies,
    lines: impl Iterator<Item = &'a str>,
) -> Result<BTreeSet<BodyCode>, Unknown> {
    read(bodies, lines, |code| exchange::body::body(bodies, code).is_ok())
}

/// The same, and codes that are right in themselves though no body of today has them.
pub(crate) fn codes(bodies: &Bodies, text: &str) -> Result<BTreeSet<BodyCode>, Unknown> {
    read(bodies, text.lines(), |code| code != people::MINISTRY)
}

fn read<'a>(
    bodies: &Bodies,
    lines: impl Iterator<Item = &'a str>,
    takes: impl Fn(BodyCode) -> bool,
) -> Result<BTreeSet<BodyCode>, Unknown> {
    let (mut found, mut unknown) = (BTreeSet::new(), Vec::new());
    for (at, line) in lines.map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        if at >= LINES {
            // No list of bodies is as long: what stands there is told, not left out.
            unknown.push(line.chars().take(30).collect());
            break;
        }
        let first = line.split([',', '\t', ' ', '　']).next().unwrap_or(line);
        let by_code = first.parse::<BodyCode>().ok().filter(|code| takes(*code));
        let by_name = || {
            let found = bodies.search(line, 1).into_iter().find(|body| body.full_name == line);
            found.map(|body| body.code).filter(|code| takes(*code))
        };
        match by_code.or_else(by_name) {
            Some(code) => {
                found.insert(code);
            }
            None if unknown.len() < TOLD => unknown.push(line.chars().take(30).collect()),
            None => {}
        }
    }
    if unknown.is_empty() { Ok(found) } else { Err(Unknown(unknown)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_takes_codes_and_full_names_and_names_what_it_does_not_know() {
        let found = known(&Bodies::default(), "012025 函館市\n東京都千代田区\n\n".lines()).unwrap();
        assert_eq!(
            found.into_iter().map(|code| code.to_string()).collect::<Vec<_>>(),
            ["012025", "131016"]
        );
        let unknown = ["千代田区", "府中市", "000019", "208787"].map(str::to_owned).to_vec();
        assert_eq!(
            known(&Bodies::default(), "千代田区\n府中市\n000019\n208787".lines()),
            Err(Unknown(unknown))
        );
        let many = "012025\n".repeat(LINES + 1);
        assert_eq!(
            known(&Bodies::default(), many.lines()),
            Err(Unknown(vec!["012025".to_owned()])),
            "not left out"
        );
        // A code that ended is still a code.
        assert_eq!(codes(&Bodies::default(), "208787").unwrap().len(), 1);
        assert!(
            codes(&Bodies::default(), "000019").is_err()
                && codes(&Bodies::default(), "208788").is_err()
        );
    }
}
