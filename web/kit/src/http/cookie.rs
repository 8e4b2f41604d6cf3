//! Cookies: read strictly, written with every protection the address allows.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use crate::parts::Site;

/// Name of the cookie of a sign-in.
pub(super) fn sign_in_cookie(site: &Site) -> &'static str {
    if site.secure { "__Host-noren" } else { "noren" }
}

/// Name of the cookie that ties a form to a browser before sign-in.
pub(super) fn visit_cookie(site: &Site) -> &'static str {
    if site.secure { "__Host-noren-visit" } else { "noren-visit" }
}

/// The value of a cookie. Two of one name are none: one of them was planted.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let first = found.next()?;
    let plain = first.len() <= 128
        && first.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    (found.next().is_none() && plain).then(|| first.to_owned())
}

/// Sets a cookie that scripts cannot read; it lives until the browser closes, or `seconds`.
pub fn set_cookie(
    response: &mut Response,
    site: &Site,
    name: &str,
    value: &str,
    seconds: Option<u32>,
) {
    let secure = if site.secure { "; Secure" } else { "" };
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Removes a cookie.
pub(super) fn clear_cookie(response: &mut Response, site: &Site, name: &str) {
    set_cookie(response, site, name, "", Some(0));
}

/// Sets the cookie of a sign-in. The one from before dies: what a stranger may have planted is of
/// no use (session fixation).
pub fn set_sign_in(response: &mut Response, site: &Site, value: &str) {
    set_cookie(response, site, sign_in_cookie(site), value, None);
    clear_cookie(response, site, visit_cookie(site));
}

/// Removes the cookie of a sign-in.
pub fn clear_sign_in(response: &mut Response, site: &Site) {
    clear_cookie(response, site, sign_in_cookie(site));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_one_name_are_none() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=1; noren=abc"));
        assert_eq!(cookie(&headers, "noren").as_deref(), Some("abc"));
        headers.append(header::COOKIE, HeaderValue::from_static("noren=def"));
        assert_eq!(cookie(&headers, "noren"), None);
        headers.clear();
        headers.insert(header::COOKIE, HeaderValue::from_static("noren=a\"b"));
        assert_eq!(cookie(&headers, "noren"), None);
    }
}
