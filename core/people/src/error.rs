//! What can be wrong with a value somebody entered.

/// Named by fault; a page turns it into a sentence next to the field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// Not six digits with a right check digit.
    #[error("not a body code")]
    BodyCode,
    /// A right code, but none of the 1,788 bodies.
    #[error("no body has this code")]
    UnknownBody,
    /// A sign-in name is 3 to 64 of a-z 0-9 . _ - @, starting with a letter or digit.
    #[error("not a sign-in name")]
    Login,
    /// A name is 1 to 100 characters without control characters.
    #[error("not a name")]
    Name,
    /// A role that is not one of the five.
    #[error("not a role")]
    Role,
    /// At least one role.
    #[error("no role")]
    NoRole,
    /// A zone that is not LGWAN接続系 or インターネット接続系.
    #[error("not a zone")]
    Zone,
    /// マイナンバー利用事務系 is never a target (NOREN-R21, NOREN-G10).
    #[error("the My Number zone is never a target")]
    MyNumberZone,
    /// A period that ends before it begins, or a number outside its bounds.
    #[error("out of bounds")]
    Bounds,
    /// Not 32 hexadecimal digits.
    #[error("not an identity")]
    Id,
}
