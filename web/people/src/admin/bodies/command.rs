//! What is asked of the bodies of a server.

use people::{Bodies, BodyCode, Login, Name};

/// A body is to be served, with its first IT officer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::admin) struct Add {
    pub(in crate::admin) body: BodyCode,
    pub(in crate::admin) login: Login,
    pub(in crate::admin) name: Name,
}

/// Why a body is not added.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::admin) enum NotAdded {
    /// Nothing has this code.
    Body,
    /// This server has the body already.
    Taken,
    /// The sign-in name is not one.
    Login,
    /// The name is not one.
    Name,
}

impl Add {
    /// The command these texts say, or everything that is wrong with them.
    pub(in crate::admin) fn read(
        known: &Bodies,
        body: &str,
        login: &str,
        name: &str,
    ) -> Result<Self, Vec<NotAdded>> {
        let body = body.parse::<BodyCode>().ok().filter(|code| known.body(*code).is_ok());
        match (body, login.parse(), name.parse()) {
            (Some(body), Ok(login), Ok(name)) => Ok(Self { body, login, name }),
            (body, login, name) => {
                let body = body.is_none().then_some(NotAdded::Body);
                let login = login.err().map(|_: people::Fault| NotAdded::Login);
                let name = name.err().map(|_: people::Fault| NotAdded::Name);
                Err(body.into_iter().chain(login).chain(name).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let known = Bodies::default();
        assert!(Add::read(&known, "011002", "sato", "佐藤").is_ok());
        // A right check digit, and nobody's code.
        let all = vec![NotAdded::Body, NotAdded::Login, NotAdded::Name];
        assert_eq!(Add::read(&known, "209996", "", ""), Err(all));
        assert_eq!(Add::read(&known, "011002", "a b", "佐藤"), Err(vec![NotAdded::Login]));
    }
}
