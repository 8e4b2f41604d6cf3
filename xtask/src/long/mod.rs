//! `cargo xtask test --long`: what is long by nature, for a release or a night. A part that cannot
//! be run on this machine says so and counts as failed: what was not looked at is not passed.

mod fuzz;
mod platforms;
mod upgrade;

use anyhow::Result;

use crate::bench;
use crate::count::Count;

/// A part: its name, how long it takes on two cores, what it does, what runs it.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) takes: &'static str,
    pub(crate) what: &'static str,
    pub(crate) run: fn() -> Result<Count>,
}

/// Every part. How long is said as it was measured where a commit measured it, else "about".
pub(crate) const PARTS: &[Part] = &[
    Part {
        name: "fuzz",
        takes: "about 45 min",
        what: "libFuzzer on each target for two minutes, from its corpus",
        run: fuzz::run,
    },
    Part {
        name: "country",
        takes: "2 min, and the release build (12 min from nothing)",
        what: "the country at one server, on SQLite and PostgreSQL, against its aims",
        run: || Ok(Count::one(bench::run(&["country".to_owned()])?)),
    },
    Part {
        name: "upgrade",
        takes: "5 min the first time, 2 min again",
        what: "data of an older program, built from the history, opened by this one",
        run: upgrade::run,
    },
    Part {
        name: "platforms",
        takes: "not measured: no other target was installed",
        what: "cargo check for the other platforms whose standard library is installed",
        run: platforms::run,
    },
];
