//! Local public bodies (団体) as the exchange sees them: the prefecture a code lies in. What became
//! of a code over the years is in [`crate::lineage`].

pub use crate::lineage::{BadLineage, Change, Lineage, Validity};
pub use people::{Bodies, Body, BodyCode, BodyKind, MINISTRY, bodies};

/// The local government with this code. The ministry asks and never answers, so it is not found.
///
/// # Errors
/// [`people::Fault::UnknownBody`] when no local government has it.
pub fn body(known: &Bodies, code: BodyCode) -> Result<&Body, people::Fault> {
    known
        .body(code)
        .ok()
        .filter(|body| body.kind != BodyKind::Ministry)
        .ok_or(people::Fault::UnknownBody)
}

/// Whether the code is that of a prefecture itself.
pub fn is_prefecture(code: BodyCode) -> bool {
    code.bytes()[2..5] == *b"000"
}

/// Whether the code is that of a special ward (特別区): Tokyo's codes from 101 to 199.
pub fn is_special_ward(code: BodyCode) -> bool {
    code.bytes()[..3] == *b"131"
}

/// The code of the prefecture that a body lies in; its own, for a prefecture.
pub fn prefecture_of(code: BodyCode) -> BodyCode {
    // The codes of a prefecture's bodies share its first two digits.
    let list = bodies();
    let start = list.partition_point(|body| body.code.bytes()[..2] < code.bytes()[..2]);
    list.get(start)
        .map(|body| body.code)
        .filter(|first| is_prefecture(*first) && first.prefecture() == code.prefecture())
        .unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_body_lies_in_a_prefecture_of_the_table() {
        let known = Bodies::default();
        for entry in bodies() {
            let prefecture = body(&known, prefecture_of(entry.code)).unwrap();
            assert_eq!(prefecture.kind, BodyKind::Prefecture, "{}", entry.code);
            assert_eq!(is_prefecture(entry.code), entry.kind == BodyKind::Prefecture);
            assert_eq!(is_special_ward(entry.code), entry.kind == BodyKind::SpecialWard);
            let name = if entry.prefecture.is_empty() { &entry.name } else { &entry.prefecture };
            assert_eq!(prefecture.name, *name);
        }
    }
}
