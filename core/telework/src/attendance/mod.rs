//! Attendance: four reports a day (始業, 中断, 再開, 終業), what they add up to, and what the
//! sessions say beside them.

mod day;
mod evidence;
mod overtime;

pub use day::{Clock, Context, DayRecord, Mark, Refused, Source, Span};
pub use evidence::{Connection, Difference, Kind, compare};
pub use overtime::{MONTH_LIMIT, Overtime, YEAR_LIMIT, overtime};
