//! Password rules (NOREN-F6, NOREN-R3): length against classes, a dictionary, the person's own
//! name.

/// Why a password is refused, in the order people can act on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PasswordFault {
    /// Neither 8 of 3 classes, nor 16 of 2, nor 24.
    #[error("too short for its classes of characters")]
    TooWeak,
    /// Over 128 characters.
    #[error("longer than 128 characters")]
    TooLong,
    /// A word or sequence that is guessed first.
    #[error("a word that is guessed first")]
    Common,
    /// Holds the sign-in name or the person's name.
    #[error("holds the person's own name")]
    OwnName,
    /// Few different characters, repeated.
    #[error("repeats the same characters")]
    Repeats,
}

/// Checks a new password. `own` are the sign-in name, parts of the name, name of the body.
///
/// # Errors
/// [`PasswordFault`] says what to change.
pub fn check_password(password: &str, own: &[&str]) -> Result<(), PasswordFault> {
    let length = password.chars().count();
    if length > 128 {
        return Err(PasswordFault::TooLong);
    }
    let class = |test: fn(char) -> bool| usize::from(password.chars().any(test));
    let classes = class(|c| c.is_ascii_lowercase())
        + class(|c| c.is_ascii_uppercase())
        + class(|c| c.is_ascii_digit())
        + class(|c| !c.is_ascii_alphanumeric());
    let strong = (length >= 8 && classes >= 3) || (length >= 16 && classes >= 2) || length >= 24;
    if !strong {
        return Err(PasswordFault::TooWeak);
    }
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < 5 {
        return Err(PasswordFault::Repeats);
    }
    let plain = plain(password);
    for name in own.iter().flat_map(|name| name.split([' ', '\u{3000}', '.', '@', '_', '-'])) {
        if name.chars().count() >= 3 && plain.contains(&self::plain(name)) {
            return Err(PasswordFault::OwnName);
        }
        // Japanese names are often two characters, and long enough at that.
        if name.chars().count() == 2 && !name.is_ascii() && password.contains(name) {
            return Err(PasswordFault::OwnName);
        }
    }
    if COMMON.lines().filter(|word| !word.is_empty()).any(|word| guessed(&plain, word)) {
        return Err(PasswordFault::Common);
    }
    Ok(())
}

/// A word makes a password weak when not much is left beside it: fewer than 8 characters.
fn guessed(plain: &str, word: &str) -> bool {
    plain.contains(word) && plain.chars().count() - word.chars().count() < 8
}

/// Lower case, with the usual substitutions undone.
fn plain(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' | '|' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            c => c,
        })
        .collect()
}

/// Words guessed first, already in plain form (see [`plain`]); the project's own list.
const COMMON: &str = include_str!("../data/common-words.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_against_classes() {
        let check = |password: &str| check_password(password, &[]);
        assert_eq!(check("Xk7gQz2"), Err(PasswordFault::TooWeak));
        assert_eq!(check("xkgqzmwv"), Err(PasswordFault::TooWeak));
        assert_eq!(check("Xk7gQz2m"), Ok(()));
        assert_eq!(check("xkgq7mwvxkgqzmw2"), Ok(()));
        assert_eq!(check("kakinotane to oolong hitotsu"), Ok(()));
        assert_eq!(check(&"ab1C".repeat(40)), Err(PasswordFault::TooLong));
        assert_eq!(check("Aa1Aa1Aa1Aa1Aa1Aa1"), Err(PasswordFault::Repeats));
    }

    #[test]
    fn words_guessed_first_in_any_dress() {
        for bad in
            ["P@ssw0rd1", "Password123!", "Qwerty123!", "Telework2026!", "Welcome1!", "Soumu2026!"]
        {
            assert_eq!(check_password(bad, &[]), Err(PasswordFault::Common), "{bad}");
        }
        assert_eq!(check_password("password-Ktnf83hwqz", &[]), Ok(()));
    }

    #[test]
    fn own_name_in_it() {
        assert_eq!(check_password("Sato.Hanako#77", &["sato.hanako"]), Err(PasswordFault::OwnName));
        assert_eq!(check_password("5at0X9w#kQm", &["sato.hanako"]), Err(PasswordFault::OwnName));
        assert_eq!(check_password("佐藤X9w#kQmvB", &["佐藤　花子"]), Err(PasswordFault::OwnName));
        assert_eq!(check_password("X9w#kQmvBlem", &["sato.hanako"]), Ok(()));
    }
}
