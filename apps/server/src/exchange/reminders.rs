//! Reminders as they come due: written down, recorded, shown on the body's page.

use audit::{Decision, Event, Kind, Who};
use exchange::case::{due_reminders, today};
use jiff::ToSpan;

use super::access::now;
use crate::app::App;

/// The earliest a reminder can be planned before its deadline, days.
const EARLIEST: i64 = 60;

impl App {
    /// Gives every reminder that is due and not yet given; answers how many.
    ///
    /// # Errors
    /// What the database can meet; then none was given.
    pub async fn remind(&self) -> store::Result<usize> {
        let at = now(self);
        let Ok(until) = today(at).checked_add(EARLIEST.days()) else { return Ok(0) };
        let mut conn = self.store.read().await?;
        let mut due = Vec::new();
        for (case, deliveries) in store::exchange::remindable(&mut conn, until).await? {
            let sent = store::exchange::reminders_sent(&mut conn, case.id).await?;
            due.extend(deliveries.iter().filter_map(|delivery| due_reminders(&case, delivery, at, &sent)));
        }
        drop(conn);
        if due.is_empty() {
            return Ok(0);
        }
        let mut tx = self.store.write(audit::Chain::SERVER, self.now()).await?;
        let mut events = Vec::new();
        for reminder in &due {
            if store::exchange::add_reminder(&mut tx, reminder, self.now()).await? {
                let event = Event::new(reminder.to.body.chain(), Who::System, Kind::REMINDED, reminder.case.to_string());
                events.push(event.with("deadline", reminder.deadline).with("days", reminder.days));
            }
        }
        let given = events.len();
        tx.commit(Decision { value: given, events }).await
    }
}
