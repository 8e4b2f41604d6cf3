//! What an operator sees from outside: whether a program is alive and ready, its figures, its log,
//! and its word with systemd.
//!
//! - [`Health`] is a list of checks; [`Figures`] is a register of Prometheus metrics
//!   (<https://prometheus.io/docs/instrumenting/exposition_formats/>, OpenMetrics 1.0).
//! - [`listen`] serves `/live`, `/ready` and `/metrics` on an address of its own, apart from what
//!   people reach. The agent listens nowhere: [`write_file`] gives the same text to the textfile
//!   collector of a node exporter on the agent's box.
//! - [`notify`] tells systemd that the program is ready, stops, and lives (`sd_notify(3)`), and
//!   takes sockets that systemd opened (`sd_listen_fds(3)`).
//! - [`Log`] is the choice between a text for people and JSON for programs.
//!
//! Nothing here holds a name, an address or a secret of anybody: labels are words of this program.

pub use disk::free;
pub use figures::{Count, Figures, Level, Spread, set, write_file};
pub use health::{Health, Report};
pub use listen::listen;
pub use log::{Format, Log};

mod disk;
mod figures;
mod health;
mod listen;
mod log;
#[cfg(unix)]
pub mod notify;
