//! Japanese first, English switchable.

use axum::http::HeaderMap;

use super::cookie::cookie;

/// The language of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lang {
    /// 日本語
    #[default]
    Ja,
    /// English
    En,
}

impl Lang {
    /// What the person chose; Japanese otherwise.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        if cookie(headers, "noren-lang").as_deref() == Some("en") { Self::En } else { Self::Ja }
    }

    /// The text in this language.
    #[must_use]
    pub fn t<'a>(self, ja: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }

    /// For `lang="..."`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.t("ja", "en")
    }
}
