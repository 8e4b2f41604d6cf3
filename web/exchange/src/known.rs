//! Forms by their text's hash, read once; and last year's figures of a body.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use exchange::body::Lineage;
use exchange::case::State;
use exchange::form::{Form, FormRef};
use exchange::import::Answers;
use exchange::value::Sheet;
use people::BodyCode;
use store::Conn;

use crate::Exchange;
use kit::error::Refusal;

/// Most forms kept read; a server meets a few a year.
const KEPT: usize = 64;

/// Forms that were read, by the SHA-256 of their text.
#[derive(Debug, Default)]
pub struct Forms(Mutex<BTreeMap<[u8; 32], Arc<Form>>>);

/// Last year's answers.
pub(crate) struct Past {
    form: Arc<Form>,
    answers: Answers,
    lineage: Lineage,
}

impl Past {
    /// Those of a body, through mergers and renames.
    pub(crate) fn of(&self, body: BodyCode) -> Option<Sheet> {
        exchange::previous::previous_sheet(&self.form, &self.answers, &self.lineage, body)
    }
}

impl Exchange {
    /// The form with this name, read and checked.
    pub(crate) async fn form(
        &self,
        conn: &mut Conn,
        name: &FormRef,
    ) -> Result<Option<Arc<Form>>, Refusal> {
        let Some((row, source)) = store::exchange::form(conn, name).await? else { return Ok(None) };
        let mut known = self.forms.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(form) = known.get(&row.sha256) {
            return Ok(Some(form.clone()));
        }
        let form = Form::read(&source).map_err(|_| {
            Refusal::Internal(format!("form {} {} has faults", name.id, name.version))
        })?;
        if known.len() >= KEPT {
            known.clear();
        }
        let form = Arc::new(form);
        known.insert(row.sha256, form.clone());
        Ok(Some(form))
    }

    /// Last year's answers of everybody, for what is checked of many at once; nothing, where there
    /// is no year before here.
    pub(crate) async fn past(&self, conn: &mut Conn, form: &Form) -> Result<Option<Past>, Refusal> {
        let Some(version) = &form.previous else { return Ok(None) };
        let name = FormRef { id: form.name.id.clone(), version: version.clone() };
        let Some(form) = self.form(conn, &name).await? else { return Ok(None) };
        let Some(case) = store::exchange::case_of_form(conn, &name).await? else { return Ok(None) };
        let answers = store::exchange::answers(conn, case, None, &State::ALL).await?;
        Ok(Some(Past { form, answers, lineage: store::exchange::lineage(conn).await? }))
    }

    /// What a body answered to the form's previous version, through mergers and renames.
    pub(crate) async fn previous(
        &self,
        conn: &mut Conn,
        form: &Form,
        body: BodyCode,
    ) -> Result<Option<Sheet>, Refusal> {
        let Some(version) = &form.previous else { return Ok(None) };
        let name = FormRef { id: form.name.id.clone(), version: version.clone() };
        let Some(before) = self.form(conn, &name).await? else { return Ok(None) };
        let Some(case) = store::exchange::case_of_form(conn, &name).await? else {
            // Where the survey itself came by file, so did last year's answers, put together
            // already.
            return Ok(store::exchange::carried(conn, &name, body).await?);
        };
        let lineage = store::exchange::lineage(conn).await?;
        let answers =
            store::exchange::answers_of(conn, case, &lineage.on(body, before.as_of)).await?;
        Ok(exchange::previous::previous_sheet(&before, &answers, &lineage, body))
    }
}
