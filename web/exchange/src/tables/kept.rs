//! Answers that were read: past years hardly ever change, and reading 1,788 of them costs more than
//! counting them.

use std::sync::{Arc, Mutex, PoisonError};

use exchange::case::CaseId;
use exchange::import::Answers;
use store::exchange as table;
use store::{Conn, Fault};

use super::count::SETTLED;
use crate::Exchange;

/// Most cases whose answers are kept; each takes a few MB for the country.
const KEPT: usize = 8;

/// What was read of one case, with the stamp it had before.
#[derive(Debug)]
struct Kept {
    case: CaseId,
    stamp: (i64, i64),
    answers: Arc<Answers>,
}

/// Settled answers by case, the one asked for last at the end.
#[derive(Debug, Default)]
pub(crate) struct KeptAnswers(Mutex<Vec<Kept>>);

impl Exchange {
    /// The answers of a case that count for the ministry, and when published.
    pub(super) async fn settled(
        &self,
        conn: &mut Conn,
        case: CaseId,
    ) -> Result<Arc<Answers>, Fault> {
        // First the stamp: what changes between the two reads shows as another stamp next time.
        let stamp = table::answers_stamp(conn, case).await?;
        let found = self.answers.take(case).filter(|kept| kept.stamp == stamp);
        let answers = match found {
            Some(kept) => kept.answers,
            None => Arc::new(table::answers(conn, case, None, &SETTLED).await?),
        };
        self.answers.put(Kept { case, stamp, answers: answers.clone() });
        Ok(answers)
    }
}

impl KeptAnswers {
    fn take(&self, case: CaseId) -> Option<Kept> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|kept| kept.case == case)?;
        Some(all.remove(at))
    }

    fn put(&self, kept: Kept) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|other| other.case != kept.case);
        if all.len() >= KEPT {
            all.remove(0);
        }
        all.push(kept);
    }
}
