//! Browsers in which somebody signed in before.
//!
//! Whoever knows a sign-in name can fail with it as often as they like. What comes from a browser
//! in which its owner once proved both factors is counted apart, so that strangers cannot lock the
//! owner out there. The cookie signs nobody in: it only says whose failures these are. It holds for
//! one person, the last one who signed in, until her credentials are given anew or she signs out
//! everywhere.

use axum::http::HeaderMap;
use axum::response::Response;
use people::StaffId;
use subtle::ConstantTimeEq;

use crate::People;
use kit::Site;
use kit::error::Refusal;
use kit::http::read_cookie;
use kit::http::set_cookie;
use kit::secrets::hex;

/// What the cookie's signature is bound to.
const PURPOSE: &str = "known browser";
/// How long a browser is known after the last sign-in in it.
const LIFE_S: u32 = 180 * 86_400;

/// A browser that is known, and for whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownBrowser {
    /// Who signed in in it.
    pub staff: StaffId,
    /// Of which generation of her credentials that was.
    pub generation: i64,
    /// What tells it from other browsers of the same person.
    pub mark: String,
}

fn name(site: &Site) -> &'static str {
    if site.secure { "__Host-noren-known" } else { "noren-known" }
}

impl People {
    /// The browser that sends these headers, if somebody signed in in it before.
    #[must_use]
    pub fn known_browser(&self, headers: &HeaderMap) -> Option<KnownBrowser> {
        let value = read_cookie(headers, name(&self.site))?;
        let (said, mac) = value.rsplit_once('-')?;
        let right = hex(&self.mac(PURPOSE, said.as_bytes())[..16]);
        if !bool::from(right.as_bytes().ct_eq(mac.as_bytes())) {
            return None;
        }
        let mut parts = said.split('-');
        let (staff, mark, since, generation) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let since: i64 = since.parse().ok()?;
        let alive = self.now().saturating_sub(since) < i64::from(LIFE_S) * 1_000;
        let (staff, generation) = (staff.parse().ok()?, generation.parse().ok()?);
        alive.then_some(KnownBrowser { staff, generation, mark: mark.to_owned() })
    }

    /// Whether the browser is still known: not since the person's credentials were given anew, nor
    /// since she signed out everywhere.
    pub async fn still_knows(&self, browser: &KnownBrowser) -> Result<bool, Refusal> {
        let mut conn = self.store.read().await?;
        let credentials = store::credentials::find(&mut conn, browser.staff).await?;
        Ok(credentials.is_some_and(|credentials| credentials.generation == browser.generation))
    }

    /// Whether the browser is known for somebody of a body that is stopped, which keeps her out. A
    /// stranger's browser learns nothing.
    pub async fn stopped_for(&self, headers: &HeaderMap) -> Result<bool, Refusal> {
        let Some(browser) = self.known_browser(headers) else { return Ok(false) };
        if !self.still_knows(&browser).await? {
            return Ok(false);
        }
        let mut conn = self.store.read().await?;
        let Some(staff) = store::staff::by_id(&mut conn, browser.staff).await? else {
            return Ok(false);
        };
        let served = store::bodies::find(&mut conn, staff.body).await?;
        let out = |suspended| people::roles_now(&staff, suspended).is_none();
        Ok(served.is_some_and(|served| served.suspended) && out(true) && !out(false))
    }

    /// From now on this browser is known for somebody who just signed in in it, with credentials of
    /// this generation.
    pub fn know_browser(&self, response: &mut Response, staff: StaffId, generation: i64) {
        let said =
            format!("{}-{}-{}-{generation}", hex(&staff.0), hex(&self.random::<8>()), self.now());
        let mac = hex(&self.mac(PURPOSE, said.as_bytes())[..16]);
        set_cookie(response, &self.site, name(&self.site), &format!("{said}-{mac}"), Some(LIFE_S));
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;
    use crate::testing::{HOME, Town};

    #[tokio::test]
    async fn only_what_this_server_said_is_believed_and_not_for_ever() {
        let town = Town::new().await;
        let staff = town.person(HOME, "staff1").await.id;
        let mut response = Response::default();
        town.app.know_browser(&mut response, staff, 0);
        let set = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(
            set.contains("HttpOnly") && set.contains("Secure") && set.contains("SameSite=Lax"),
            "{set}"
        );
        let cookie = set.split(';').next().unwrap().to_owned();
        let read = |cookie: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(cookie).unwrap());
            town.app.known_browser(&headers)
        };
        assert_eq!(read(&cookie).unwrap().staff, staff);
        let other = town.person(HOME, "it1").await.id;
        assert_eq!(
            read(&cookie.replace(&hex(&staff.0), &hex(&other.0))),
            None,
            "it is bound to the person"
        );
        assert_eq!(read(&cookie[..cookie.len() - 1]), None);
        town.clock.advance(u64::from(LIFE_S) * 1_000);
        assert_eq!(read(&cookie), None, "it is over");
    }
}
