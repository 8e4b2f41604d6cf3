//! Reminders (督促): n days before the deadline, on the day, and after.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Addressee, Case, CaseId, Delivery, Stage, today};

/// On which days a case reminds those who have not submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderPlan {
    /// Days before the deadline.
    pub before: BTreeSet<u16>,
    /// Whether on the day.
    pub on_the_day: bool,
    /// Days after it.
    pub after: BTreeSet<u16>,
}

impl Default for ReminderPlan {
    /// Seven and three days and one day before, on the day, and one, three and seven days after.
    fn default() -> Self {
        ReminderPlan { before: [7, 3, 1].into(), on_the_day: true, after: [1, 3, 7].into() }
    }
}

/// A reminder that is due. Equal reminders are the same one: it is sent once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reminder {
    /// Of which case.
    pub case: CaseId,
    /// To whom.
    pub to: Addressee,
    /// The deadline it speaks of: an extension begins anew.
    pub deadline: Date,
    /// Days from the reminder to the deadline; negative after it.
    pub days: i32,
}

/// The reminders due for one delivery: the latest planned one whose day has come, unless it or a
/// later one was sent. A server that was down does not send three at once when it is back.
pub fn due_reminders(
    case: &Case,
    delivery: &Delivery,
    now: Timestamp,
    sent: &BTreeSet<Reminder>,
) -> Option<Reminder> {
    if case.stage != Stage::Sent || !delivery.state.awaits_the_body() {
        return None;
    }
    let deadline = delivery.deadline?.day();
    let left = today(now).until(deadline).ok()?.get_days();
    let plan = &case.reminders;
    let days = plan
        .before
        .iter()
        .map(|d| i32::from(*d))
        .chain(plan.on_the_day.then_some(0))
        .chain(plan.after.iter().map(|d| -i32::from(*d)));
    let due = days.filter(|days| left <= *days).min()?;
    let reminder = Reminder { case: case.id, to: delivery.to.clone(), deadline, days: due };
    let settled = sent.iter().any(|s| {
        s.case == case.id && s.to == reminder.to && s.deadline == deadline && s.days <= due
    });
    (!settled).then_some(reminder)
}
