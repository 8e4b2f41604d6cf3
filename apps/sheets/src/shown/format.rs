//! Number formats (ECMA-376 part 1, 18.8.31) taken apart.

/// One part of a section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// Stands there as it is.
    Literal(String),
    /// A place for a digit: `0`, `#` or `?`.
    Digit(char),
    Point,
    Comma,
    Percent,
    /// E+ or E-.
    Exponent,
    /// Numerator and denominator.
    Slash,
    General,
    /// The text itself.
    At,
    /// A letter of a date or time (lower case) and how often it stands.
    Time(char, usize),
    /// A length of time: `[h]`, `[mm]`.
    Elapsed(char, usize),
    /// Digits of a second.
    Fraction(usize),
    /// Whether in letters (AM) or one letter (A).
    Noon(bool),
}

/// A section and when it holds.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Section {
    pub(super) parts: Vec<Part>,
    pub(super) condition: Option<(Compare, f64)>,
    /// Written for Japan (`[$-411]`).
    pub(super) japanese: bool,
    /// The first year of an era is 元年.
    pub(super) first_year: bool,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Compare {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    Unequal,
}

impl Compare {
    fn holds(self, number: f64, limit: f64) -> bool {
        match self {
            Self::Less => number < limit,
            Self::LessEqual => number <= limit,
            Self::Greater => number > limit,
            Self::GreaterEqual => number >= limit,
            // What the file says is compared with what the file says.
            Self::Equal => number.total_cmp(&limit).is_eq(),
            Self::Unequal => number.total_cmp(&limit).is_ne(),
        }
    }
}

/// Longest format that is taken apart, characters; Excel allows 255.
const MAX_FORMAT: usize = 1_000;

/// The section of a format that shows this number; none where the format says nothing about it.
pub(super) fn section(code: &str, number: f64) -> Option<Section> {
    let mut sections: Vec<Section> =
        split(&code.chars().take(MAX_FORMAT).collect::<Vec<_>>()).into_iter().take(4).collect();
    let at = match sections.iter().position(|one| one.condition.is_some()) {
        Some(_) => sections.iter().position(|one| match one.condition {
            Some((compare, limit)) => compare.holds(number, limit),
            None => true,
        })?,
        None => match (sections.len(), number) {
            (2.., number) if number < 0.0 => 1,
            (3.., 0.0) => 2,
            _ => 0,
        },
    };
    (at < sections.len()).then(|| sections.swap_remove(at))
}

fn split(code: &[char]) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut at = 0;
    while let Some(&c) = code.get(at) {
        let rest = &code[at..];
        let (part, used) = match c {
            ';' => {
                sections.push(Section::default());
                at += 1;
                continue;
            }
            '"' => {
                let text: String = rest[1..].iter().take_while(|c| **c != '"').collect();
                let used = text.chars().count() + 2;
                (Some(Part::Literal(text)), used)
            }
            '\\' => (rest.get(1).map(|c| Part::Literal(c.to_string())), 2),
            // Room as wide as a character, and a character that fills the cell.
            '_' | '*' => (None, 2),
            '[' => {
                let inside: String = rest[1..].iter().take_while(|c| **c != ']').collect();
                let used = inside.chars().count() + 2;
                let section = sections.last_mut();
                (section.and_then(|section| bracket(&inside, section)), used)
            }
            _ => token(rest),
        };
        at += used.max(1);
        if let (Some(part), Some(section)) = (part, sections.last_mut()) {
            section.parts.push(part);
        }
    }
    sections
}

/// A length of time, a currency, a language, a condition or a colour.
fn bracket(inside: &str, section: &mut Section) -> Option<Part> {
    let lower = inside.to_ascii_lowercase();
    if let Some(first @ ('h' | 'm' | 's')) = lower.chars().next()
        && lower.chars().all(|c| c == first)
    {
        return Some(Part::Elapsed(first, lower.len()));
    }
    if let Some(currency) = inside.strip_prefix('$') {
        let (sign, language) = currency.split_once('-').unwrap_or((currency, ""));
        let language = language.to_ascii_lowercase();
        section.japanese |= language.ends_with("411") || language.starts_with("ja");
        section.first_year |= language.ends_with("gannen");
        return (!sign.is_empty()).then(|| Part::Literal(sign.to_owned()));
    }
    let compares = [
        ("<=", Compare::LessEqual),
        (">=", Compare::GreaterEqual),
        ("<>", Compare::Unequal),
        ("<", Compare::Less),
        (">", Compare::Greater),
        ("=", Compare::Equal),
    ];
    let found = compares.iter().find_map(|(sign, compare)| {
        Some((*compare, inside.strip_prefix(sign)?.trim().parse::<f64>().ok()?))
    });
    section.condition = section.condition.or(found);
    None
}

/// What begins here, and how many characters it takes.
fn token(rest: &[char]) -> (Option<Part>, usize) {
    let begins = |word: &str| {
        word.chars().count() <= rest.len()
            && word.chars().zip(rest).all(|(word, c)| word.eq_ignore_ascii_case(c))
    };
    let Some(&c) = rest.first() else { return (None, 1) };
    if begins("general") || begins("g/標準") {
        return (Some(Part::General), if begins("general") { 7 } else { 4 });
    }
    if begins("am/pm") {
        return (Some(Part::Noon(true)), 5);
    }
    if begins("a/p") {
        return (Some(Part::Noon(false)), 3);
    }
    if begins("e+") || begins("e-") {
        return (Some(Part::Exponent), 2);
    }
    let lower = c.to_ascii_lowercase();
    let run = rest.iter().take_while(|next| next.to_ascii_lowercase() == lower).count();
    let part = match lower {
        'y' | 'm' | 'd' | 'h' | 's' | 'e' | 'g' => return (Some(Part::Time(lower, run)), run),
        'a' if run >= 3 => return (Some(Part::Time('a', run)), run),
        '0' | '#' | '?' => Part::Digit(c),
        '.' => {
            let zeros = rest[1..].iter().take_while(|c| **c == '0').count();
            // Digits of a second where one is before it: the caller knows.
            return (Some(if zeros > 0 { Part::Fraction(zeros) } else { Part::Point }), zeros + 1);
        }
        ',' => Part::Comma,
        '%' | '％' => Part::Percent,
        '/' => Part::Slash,
        '@' => Part::At,
        _ => Part::Literal(c.to_string()),
    };
    (Some(part), 1)
}

/// The formats that a file names by number alone, as a Japanese Excel shows them (ECMA-376 part 1,
/// 18.8.30, ja-jp); none where the number says nothing of its own.
pub(super) fn built_in(id: u32) -> Option<&'static str> {
    Some(match id {
        14 => "yyyy/m/d",
        22 => "yyyy/m/d h:mm",
        27 | 36 | 50 | 57 => "[$-411]ge.m.d",
        28 | 29 | 51 | 54 | 58 => "[$-411]ggge\"年\"m\"月\"d\"日\"",
        30 => "m/d/yy",
        31 => "yyyy\"年\"m\"月\"d\"日\"",
        32 => "h\"時\"mm\"分\"",
        33 => "h\"時\"mm\"分\"ss\"秒\"",
        34 | 52 | 55 => "yyyy\"年\"m\"月\"",
        35 | 53 | 56 => "m\"月\"d\"日\"",
        _ => return None,
    })
}
