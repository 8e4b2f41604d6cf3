//! Ids and their text: sixteen bytes, written as 32 lower-case hexadecimal digits. Each kind of
//! thing has an id of its own type ([`ids!`]), so that two of them cannot be swapped; the pipe and
//! the book both make theirs here.

mod hex;

pub use hex::{hex, unhex, unhex_typed};
#[doc(hidden)]
pub use serde;

/// Types of ids. The first line says the error of the crate and its value for a text or bytes that
/// are no id.
///
/// ```
/// #[derive(Clone, Copy, PartialEq, Eq, Debug)]
/// pub struct NoId;
///
/// impl std::fmt::Display for NoId {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         f.write_str("not an id")
///     }
/// }
///
/// id::ids! {
///     NoId = NoId;
///     /// A thing.
///     pub ThingId;
/// }
///
/// let id = ThingId([0xa5; 16]);
/// assert_eq!(id.to_string().parse(), Ok(id));
/// assert_eq!("a5".parse::<ThingId>(), Err(NoId));
/// ```
#[macro_export]
macro_rules! ids {
    ($error:ty = $bad:expr; $($(#[$doc:meta])* $vis:vis $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name($vis [u8; 16]);

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&$crate::hex(&self.0))
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> ::std::result::Result<Self, $error> {
                $crate::unhex(text).map(Self).ok_or($bad)
            }
        }

        impl ::std::convert::TryFrom<&[u8]> for $name {
            type Error = $error;

            fn try_from(bytes: &[u8]) -> ::std::result::Result<Self, $error> {
                bytes.try_into().map(Self).map_err(|_| $bad)
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(
                &self,
                to: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(
                from: D,
            ) -> ::std::result::Result<Self, D::Error> {
                use ::std::borrow::Cow;
                let text = <Cow<'de, str> as $crate::serde::Deserialize>::deserialize(from)?;
                text.parse().map_err(<D::Error as $crate::serde::de::Error>::custom)
            }
        }
    )*};
}

#[cfg(test)]
mod tests {
    ids! {
        std::fmt::Error = std::fmt::Error;
        /// For the tests.
        TestId;
    }

    #[test]
    fn an_id_has_one_form_as_text_and_as_json() {
        let id = TestId([0xa5; 16]);
        assert_eq!(id.to_string(), "a5".repeat(16));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(format!("{id:?}"), format!("TestId({id})"));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<TestId>(&json).unwrap(), id);
        assert_eq!(TestId::try_from(&[0xa5; 16][..]), Ok(id));
        assert!(TestId::try_from(&[0xa5; 15][..]).is_err());
        let others = ["", "a5", &"A5".repeat(16), &"g0".repeat(16), &"é".repeat(16)];
        for bad in others.into_iter().chain([&*"+f".repeat(16)]) {
            assert!(bad.parse::<TestId>().is_err(), "{bad}");
        }
    }
}
