//! Reminders as they come due: written down, recorded, shown on the body's page, mailed to whoever
//! of the desk wants that.

use std::sync::Arc;

use audit::{Decision, Event, Kind, Who};
use exchange::case::{due_reminders, today};
use jiff::ToSpan;

use super::access::now;
use crate::Exchange;
use crate::notices;
use kit::error::Refusal;
use kit::mail::Outbox;

/// The earliest a reminder can be planned before its deadline, days.
const EARLIEST: i64 = 60;

impl Exchange {
    /// Gives every reminder that is due and not yet given; answers how many.
    ///
    /// # Errors
    /// What the database can meet; then none was given, nor mailed.
    pub async fn remind(&self) -> Result<usize, Refusal> {
        let at = now(self);
        let Ok(until) = today(at).checked_add(EARLIEST.days()) else { return Ok(0) };
        let mut conn = self.store.read().await?;
        let mut due = Vec::new();
        for (case, deliveries) in store::exchange::remindable(&mut conn, until).await? {
            let case = Arc::new(case);
            let sent = store::exchange::reminders_sent(&mut conn, case.id).await?;
            let given =
                deliveries.iter().filter_map(|delivery| due_reminders(&case, delivery, at, &sent));
            due.extend(given.map(|reminder| (Arc::clone(&case), reminder)));
        }
        drop(conn);
        if due.is_empty() {
            return Ok(0);
        }
        let mut tx = self.store.write(audit::Chain::SERVER, self.now()).await?;
        let (mut events, mut mail) = (Vec::new(), Outbox::default());
        for (case, reminder) in &due {
            if store::exchange::add_reminder(&mut tx, reminder, self.now()).await? {
                let event = Event::new(
                    reminder.to.body.chain(),
                    Who::System,
                    Kind::REMINDED,
                    reminder.case.to_string(),
                );
                notices::reminder(self, &mut tx, &mut mail, case, reminder).await?;
                events.push(event.with("deadline", reminder.deadline).with("days", reminder.days));
            }
        }
        let given = events.len();
        Ok(tx.commit(Decision { value: given, events }).await?)
    }
}
