//! What is asked of the staff of a body.

use people::{DivisionId, Login, Name, Roles};

use kit::error::Refusal;

/// A person as somebody wants her to be registered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Wanted {
    pub(super) login: Login,
    pub(super) name: Name,
    pub(super) division: Option<DivisionId>,
    pub(super) roles: Roles,
    pub(super) fiscal_year: bool,
}

/// Why that cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NotWanted {
    /// The sign-in name is not one.
    Login,
    /// Somebody else of the body has it.
    Taken,
    /// The name is not one.
    Name,
    /// No role, or IT takes IT from itself.
    Roles,
}

impl Wanted {
    /// The command these texts say, or everything that is wrong with them. A division is named by
    /// its id, or by nothing.
    ///
    /// # Errors
    /// Each [`NotWanted`] once; [`Refusal::NotFound`] for a division that no list offered.
    pub(super) fn read(
        login: &str,
        name: &str,
        division: &str,
        roles: Roles,
        fiscal_year: bool,
    ) -> Result<Result<Self, Vec<NotWanted>>, Refusal> {
        let division = match division {
            "" => None,
            id => Some(id.parse().map_err(|_| Refusal::NotFound)?),
        };
        Ok(match (login.parse(), name.parse()) {
            (Ok(login), Ok(name)) => Ok(Self { login, name, division, roles, fiscal_year }),
            (login, name) => {
                let login = login.err().map(|_: people::Fault| NotWanted::Login);
                let name = name.err().map(|_: people::Fault| NotWanted::Name);
                Err(login.into_iter().chain(name).collect())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let read = |login: &str, name: &str, division: &str| {
            Wanted::read(login, name, division, Roles::NONE, false)
        };
        assert!(read("sato", "佐藤", "").unwrap().is_ok());
        assert_eq!(read("a", "", "").unwrap(), Err(vec![NotWanted::Login, NotWanted::Name]));
        assert!(matches!(read("sato", "佐藤", "somewhere"), Err(Refusal::NotFound)));
    }
}
