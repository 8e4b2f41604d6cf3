//! Who is asking, and what a template is told.

use std::borrow::Cow;
use std::net::IpAddr;

use audit::Who;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use people::{Actor, Deed, Permit, Resource, SignInPolicy};

use super::fresh::is_fresh;
use super::nav::{self, NavItem};
use super::{Lang, notice};
use crate::error::Refusal;
use crate::time;

/// What a template is told about the request.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// Language.
    pub lang: Lang,
    /// Token for forms and calls of this browser.
    pub csrf: String,
    /// Who is signed in.
    pub actor: Option<Actor>,
    /// Name of the actor's body; empty when nobody is signed in.
    pub body_name: Cow<'static, str>,
    /// Path of the request, without its query.
    pub path: String,
    /// A sentence about what was just done.
    pub notice: Option<(&'static str, &'static str)>,
    /// Now, Unix milliseconds.
    pub now: i64,
    /// How many changes wait for the actor's word as a second person.
    pub waiting: usize,
}

impl Ctx {
    /// The text in the page's language.
    #[must_use]
    pub fn t<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        self.lang.t(ja, en)
    }

    /// The hidden field every form begins with.
    #[must_use]
    pub fn csrf_field(&self) -> String {
        format!("<input type=\"hidden\" name=\"csrf\" value=\"{}\">", self.csrf)
    }

    /// Date and time in Tokyo.
    #[must_use]
    pub fn when(&self, ms: &i64) -> String {
        let at = time::civil(*ms);
        match self.lang {
            Lang::Ja => format!(
                "{}年{}月{}日 {:02}:{:02}",
                at.year(),
                at.month(),
                at.day(),
                at.hour(),
                at.minute()
            ),
            Lang::En => format!(
                "{:04}-{:02}-{:02} {:02}:{:02}",
                at.year(),
                at.month(),
                at.day(),
                at.hour(),
                at.minute()
            ),
        }
    }

    /// Date in Tokyo.
    #[must_use]
    pub fn day(&self, ms: &i64) -> String {
        let at = time::civil(*ms);
        match self.lang {
            Lang::Ja => format!("{}年{}月{}日", at.year(), at.month(), at.day()),
            Lang::En => format!("{:04}-{:02}-{:02}", at.year(), at.month(), at.day()),
        }
    }

    /// The end of a period in Tokyo. The moment itself is no longer in it: a period that ends at
    /// midnight is good through the day before, and that day is what people say.
    #[must_use]
    pub fn until(&self, ms: &i64) -> String {
        let at = time::civil(*ms);
        let whole = at.time() == jiff::civil::Time::midnight();
        let text = if whole { self.day(&(ms - 1)) } else { self.when(ms) };
        match self.lang {
            Lang::Ja => text + "まで",
            Lang::En => text,
        }
    }

    /// Whether the actor may do this to something.
    #[must_use]
    pub fn may(&self, deed: Deed) -> bool {
        self.actor.as_ref().is_some_and(|actor| actor.widest(deed).is_some())
    }

    /// The menu.
    #[must_use]
    pub fn nav(&self) -> Vec<NavItem> {
        nav::items(self)
    }

    /// Whether this is the page the actor comes to first: the first of the menu.
    #[must_use]
    pub fn first_page(&self) -> bool {
        self.nav().first().is_some_and(|item| item.href == self.path)
    }

    /// A name in the page's language for roles.
    #[must_use]
    pub fn roles(&self, roles: &people::Roles) -> String {
        match self.lang {
            Lang::Ja => roles.ja(),
            Lang::En => roles.names(),
        }
    }
}

/// The visitor, whoever it is. The guard leaves it in the request.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// For the page.
    pub ctx: Ctx,
    /// Where the request came from.
    pub peer: Option<IpAddr>,
    /// The sign-in, if there is one.
    pub sign_in: Option<CurrentSignIn>,
}

/// The sign-in this request came with.
#[derive(Clone, Debug)]
pub struct CurrentSignIn {
    /// Hash of the cookie's value: its key in the store.
    pub hash: [u8; 32],
    /// Since when, Unix milliseconds.
    pub created: i64,
    /// When the person last proved to be there, Unix milliseconds.
    pub proved: i64,
    /// How the body signs in.
    pub policy: SignInPolicy,
    /// Whether an operator holds the body stopped, and this is none.
    pub held: bool,
}

/// Extractor: the visitor, signed in or not.
#[derive(Clone, Debug)]
pub struct Visit(pub Visitor);

/// Extractor: a signed-in person.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub actor: Actor,
    /// For the page.
    pub ctx: Ctx,
    /// The sign-in.
    pub sign_in: CurrentSignIn,
    /// Where the request came from.
    pub peer: Option<IpAddr>,
}

impl CurrentSignIn {
    /// Whether the last proof of the factors is recent enough for a dangerous act.
    #[must_use]
    pub fn is_fresh(&self, now: i64) -> bool {
        is_fresh(self.proved, now)
    }
}

impl SignedIn {
    /// The person proved the factors a short while ago. A handler asks this where only some of what
    /// its form may say is dangerous; its route says so with
    /// [`Route::fresh_when_asked`](super::Route::fresh_when_asked), and the person is asked and
    /// comes back.
    ///
    /// # Errors
    /// [`Refusal::Stale`].
    pub fn fresh(&self) -> Result<(), Refusal> {
        if self.sign_in.is_fresh(self.ctx.now) { Ok(()) } else { Err(Refusal::Stale) }
    }

    /// Where the request came from, as text.
    #[must_use]
    pub fn address(&self) -> String {
        self.peer.map(|peer| peer.to_canonical().to_string()).unwrap_or_default()
    }

    /// Permit for the own body as a whole. 404 without it.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn permit(&self, deed: Deed) -> Result<Permit, Refusal> {
        self.permit_on(deed, Resource::body(self.actor.body))
    }

    /// Permit for one thing.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn permit_on(&self, deed: Deed, resource: Resource) -> Result<Permit, Refusal> {
        Ok(self.actor.permit(deed, resource)?)
    }

    /// Permit for what is the person's own.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn permit_own(&self, deed: Deed) -> Result<Permit, Refusal> {
        self.permit_on(deed, Resource::person(self.actor.body, self.actor.id, None))
    }
}

impl Visitor {
    /// The person, when somebody is signed in.
    #[must_use]
    pub fn signed_in(self) -> Option<SignedIn> {
        let actor = self.ctx.actor.clone()?;
        Some(SignedIn { actor, ctx: self.ctx, sign_in: self.sign_in?, peer: self.peer })
    }

    /// For the record: who this is.
    #[must_use]
    pub fn who(&self) -> Who {
        match &self.ctx.actor {
            Some(actor) => actor.who(),
            None => Who::Stranger { address: self.address() },
        }
    }

    /// Where the request came from, as text.
    #[must_use]
    pub fn address(&self) -> String {
        self.peer.map(|peer| peer.to_canonical().to_string()).unwrap_or_default()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts
            .extensions
            .get::<Visitor>()
            .cloned()
            .map(Self)
            .ok_or_else(|| Refusal::Internal("no visitor".into()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, kit: &S) -> Result<Self, Refusal> {
        let Visit(visitor) = Visit::from_request_parts(parts, kit).await?;
        visitor.signed_in().ok_or(Refusal::SignedOut)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, kit: &S) -> Result<Option<Self>, Refusal> {
        match <Self as FromRequestParts<S>>::from_request_parts(parts, kit).await {
            Ok(signed_in) => Ok(Some(signed_in)),
            Err(Refusal::SignedOut) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }
}

/// The sentence for `?done=code`.
pub(super) fn notice_of(query: Option<&str>) -> Option<(&'static str, &'static str)> {
    let code = query?.split('&').find_map(|pair| pair.strip_prefix("done="))?;
    notice::find(code)
}
