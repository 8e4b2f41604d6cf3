//! Staff, roles, divisions.

use std::fmt;
use std::str::FromStr;

use crate::{BodyCode, DivisionId, Fault, StaffId};

/// A sign-in name: 3 to 64 of a-z 0-9 . _ - @, lower case, unique in its body.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Login(String);

impl Login {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Login {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let text = text.trim().to_ascii_lowercase();
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-@".contains(&b);
        let starts =
            text.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if (3..=64).contains(&text.len()) && starts && text.bytes().all(allowed) {
            Ok(Self(text))
        } else {
            Err(Fault::Login)
        }
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a character has no place in a name that people read, whatever it names: a control
/// character, or a mark of direction, which can make one name look like another.
#[must_use]
pub fn tricks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A name people read: 1 to 100 characters, no control characters, trimmed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Name(String);

impl Name {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        // A file system or a keyboard may have taken が apart; a search would not find it.
        let text = text::composed(text.trim());
        let count = text.chars().take(101).count();
        if (1..=100).contains(&count) && !text.chars().any(tricks) {
            Ok(Self(text))
        } else {
            Err(Fault::Name)
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a person is in the body. One person may be several.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// 職員
    Staff,
    /// 所属長
    Superior,
    /// 情報担当
    It,
    /// 人事担当
    Hr,
    /// 監査
    Auditor,
}

impl Role {
    /// All five.
    pub const ALL: [Self; 5] = [Self::Staff, Self::Superior, Self::It, Self::Hr, Self::Auditor];

    /// As it is written in Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::Staff => "職員",
            Self::Superior => "所属長",
            Self::It => "情報担当",
            Self::Hr => "人事担当",
            Self::Auditor => "監査",
        }
    }

    /// Its name in files, forms and the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Superior => "superior",
            Self::It => "it",
            Self::Hr => "hr",
            Self::Auditor => "auditor",
        }
    }

    fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

impl FromStr for Role {
    type Err = Fault;

    /// Takes the English name or the Japanese one.
    fn from_str(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|role| role.name().eq_ignore_ascii_case(text) || role.ja() == text)
            .ok_or(Fault::Role)
    }
}

/// A set of roles.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Roles(u8);

impl Roles {
    /// No role at all: may do nothing.
    pub const NONE: Self = Self(0);

    /// From a list.
    #[must_use]
    pub fn of(roles: &[Role]) -> Self {
        Self(roles.iter().fold(0, |bits, role| bits | role.bit()))
    }

    /// Whether the role is in it.
    #[must_use]
    pub fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// The roles, in the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }

    /// For the store.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }

    /// From the store; bits that are no role are dropped.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        Self(bits & 0b1_1111)
    }

    /// English names joined with `+`.
    #[must_use]
    pub fn names(self) -> String {
        self.iter().map(Role::name).collect::<Vec<_>>().join("+")
    }

    /// Japanese names joined with `・`.
    #[must_use]
    pub fn ja(self) -> String {
        self.iter().map(Role::ja).collect::<Vec<_>>().join("・")
    }
}

impl FromStr for Roles {
    type Err = Fault;

    /// Takes names joined by `+`, `・`, `、`, `,`, `/`, `;` or spaces.
    fn from_str(text: &str) -> Result<Self, Fault> {
        let mut roles = Self::NONE;
        for part in text
            .split(['+', '・', '、', ',', '，', '/', ';', ' ', '\u{3000}'])
            .filter(|part| !part.is_empty())
        {
            roles.0 |= part.parse::<Role>()?.bit();
        }
        if roles == Self::NONE { Err(Fault::NoRole) } else { Ok(roles) }
    }
}

/// How an account stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StaffState {
    /// Made, but own password and second factor not yet set.
    Waiting,
    /// In use.
    Active,
    /// Stopped: cannot sign in, holds no session.
    Suspended,
}

impl StaffState {
    /// For the store.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Active => 1,
            Self::Suspended => 2,
        }
    }

    /// From the store; what is not known is suspended.
    #[must_use]
    pub fn from_number(number: i64) -> Self {
        match number {
            0 => Self::Waiting,
            1 => Self::Active,
            _ => Self::Suspended,
        }
    }
}

/// A person who works for a body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Staff {
    /// Identity: stays when name and sign-in name change.
    pub id: StaffId,
    /// The body: the boundary nothing crosses.
    pub body: BodyCode,
    /// Sign-in name.
    pub login: Login,
    /// Name.
    pub name: Name,
    /// Where the person belongs.
    pub division: Option<DivisionId>,
    /// What the person is.
    pub roles: Roles,
    /// Whether the person also runs the server: makes bodies.
    pub operator: bool,
    /// How the account stands.
    pub state: StaffState,
    /// 会計年度任用職員.
    pub fiscal_year: bool,
    /// Made when, Unix milliseconds.
    pub created: i64,
}

/// What a form or a file says about a person, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaffDraft {
    /// Sign-in name.
    pub login: Login,
    /// Name.
    pub name: Name,
    /// Division.
    pub division: Option<DivisionId>,
    /// Roles.
    pub roles: Roles,
    /// 会計年度任用職員.
    pub fiscal_year: bool,
}

/// Where staff belong (所属).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Division {
    /// Identity.
    pub id: DivisionId,
    /// The body.
    pub body: BodyCode,
    /// The body's own code for it, unique in the body; up to 20 characters.
    pub code: String,
    /// Name.
    pub name: Name,
    /// Who approves its days.
    pub superior: Option<StaffId>,
    /// Who stands in.
    pub deputy: Option<StaffId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins() {
        assert_eq!("  Sato.Hanako@x ".parse::<Login>().unwrap().as_str(), "sato.hanako@x");
        for bad in ["ab", ".abc", "a b c", "佐藤花子", "a\nb", &"a".repeat(65), "a<b>c", ""] {
            assert_eq!(bad.parse::<Login>(), Err(Fault::Login), "{bad}");
        }
    }

    #[test]
    fn names_hold_no_tricks() {
        assert!("佐藤　花子".parse::<Name>().is_ok());
        // Marks that nobody sees, of direction too, come with what was copied and go.
        assert_eq!("a\u{202e}b".parse::<Name>().unwrap().as_str(), "ab");
        for bad in ["", "  ", "\u{202e}", "a\tb", &"あ".repeat(101)] {
            assert_eq!(bad.parse::<Name>(), Err(Fault::Name));
        }
    }

    #[test]
    fn roles_in_both_languages() {
        assert_eq!("職員・所属長".parse::<Roles>(), Ok(Roles::of(&[Role::Staff, Role::Superior])));
        assert_eq!("IT+hr".parse::<Roles>(), Ok(Roles::of(&[Role::It, Role::Hr])));
        assert_eq!("".parse::<Roles>(), Err(Fault::NoRole));
        assert_eq!("admin".parse::<Roles>(), Err(Fault::Role));
        assert_eq!(Roles::from_bits(0xff).iter().count(), 5);
    }
}
