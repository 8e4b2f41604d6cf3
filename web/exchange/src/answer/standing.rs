//! What stands in the fields now: the draft, on top of the answer as it was last saved.

use exchange::draft::{Draft, Typed};
use store::Conn;
use store::exchange as table;

use super::Place;
use kit::error::Refusal;

/// A draft as it stands, brought up to the latest version of the answer.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// What is in this person's fields, and what was typed over.
    pub(crate) draft: Draft,
    /// The answer as it was last saved, of everybody's fields.
    saved: Typed,
    /// The row it came from: 0 when nothing is kept yet.
    pub(crate) revision: u64,
    /// The version of the answer it stands on; 0 for none.
    pub(crate) version: u32,
    /// Who typed last, and when; nobody when it is the saved answer itself.
    pub(crate) by: Option<(String, i64)>,
}

impl Standing {
    /// For somebody who enters. Others saved meanwhile (a division its part): theirs is laid under
    /// what was typed.
    pub(crate) async fn of(conn: &mut Conn, place: &Place) -> Result<Self, Refusal> {
        let answer = place.delivery().answer.as_ref();
        let version = answer.map_or(0, |answer| answer.number);
        let saved = answer.map(|answer| Typed::of(&place.form, &answer.sheet)).unwrap_or_default();
        let own = place.own(&saved);
        let Some(row) = table::draft(conn, &place.key()).await? else {
            return Ok(Self {
                draft: Draft { typed: own, ..Draft::default() },
                saved,
                revision: 0,
                version,
                by: None,
            });
        };
        // A draft is written by this program alone; one that it cannot read is none.
        let kept: Draft = serde_json::from_str(&row.content).unwrap_or_default();
        let mut draft = kept;
        if row.base != version {
            let versions = table::answer_versions(conn, place.case(), place.body()).await?;
            let base = versions.into_iter().find(|answer| answer.number == row.base);
            let base = base
                .map(|answer| place.own(&Typed::of(&place.form, &answer.sheet)))
                .unwrap_or_default();
            let (by, at) = answer.map_or((String::new(), 0), |answer| {
                (answer.by.clone(), answer.at.as_millisecond())
            });
            let (displaced, typists) =
                (std::mem::take(&mut draft.displaced), std::mem::take(&mut draft.typists));
            let under = Draft { typed: own, displaced, typists };
            draft = under.lay(&base, &draft.typed, &by, at).0;
        }
        Ok(Self { draft, saved, revision: row.revision, version, by: Some((row.by, row.at)) })
    }

    /// The whole form: this person's fields in their place among those of everybody else.
    pub(crate) fn whole(&self, place: &Place) -> Typed {
        let Some(open) = place.open() else { return self.draft.typed.clone() };
        let mut whole = self.saved.clone();
        for id in &open {
            whole.replace(id, &self.draft.typed);
        }
        whole
    }

    /// The answer as it was last saved.
    pub(crate) fn saved(&self) -> &Typed {
        &self.saved
    }

    /// As a row to keep.
    pub(crate) fn row(&self, draft: &Draft, by: &str, at: i64) -> Result<table::Draft, Refusal> {
        let content =
            serde_json::to_string(draft).map_err(|error| Refusal::Internal(error.to_string()))?;
        Ok(table::Draft {
            revision: self.revision,
            base: self.version,
            by: by.to_owned(),
            at,
            content,
        })
    }

    /// Who typed what stands there, for what is laid over it.
    pub(crate) fn typist(&self, place: &Place) -> (String, i64) {
        let saved = place
            .delivery()
            .answer
            .as_ref()
            .map(|answer| (answer.by.clone(), answer.at.as_millisecond()));
        self.by.clone().or(saved).unwrap_or_default()
    }
}
