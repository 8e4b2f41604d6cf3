//! What is declared about a device at home. It is self-declared and shown as such.

/// What the register says about antivirus.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Antivirus {
    /// Not said.
    #[default]
    Unknown,
    /// On and current.
    Current,
    /// Not there, or not current.
    Missing,
}

/// 端末の届け出 (NOREN-R1, NOREN-R2, NOREN-R8): declared by whoever registers the device.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Posture {
    /// Loaned by the body; an own device needs [`Posture::exception`].
    pub loaned: bool,
    /// Why an own device is allowed (NOREN-R1); at most 200 characters.
    pub exception: String,
    /// The terminal itself asks for a login (NOREN-R2).
    pub own_login: bool,
    /// A privacy filter is used (NOREN-R8).
    pub privacy_filter: bool,
    /// Antivirus.
    pub antivirus: Antivirus,
    /// Number of the thing, as on its label; at most 64 characters.
    pub asset: String,
}

impl Posture {
    /// For the store: one number for the flags.
    #[must_use]
    pub fn flags(&self) -> i64 {
        let antivirus = match self.antivirus {
            Antivirus::Unknown => 0,
            Antivirus::Current => 1,
            Antivirus::Missing => 2,
        };
        i64::from(self.loaned)
            | i64::from(self.own_login) << 1
            | i64::from(self.privacy_filter) << 2
            | antivirus << 3
    }

    /// From the store.
    #[must_use]
    pub fn from_parts(flags: i64, exception: String, asset: String) -> Self {
        let antivirus = match flags >> 3 & 3 {
            1 => Antivirus::Current,
            2 => Antivirus::Missing,
            _ => Antivirus::Unknown,
        };
        Self {
            loaned: flags & 1 != 0,
            exception,
            own_login: flags & 2 != 0,
            privacy_filter: flags & 4 != 0,
            antivirus,
            asset,
        }
    }

    /// Whether NOREN-R1 and NOREN-R2 are met on paper: loaned or excepted, and it asks for a login.
    #[must_use]
    pub fn complete(&self) -> bool {
        (self.loaned || !self.exception.trim().is_empty()) && self.own_login
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_device_needs_its_exception_on_record() {
        let mut posture = Posture { own_login: true, ..Posture::default() };
        assert!(!posture.complete());
        posture.exception = "育児中のため".into();
        assert!(posture.complete());
        let back = Posture::from_parts(posture.flags(), posture.exception.clone(), String::new());
        assert_eq!(back, posture);
    }
}
