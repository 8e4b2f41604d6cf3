//! Japanese first, English switchable.

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
    /// What the person chose, as the cookie says it; Japanese otherwise.
    #[must_use]
    pub fn chosen(said: Option<&str>) -> Self {
        if said == Some("en") { Self::En } else { Self::Ja }
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
