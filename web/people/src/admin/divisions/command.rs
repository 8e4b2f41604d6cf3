//! What is asked of a division.

use people::{Division, Name, StaffId};

use kit::error::Refusal;

/// A division as somebody wants it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::admin) struct Wanted {
    pub(in crate::admin) code: Code,
    pub(in crate::admin) name: Name,
    pub(in crate::admin) superior: Option<StaffId>,
    pub(in crate::admin) deputy: Option<StaffId>,
}

/// The code of a division: up to twenty letters, digits or `-`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::admin) struct Code(String);

impl std::str::FromStr for Code {
    type Err = NotWanted;

    fn from_str(text: &str) -> Result<Self, NotWanted> {
        let code = text.trim();
        let fits = (1..=20).contains(&code.chars().count())
            && code.chars().all(|c| c.is_alphanumeric() || c == '-');
        if fits { Ok(Self(code.to_owned())) } else { Err(NotWanted::Code) }
    }
}

impl Code {
    pub(in crate::admin) fn into_inner(self) -> String {
        self.0
    }
}

/// Why something is not a division that could be wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::admin) enum NotWanted {
    /// The code is not one.
    Code,
    /// The name is not one.
    Name,
}

impl Wanted {
    /// The command these texts say, or everything that is wrong with them. A person is named by her
    /// id, or by nothing.
    ///
    /// # Errors
    /// Each [`NotWanted`] once; [`Refusal::NotFound`] for a person that no list offered.
    pub(in crate::admin) fn read(
        code: &str,
        name: &str,
        superior: &str,
        deputy: &str,
    ) -> Result<Result<Self, Vec<NotWanted>>, Refusal> {
        let (code, name) = (code.parse::<Code>(), name.parse::<Name>());
        let (superior, deputy) = (person(superior)?, person(deputy)?);
        Ok(match (code, name) {
            (Ok(code), Ok(name)) => Ok(Self { code, name, superior, deputy }),
            (code, name) => {
                let name = name.err().map(|_| NotWanted::Name);
                Err(code.err().into_iter().chain(name).collect())
            }
        })
    }
}

fn person(text: &str) -> Result<Option<StaffId>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Refusal::NotFound)
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::admin) enum Done {
    Added,
    Saved,
    /// Who leads waits for a second person.
    Asked,
    Removed,
}

/// Why nothing was done.
pub(in crate::admin) type Undone = crate::admin::undone::Undone<Unfit>;

/// What stands against it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::admin) enum Unfit {
    /// Another division has the code.
    Taken,
    /// Somebody is still in the division.
    InUse,
}

/// Who led a division and does so no more, after a change.
pub(super) fn former_leads(before: &Division, after: Option<&Division>) -> Vec<StaffId> {
    let leads = |division: &Division| [division.superior, division.deputy];
    let now = after.map(leads).unwrap_or_default();
    leads(before).into_iter().flatten().filter(|one| !now.contains(&Some(*one))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let read = |code: &str, name: &str| Wanted::read(code, name, "", "").unwrap();
        assert_eq!(read("", ""), Err(vec![NotWanted::Code, NotWanted::Name]));
        assert_eq!(read("総務 1", "総務課"), Err(vec![NotWanted::Code]));
        assert_eq!(read(&"1".repeat(21), "総務課"), Err(vec![NotWanted::Code]));
        assert_eq!(read("10-1", " "), Err(vec![NotWanted::Name]));
        let wanted = read(" 総務-1 ", "総務課").unwrap();
        assert_eq!((wanted.code.into_inner().as_str(), wanted.superior), ("総務-1", None));
        assert!(matches!(Wanted::read("1", "課", "somebody", ""), Err(Refusal::NotFound)));
    }
}
