//! Japanese as people type it: one text has many spellings, and a reader of forms and files must
//! not tell apart what the eye cannot.
//!
//! [`composed`] is for texts that are kept: what is shown stays as it is. [`key`] is for comparing
//! headings, choices and codes; its result is never shown or kept. [`guard`] is for what goes out
//! to a spreadsheet as CSV.

pub mod guard;
mod kana;
mod mark;
mod twin;

pub use mark::yes_no;

/// The text with the marks of kana composed (か and U+3099 are が) and what nobody sees taken out.
///
/// Nothing else changes: NFC would also replace the variants of names (U+FA19 神) by others.
#[must_use]
pub fn composed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !unseen(*c)) {
        match out.chars().next_back().and_then(|last| kana::with_mark(last, c)) {
            Some(whole) => {
                out.pop();
                out.push(whole);
            }
            None => out.push(c),
        }
    }
    out
}

/// A text for comparing: two texts with the same key look alike to whoever typed them.
///
/// Width, the twin signs of CP932, half-width kana, composed and decomposed marks and blanks make
/// no difference; letters, digits and kanji do.
#[must_use]
pub fn key(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !unseen(*c) && !c.is_whitespace()) {
        let c = twin::folded(narrow(kana::wide(c)));
        match out.chars().next_back().and_then(|last| kana::with_mark(last, c)) {
            Some(whole) => {
                out.pop();
                out.push(whole);
            }
            None => out.push(c),
        }
    }
    out
}

/// Trimmed, with full-width letters, digits and signs as ASCII, blanks as spaces and every dash
/// that people type for a minus as `-`: for numbers, codes and sign-in names.
#[must_use]
pub fn plain(text: &str) -> String {
    let one = |c: char| match c {
        c if c.is_whitespace() => ' ',
        c if twin::is_dash(c) => '-',
        c => narrow(c),
    };
    text.chars().filter(|c| !unseen(*c)).map(one).collect::<String>().trim().to_owned()
}

/// Whether a text holds nothing that anybody sees.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || unseen(c))
}

/// A character that no font of others has (外字, the private use areas) or that stands for one
/// which was already lost (U+FFFD).
#[must_use]
pub fn stray(text: &str) -> Option<char> {
    text.chars()
        .find(|c| matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' | '\u{fffd}'))
}

/// Characters without width or shape that a copy from a page or a mail brings along, and those that
/// turn the direction of what follows. Joiners and variation selectors are not among them: they
/// change what is seen.
fn unseen(c: char) -> bool {
    let direction = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain =
        matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}');
    direction || plain
}

fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_has_one_key() {
        for (one, other) in [
            ("100人〜299人", "100人～299人"),
            ("10−20人", "10－20人"),
            ("10‐20人", "10-20人"),
            ("A—B", "A―B"),
            ("A‖B", "A∥B"),
            ("¬￠￡", "￢¢£"),
            ("職員数（10〜20歳代）", "職員数(10～20歳代)"),
            ("在宅カ\u{3099}イト\u{3099}", "在宅ガイド"),
            ("ｶﾞｲﾄﾞ・ﾊﾟｿｺﾝ", "ガイド･パソコン"),
            ("氏　名", "氏名"),
            ("会計年度\n任用職員", "会計年度任用職員"),
            ("\u{200b}氏名\u{feff}", "氏名"),
            ("コード１", "コード1"),
            ("は\u{309a}", "ぱ"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        for (one, other) in
            [("はい", "ばい"), ("一", "ー"), ("コード", "コ-ド"), ("髙", "高"), ("A", "a")]
        {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn what_is_kept_changes_only_where_nobody_sees_it() {
        assert_eq!(composed("か\u{3099}くふ\u{3099}ち"), "がくぶち");
        assert_eq!(composed("佐藤\u{200b}　花子"), "佐藤　花子");
        assert_eq!(composed("\u{202e}佐藤\u{202c}\u{2066}花子\u{2069}"), "佐藤花子");
        for same in ["髙﨑①㈱Ⅲ", "神\u{fa19}", "葛\u{e0100}", "ｶﾞ", "〜－", "\u{3099}", "ア゛"]
        {
            assert_eq!(composed(same), same);
        }
    }

    #[test]
    fn numbers_codes_and_names_are_plain() {
        for (text, read) in [
            ("　０７２０２８ ", "072028"),
            ("－５", "-5"),
            ("−5", "-5"),
            ("１，２３４", "1,234"),
            ("８０％", "80%"),
            ("Ｓａｔｏ．Ｈ", "Sato.H"),
            ("1\u{a0}234", "1 234"),
        ] {
            assert_eq!(plain(text), read);
        }
    }

    #[test]
    fn characters_of_ones_own_and_lost_ones_are_found() {
        assert_eq!(stray("山\u{e000}"), Some('\u{e000}'));
        assert_eq!(stray("山\u{f0001}"), Some('\u{f0001}'));
        assert_eq!(stray("\u{fffd}田"), Some('\u{fffd}'));
        assert_eq!(stray("𠮷野家 葛\u{e0100} 髙 👩\u{200d}💻"), None);
        assert!(is_blank(" 　\u{a0}\u{200b}\t"));
        assert!(!is_blank("・"));
    }

    proptest::proptest! {
        #[test]
        fn a_key_is_its_own_key(text in "\\PC{0,40}") {
            let once = key(&text);
            proptest::prop_assert_eq!(key(&once), once.clone());
            proptest::prop_assert_eq!(key(&composed(&text)), once);
        }
    }
}
