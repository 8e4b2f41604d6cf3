//! Kana: half-width forms, and the marks that some keyboards and file systems write apart.

/// U+FF61 to U+FF9D in their wide forms.
const WIDE: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノ\
                    ハヒフヘホマミムメモヤユヨラリルレロワン";

/// A half-width kana or its mark in the wide form; the mark as the one that combines.
pub(crate) fn wide(c: char) -> char {
    match c {
        '\u{ff9e}' => '\u{3099}',
        '\u{ff9f}' => '\u{309a}',
        '\u{ff61}'..='\u{ff9d}' => {
            let at = u32::from(c) - 0xff61;
            WIDE.chars().nth(at as usize).unwrap_or(c)
        }
        c => c,
    }
}

/// A kana and a combining mark as one character; none where there is no such kana.
pub(crate) fn with_mark(kana: char, mark: char) -> Option<char> {
    // Katakana stand 0x60 behind hiragana.
    let (base, shift) = match kana {
        'ワ' if mark == '\u{3099}' => return Some('ヷ'),
        'ヰ' if mark == '\u{3099}' => return Some('ヸ'),
        'ヱ' if mark == '\u{3099}' => return Some('ヹ'),
        'ヲ' if mark == '\u{3099}' => return Some('ヺ'),
        'ァ'..='ヴ' | 'ヽ' => (u32::from(kana) - 0x60, 0x60),
        kana => (u32::from(kana), 0),
    };
    let base = char::from_u32(base)?;
    let up = match (base, mark) {
        ('う', '\u{3099}') => 0x4e,
        ('か'..='と' | 'は'..='ほ' | 'ゝ', '\u{3099}') if is_plain(base) => 1,
        ('は'..='ほ', '\u{309a}') if is_plain(base) => 2,
        _ => return None,
    };
    char::from_u32(u32::from(base) + up + shift)
}

/// Whether a hiragana is without a mark and takes one.
fn is_plain(base: char) -> bool {
    "かきくけこさしすせそたちつてとはひふへほゝ".contains(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kana_takes_its_mark() {
        let plain = "うかきくけこさしすせそたちつてとはひふへほゝウカキクケコサシスセソタチツテトハヒフヘホワヰヱヲヽ";
        let voiced = "ゔがぎぐげござじずぜぞだぢづでどばびぶべぼゞヴガギグゲゴザジズゼゾダヂヅデドバビブベボヷヸヹヺヾ";
        for (plain, voiced) in plain.chars().zip(voiced.chars()) {
            assert_eq!(with_mark(plain, '\u{3099}'), Some(voiced), "{plain}");
            assert_eq!(with_mark(voiced, '\u{3099}'), None, "{voiced}");
        }
        for (plain, half) in "はひふへほハヒフヘホ".chars().zip("ぱぴぷぺぽパピプペポ".chars())
        {
            assert_eq!(with_mark(plain, '\u{309a}'), Some(half), "{plain}");
        }
        for none in "あんーアン漢aっッ".chars() {
            assert_eq!(with_mark(none, '\u{3099}'), None, "{none}");
        }
        assert_eq!("ｱﾝｰ･｡ｦ".chars().map(wide).collect::<String>(), "アンー・。ヲ");
    }
}
