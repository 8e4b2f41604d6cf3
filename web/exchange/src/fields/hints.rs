//! What the page's script is told after a key was pressed: the same checks, by question.

use exchange::entry;
use exchange::form::Kind;
use serde::{Deserialize, Serialize};

use super::{Setting, asked, computed_text, faults_at};

/// Fields as a page's script sends them: name and text, as a form would.
pub(crate) type Pairs = Vec<(String, String)>;

/// The hints for a whole form.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Hints {
    /// A hint a question, in the form's order.
    pub(crate) questions: Vec<Hint>,
    /// How many faults there are, without what is only missing.
    pub(crate) wrong: usize,
    /// How many answers are missing.
    pub(crate) missing: usize,
}

/// The hint for one question.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Hint {
    pub(crate) id: String,
    pub(crate) asked: bool,
    /// Field name and words.
    pub(crate) faults: Vec<(String, String)>,
    /// What it comes to, for a computed question.
    pub(crate) computed: Option<String>,
    /// Whether a reason for the change is needed.
    pub(crate) reason: bool,
}

/// The hints for what stands in the fields.
pub(crate) fn hints(setting: &Setting<'_>) -> Hints {
    let form = setting.form;
    let questions = form.questions.iter().map(|question| {
        let mut faults = faults_at(setting, question, false);
        faults.extend(faults_at(setting, question, true));
        Hint {
            id: question.id.to_string(),
            asked: asked(setting, question),
            faults,
            computed: matches!(question.kind, Kind::Computed { .. })
                .then(|| computed_text(form, question, &setting.checked.sheet, setting.lang)),
            reason: entry::leap(
                question,
                &setting.checked.sheet,
                setting.previous.map(|(_, sheet)| sheet),
            )
            .is_some(),
        }
    });
    let missing = setting.checked.faults.iter().filter(|fault| fault.what.is_missing()).count();
    Hints { questions: questions.collect(), wrong: setting.checked.faults.len() - missing, missing }
}
