//! Names of accounts, as people write them.

use crate::target::Credentials;

/// Prefixes of accounts whose own name is a mail address: with them both parts count.
const OF_ADDRESSES: [&str; 2] = ["AzureAD", "MicrosoftAccount"];

impl Credentials {
    /// The same account in the one form that a PC is asked with: what was typed for keyboards'
    /// and habits' sake is put right. The password stays as it is.
    ///
    /// `DOMAIN\user` is split; the domain written with the name counts more than the one in a field
    /// of its own. `user@realm` says all by itself. Full-width letters are Latin ones, and the yen
    /// sign is the backslash whose key it shares.
    pub(crate) fn tidied(&self) -> Credentials {
        let (user, domain) = (folded(&self.user), folded(&self.domain));
        let user = user.trim().trim_start_matches(['\\', '/']);
        let (written, user) = user.split_once(['\\', '/']).unwrap_or(("", user));
        let user = user.trim().trim_start_matches(['\\', '/']);
        let (written, field) = (domain_of(written), domain_of(&domain));
        // `hanako@` and `@hanako` name no realm.
        let user = user.trim_matches('@');
        let by_address =
            |domain: &str| OF_ADDRESSES.iter().any(|of| of.eq_ignore_ascii_case(domain));
        let domain = match written {
            "" if user.contains('@') && !by_address(field) => "",
            "" => field,
            written => written,
        };
        Credentials {
            user: user.to_owned(),
            password: self.password.clone(),
            domain: domain.to_owned(),
        }
    }

    /// The name where there are no domains, as on a VNC server: what separates stays in it.
    pub(crate) fn plain_user(&self) -> String {
        folded(&self.user).trim().to_owned()
    }

    /// One text for one account, however it was typed; for counting.
    pub fn account(&self) -> String {
        let Credentials { user, domain, .. } = self.tidied();
        format!("{domain}\\{user}").to_lowercase()
    }
}

/// A domain without what belongs to a name after or before it.
fn domain_of(text: &str) -> &str {
    let text = text.trim().trim_matches(['\\', '/']);
    let text = text.rsplit_once('@').map_or(text, |(_, realm)| realm).trim();
    // A name of the DNS may end with a point; a point alone is this PC.
    if text == "." { text } else { text.trim_end_matches('.') }
}

/// Full-width forms as ASCII, where nothing else is in the text: in a name of kanji a full-width
/// digit may be meant. Separators are always separators, and invisible characters, which come along
/// when a name is copied, are left out.
fn folded(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !invisible(*c)).collect();
    let latin = seen.chars().all(|c| narrow(c).is_ascii());
    seen.chars()
        .map(|c| match c {
            '＼' | '￥' | '¥' => '\\',
            '＠' => '@',
            '\u{3000}' => ' ',
            c if latin => narrow(c),
            c => c,
        })
        .collect()
}

fn narrow(c: char) -> char {
    match c {
        '￥' | '¥' => '\\',
        '\u{3000}' => ' ',
        '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}

fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(user: &str, domain: &str) -> Credentials {
        Credentials { user: user.into(), password: "￥パス ".into(), domain: domain.into() }
    }

    #[test]
    fn a_name_is_one_name_in_every_usual_form() {
        for (user, domain, account) in [
            ("hanako", "", ("", "hanako")),
            ("hanako", "OFFICE", ("OFFICE", "hanako")),
            ("OFFICE\\hanako", "", ("OFFICE", "hanako")),
            ("OFFICE\\hanako", "OFFICE", ("OFFICE", "hanako")),
            ("OFFICE\\hanako", "office", ("OFFICE", "hanako")),
            ("OFFICE\\hanako", "office.local", ("OFFICE", "hanako")),
            ("OFFICE/hanako", "", ("OFFICE", "hanako")),
            ("OFFICE\\\\hanako", "", ("OFFICE", "hanako")),
            ("\\\\OFFICE\\hanako", "", ("OFFICE", "hanako")),
            ("\\hanako", "OFFICE", ("OFFICE", "hanako")),
            (" OFFICE \\ hanako ", "", ("OFFICE", "hanako")),
            ("hanako", "OFFICE\\", ("OFFICE", "hanako")),
            ("hanako", "\\\\OFFICE", ("OFFICE", "hanako")),
            ("hanako", "@office", ("office", "hanako")),
            ("hanako", "office.local.", ("office.local", "hanako")),
            ("hanako", "hanako@office.local", ("office.local", "hanako")),
            (".\\hanako", "", (".", "hanako")),
            (".\\hanako", "OFFICE", (".", "hanako")),
            ("hanako", ".", (".", "hanako")),
            ("．￥ｈａｎａｋｏ", "", (".", "hanako")),
            ("ＯＦＦＩＣＥ＼ｈａｎａｋｏ", "", ("OFFICE", "hanako")),
            ("OFFICE¥hanako", "", ("OFFICE", "hanako")),
            ("\u{200e}OFFICE\\hanako\u{200e}\u{feff}", "", ("OFFICE", "hanako")),
            ("　hanako　", "　", ("", "hanako")),
            ("hanako@office.local", "", ("", "hanako@office.local")),
            ("hanako@office.local", "OFFICE", ("", "hanako@office.local")),
            ("ｈａｎａｋｏ＠ｏｆｆｉｃｅ．ｌｏｃａｌ", "", ("", "hanako@office.local")),
            ("hanako@", "OFFICE", ("OFFICE", "hanako")),
            ("AzureAD\\hanako@town.example", "", ("AzureAD", "hanako@town.example")),
            ("hanako@town.example", "azuread", ("azuread", "hanako@town.example")),
            ("総務￥花子", "", ("総務", "花子")),
            ("総務１", "", ("", "総務１")),
            ("OFFICE\\", "", ("OFFICE", "")),
            ("", "OFFICE", ("OFFICE", "")),
        ] {
            let Credentials { user: name, password, domain: of } = typed(user, domain).tidied();
            assert_eq!((of.as_str(), name.as_str()), account, "{user} and {domain}");
            assert_eq!(password, "￥パス ", "the password is the person's own");
        }
    }

    #[test]
    fn a_server_without_domains_gets_the_whole_name() {
        assert_eq!(typed("　ｈａｎａｋｏ ", "x").plain_user(), "hanako");
        assert_eq!(typed("OFFICE￥hanako", "x").plain_user(), "OFFICE\\hanako");
    }

    #[test]
    fn an_account_is_counted_as_one() {
        let forms =
            [("OFFICE\\hanako", ""), ("hanako", "office"), ("ｏｆｆｉｃｅ￥Hanako", "OFFICE")];
        for (user, domain) in forms {
            assert_eq!(typed(user, domain).account(), "office\\hanako");
        }
        assert_ne!(typed("hanako", "").account(), typed("hanako", "office").account());
    }
}
