//! What an area needs of another that it must not know: said here, filled by the area that has it,
//! put together where the server is made.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use audit::{Event, Kind};
use people::{Actor, BodyCode, StaffId};
use store::changes::{Change, ChangeKind};
use store::{Conn, Tx};

use super::Kit;
use crate::error::Refusal;
use crate::lang::Lang;

/// What a port answers, later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The ports, filled.
#[derive(Clone)]
pub struct Ports {
    /// Proves factors again.
    pub factors: Arc<dyn Factors>,
    /// What lets a session be opened and go on, beside what the book of people says.
    pub openings: Arc<dyn Openings>,
    /// Changes of who approves that are an area's own.
    pub changes: Vec<WaitingChange>,
}

/// Who proves, from which sign-in.
#[derive(Clone, Copy, Debug)]
pub struct Proving<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// The sign-in, by the hash of its cookie.
    pub sign_in: &'a [u8; 32],
    /// Where the request came from, as text.
    pub address: &'a str,
}

/// An act that asks for a proof first.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// Who is asked.
    pub actor: &'a Actor,
    /// In which language.
    pub lang: Lang,
    /// The act's address, or the page that follows the proof.
    pub path: &'a str,
    /// What was typed.
    pub fields: &'a [(String, String)],
}

/// An act in words.
#[derive(Clone, Default, Debug)]
pub struct Said {
    /// What would be done; empty where nobody has words for it.
    pub act: String,
    /// What was typed, each with its name.
    pub fields: Vec<(String, String)>,
}

/// Proves the factors of somebody who is signed in.
pub trait Factors: Send + Sync {
    /// Whether these are right; counted against guessing, on record.
    fn prove<'a>(
        &'a self,
        kit: &'a Kit,
        who: Proving<'a>,
        password: &'a str,
        code: &'a str,
    ) -> Later<'a, Result<bool, Refusal>>;

    /// What an act that asks for a proof would do, in words.
    fn said<'a>(&'a self, act: Act<'a>) -> Later<'a, Result<Said, Refusal>>;

    /// Whether passkeys work at this server's address.
    fn passkeys(&self) -> bool;
}

/// Why nothing opens now.
#[derive(Debug)]
pub struct NotOpen {
    /// For a page, in Japanese.
    pub ja: String,
    /// For a page, in English.
    pub en: String,
    /// For a call.
    pub refusal: Refusal,
}

/// What lets a session be opened: an approved telework day, where the body asks for one.
pub trait Openings: Send + Sync {
    /// Whether this person may open a PC now, and until when where there is an end (Unix ms).
    fn opening<'a>(
        &'a self,
        conn: &'a mut Conn,
        body: BodyCode,
        staff: StaffId,
        now: i64,
    ) -> Later<'a, store::Result<Result<Option<i64>, NotOpen>>>;

    /// Of these people with open sessions, those whose sessions may not go on.
    fn closed<'a>(
        &'a self,
        conn: &'a mut Conn,
        open: &'a BTreeMap<BodyCode, BTreeSet<StaffId>>,
        now: i64,
    ) -> Later<'a, store::Result<BTreeSet<(BodyCode, StaffId)>>>;
}

/// Begins an event on the chain of the change's body.
pub type Says<'a> = &'a (dyn Fn(Kind, String) -> Event + Sync);

/// Makes a change true inside the write; its events.
pub type Begins =
    for<'a> fn(&'a mut Tx, &'a Change, Says<'a>) -> Later<'a, Result<Vec<Event>, Refusal>>;

/// What a change would bring about, in words.
pub type Words = for<'a> fn(&'a mut Conn, Lang, &'a Change) -> Later<'a, Result<String, Refusal>>;

/// How a kind of change that waits for a second person comes to be, and how it is said.
#[derive(Clone, Copy)]
pub struct WaitingChange {
    /// The kind.
    pub kind: ChangeKind,
    /// Makes it true inside the write; its events.
    pub begin: Begins,
    /// What would come to be.
    pub words: Words,
}
