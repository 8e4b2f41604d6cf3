//! Signed bundles: a case or answers carried by file between two servers that cannot reach each
//! other (spec/exchange.md).
//!
//! Reading checks, in this order: size and shape, the signer, the signature, the addressee, the
//! period, the sequence, and only then looks at the content. Nothing that was not signed by a known
//! server reaches the JSON reader.

use std::collections::BTreeMap;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use id::hex;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::body::BodyCode;
use crate::case::{Case, CaseId, Delivery, SubmittedAnswer};
use crate::form::FormRef;
use crate::value::Sheet;

/// The first bytes of a bundle.
pub const MAGIC: &[u8; 8] = b"NORENBDL";
/// The version this writes and reads.
pub const VERSION: u8 = 1;
/// Largest content, in bytes.
pub const MAX_CONTENT: usize = 32 * 1024 * 1024;
/// Bytes before the content.
pub const HEAD: usize = 8 + 1 + 1 + 32 + 32 + 8 + 8 + 8 + 32 + 4;
/// Most deliveries or answers in one bundle.
pub const MAX_ITEMS: usize = 10_000;
const SIGNATURE: usize = 64;
const CONTEXT: &[u8] = b"noren bundle v1\0";

/// A server, by its Ed25519 public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ServerKey(pub [u8; 32]);

/// What a bundle carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A case with deliveries, and the form file to answer.
    Case(Box<CaseContent>),
    /// Answers to a case.
    Answers(AnswersContent),
}

/// A case going out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseContent {
    /// The case as sent.
    pub case: Case,
    /// The deliveries of the bodies on the other side.
    pub deliveries: Vec<Delivery>,
    /// The form file, when the case has one.
    pub form: Option<String>,
    /// What the bodies on the other side answered last year, so that a leap is asked about where it
    /// is entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PastAnswers>,
}

/// Last year's answers, put together through mergers and renames.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastAnswers {
    /// Last year's form file.
    pub form: String,
    /// By body as it is today.
    pub answers: BTreeMap<BodyCode, Sheet>,
}

/// Answers coming back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswersContent {
    /// The case.
    pub case: CaseId,
    /// The form that was answered.
    pub form: FormRef,
    /// The answers as submitted.
    pub answers: BTreeMap<BodyCode, SubmittedAnswer>,
}

/// What stands on the outside of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// The server that signed it.
    pub from: ServerKey,
    /// The server it is for.
    pub to: ServerKey,
    /// 1 for the first bundle from one to the other, then one more each time.
    pub sequence: u64,
    /// When it was written.
    pub written: Timestamp,
    /// Until when it may be read.
    pub not_after: Timestamp,
}

/// Why a bundle was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Not the first bytes of a bundle.
    #[error("this is not a bundle")]
    NotABundle,
    /// A version this program does not read.
    #[error("bundle version {0} is not supported")]
    Unsupported(u8),
    /// A kind of content this program does not know.
    #[error("content of kind {0} is not supported")]
    UnknownKind(u8),
    /// Shorter than it says.
    #[error("the bundle is cut short")]
    Truncated,
    /// Longer than it says.
    #[error("bytes are left over after the bundle")]
    TrailingBytes,
    /// More than [`MAX_CONTENT`] or [`MAX_ITEMS`].
    #[error("the bundle is too large")]
    TooLarge,
    /// The signer is not among the known servers.
    #[error("the signer is not known here")]
    UnknownSigner,
    /// The signature does not belong to the bundle: it was changed, or signed by another.
    #[error("the signature is wrong")]
    BadSignature,
    /// For another server.
    #[error("the bundle is for another server")]
    WrongAddressee,
    /// After its period, or written in the future.
    #[error("the bundle is not valid at this time")]
    NotNow,
    /// Read before, or older than one that was.
    #[error("bundle {0} was read before")]
    Replayed(u64),
    /// One before it was not read yet.
    #[error("bundle {expected} comes first, this is {found}")]
    OutOfOrder {
        /// What should come next.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// The content is not what its hash says.
    #[error("the content does not match its hash")]
    BadHash,
    /// The content cannot be read.
    #[error("the content is not readable: {0}")]
    BadContent(String),
}

/// What one server has read from others: the last sequence number by signer. Stored in the same
/// transaction as what was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    last: BTreeMap<String, u64>,
}

impl Inbox {
    /// The number that should come next from a server.
    pub fn expected(&self, from: &ServerKey) -> u64 {
        self.last.get(&hex(&from.0)).map_or(1, |last| last.saturating_add(1))
    }

    /// The inbox after a bundle was read.
    #[must_use]
    fn after(&self, from: &ServerKey, sequence: u64) -> Inbox {
        let mut next = self.clone();
        next.last.insert(hex(&from.0), sequence);
        next
    }
}

/// Minutes a writer's clock may be ahead.
const AHEAD: i64 = 5;

/// Writes a bundle.
///
/// # Errors
/// [`BundleError::TooLarge`], or [`BundleError::BadContent`] when the content cannot be written as
/// JSON.
pub fn seal(content: &Content, label: &Label, key: &SigningKey) -> Result<Vec<u8>, BundleError> {
    let (kind, json) = match content {
        Content::Case(case) => (1, serde_json::to_vec(case)),
        Content::Answers(answers) => (2, serde_json::to_vec(answers)),
    };
    let json = json.map_err(|error| BundleError::BadContent(error.to_string()))?;
    let length = u32::try_from(json.len())
        .ok()
        .filter(|n| *n as usize <= MAX_CONTENT)
        .ok_or(BundleError::TooLarge)?;
    if items(content) > MAX_ITEMS {
        return Err(BundleError::TooLarge);
    }
    let mut out = Vec::with_capacity(HEAD + json.len() + SIGNATURE);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&[VERSION, kind]);
    out.extend_from_slice(key.verifying_key().as_bytes());
    out.extend_from_slice(&label.to.0);
    out.extend_from_slice(&label.sequence.to_be_bytes());
    out.extend_from_slice(&label.written.as_millisecond().to_be_bytes());
    out.extend_from_slice(&label.not_after.as_millisecond().to_be_bytes());
    out.extend_from_slice(&Sha256::digest(&json));
    out.extend_from_slice(&length.to_be_bytes());
    let signature = key.sign(&signed(&out));
    out.extend_from_slice(&json);
    out.extend_from_slice(&signature.to_bytes());
    Ok(out)
}

/// Reads a bundle for the server `me`, from one of the `known` servers, and gives the inbox to
/// store with it.
///
/// # Errors
/// [`BundleError`] names the fault; nothing of the bundle is to be used then.
pub fn open(
    bytes: &[u8],
    me: &ServerKey,
    known: &[ServerKey],
    inbox: &Inbox,
    now: Timestamp,
) -> Result<(Label, Content, Inbox), BundleError> {
    let (kind, label, hash, length) = head(bytes)?;
    let rest = &bytes[HEAD..];
    if rest.len() < length + SIGNATURE {
        return Err(BundleError::Truncated);
    }
    if rest.len() > length + SIGNATURE {
        return Err(BundleError::TrailingBytes);
    }
    let (json, signature) = rest.split_at(length);
    if !known.contains(&label.from) {
        return Err(BundleError::UnknownSigner);
    }
    let key = VerifyingKey::from_bytes(&label.from.0).map_err(|_| BundleError::UnknownSigner)?;
    let signature = Signature::from_slice(signature).map_err(|_| BundleError::BadSignature)?;
    key.verify_strict(&signed(&bytes[..HEAD]), &signature)
        .map_err(|_| BundleError::BadSignature)?;
    if label.to != *me {
        return Err(BundleError::WrongAddressee);
    }
    let ahead =
        label.written.as_millisecond() > now.as_millisecond().saturating_add(AHEAD * 60_000);
    if ahead || now > label.not_after {
        return Err(BundleError::NotNow);
    }
    let expected = inbox.expected(&label.from);
    if label.sequence < expected {
        return Err(BundleError::Replayed(label.sequence));
    }
    if label.sequence > expected {
        return Err(BundleError::OutOfOrder { expected, found: label.sequence });
    }
    if Sha256::digest(json)[..] != hash {
        return Err(BundleError::BadHash);
    }
    let bad = |error: serde_json::Error| BundleError::BadContent(error.to_string());
    let content = match kind {
        1 => Content::Case(Box::new(serde_json::from_slice(json).map_err(bad)?)),
        _ => Content::Answers(serde_json::from_slice(json).map_err(bad)?),
    };
    if items(&content) > MAX_ITEMS {
        return Err(BundleError::TooLarge);
    }
    Ok((label, content, inbox.after(&label.from, label.sequence)))
}

fn head(bytes: &[u8]) -> Result<(u8, Label, [u8; 32], usize), BundleError> {
    if bytes.get(..MAGIC.len()) != Some(MAGIC) {
        return Err(BundleError::NotABundle);
    }
    match bytes.get(8) {
        Some(&VERSION) => {}
        Some(&other) => return Err(BundleError::Unsupported(other)),
        None => return Err(BundleError::Truncated),
    }
    if bytes.len() < HEAD {
        return Err(BundleError::Truncated);
    }
    let kind = bytes[9];
    if !(1..=2).contains(&kind) {
        return Err(BundleError::UnknownKind(kind));
    }
    let from = ServerKey(array(bytes, 10)?);
    let to = ServerKey(array(bytes, 42)?);
    let sequence = u64::from_be_bytes(array(bytes, 74)?);
    let time = |at| -> Result<Timestamp, BundleError> {
        Timestamp::from_millisecond(i64::from_be_bytes(array(bytes, at)?))
            .map_err(|_| BundleError::NotNow)
    };
    let (written, not_after) = (time(82)?, time(90)?);
    let hash = array(bytes, 98)?;
    let length = u32::from_be_bytes(array(bytes, 130)?) as usize;
    if length > MAX_CONTENT {
        return Err(BundleError::TooLarge);
    }
    Ok((kind, Label { from, to, sequence, written, not_after }, hash, length))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], BundleError> {
    bytes.get(at..at + N).and_then(|part| part.try_into().ok()).ok_or(BundleError::Truncated)
}

/// The bytes a signature covers: the context and the head, which holds the hash of the content.
fn signed(head: &[u8]) -> Vec<u8> {
    [CONTEXT, head].concat()
}

fn items(content: &Content) -> usize {
    match content {
        Content::Case(case) => {
            let past = case.previous.as_ref().map_or(0, |past| past.answers.len());
            case.deliveries.len().max(case.case.addressees.len()).max(past)
        }
        Content::Answers(answers) => answers.answers.len(),
    }
}
