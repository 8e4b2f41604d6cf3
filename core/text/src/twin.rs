//! Signs that one byte pair of CP932 stands for and two programs read differently (Unicode's own
//! table of JIS X 0208 against Microsoft's of code page 932), and those that look alike on every
//! screen.

/// The one of several signs that stands for all.
pub(crate) fn folded(c: char) -> char {
    match c {
        // WAVE DASH (JIS) and FULLWIDTH TILDE (Microsoft), which is `~` when narrow.
        '\u{301c}' | '\u{223c}' => '~',
        c if is_dash(c) => '-',
        // DOUBLE VERTICAL LINE (JIS) and PARALLEL TO (Microsoft).
        '\u{2016}' => '\u{2225}',
        '\u{ffe0}' => '\u{a2}',
        '\u{ffe1}' => '\u{a3}',
        '\u{ffe2}' => '\u{ac}',
        '\u{ffe4}' => '\u{a6}',
        // 0x5C is a yen sign on every Japanese screen.
        '\u{ffe5}' | '\\' => '\u{a5}',
        '\u{ffe3}' | '\u{203e}' => '\u{af}',
        '\u{22ef}' => '\u{2026}',
        '\u{b7}' | '\u{2022}' | '\u{22c5}' => '・',
        // WHITE CIRCLE, IDEOGRAPHIC NUMBER ZERO, LARGE CIRCLE.
        '\u{3007}' | '\u{25ef}' => '○',
        c => c,
    }
}

/// Hyphens, dashes and minus signs; ー, which is a letter, is none.
pub(crate) fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}')
}
