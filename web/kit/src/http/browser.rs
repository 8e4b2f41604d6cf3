//! A browser in words: enough for people to know their own again, too little to be told apart by.

use axum::http::{HeaderMap, header};

use super::Lang;

/// Browser and system, as `Firefox/Windows`; the version and the rest of what it says are not kept.
pub fn of(headers: &HeaderMap) -> String {
    let text =
        headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // The order matters: each names those before it too.
    let first = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (None, None) => String::new(),
        (browser, system) => {
            format!("{}/{}", browser.unwrap_or_default(), system.unwrap_or_default())
        }
    }
}

/// The same for people.
pub fn words(lang: Lang, kept: &str) -> String {
    let (browser, system) = kept.split_once('/').unwrap_or_default();
    match (browser, system) {
        ("", "") => lang.t("不明なブラウザ", "Unknown browser").to_owned(),
        ("", one) | (one, "") => one.to_owned(),
        (browser, system) => match lang {
            Lang::Ja => format!("{browser}（{system}）"),
            Lang::En => format!("{browser} on {system}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_what_they_say() {
        let of =
            |text: &str| of(&HeaderMap::from_iter([(header::USER_AGENT, text.parse().unwrap())]));
        for (text, known) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge/Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
                "Firefox/Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
                "Safari/iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Mobile Safari/537.36",
                "Chrome/Android",
            ),
            ("curl/8.5.0", ""),
        ] {
            assert_eq!(of(text), known);
        }
        assert_eq!(words(Lang::Ja, "Edge/Windows"), "Edge（Windows）");
        assert_eq!(words(Lang::En, ""), "Unknown browser");
    }
}
