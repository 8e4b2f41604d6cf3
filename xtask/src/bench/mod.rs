//! `cargo xtask bench`: figures beside their peers in the same run, because a figure alone is the
//! machine's.

pub(crate) mod browser;
mod country;
mod exchange;
mod faults;
pub(crate) mod postgres;
mod relay;
mod screen;
mod server;
mod socket;
mod telework;

use anyhow::{Result, bail};

use crate::place;

/// A part's name and what runs it; each prints its own table and says whether the aims are met.
type Part = (&'static str, fn() -> Result<bool>);

const PARTS: &[Part] = &[
    ("relay", relay::run),
    ("server", server::run),
    ("screen", screen::run),
    ("telework", telework::run),
    ("exchange", exchange::run),
    ("country", country::run),
    ("faults", faults::run),
];

/// Runs the named parts, or all; true when every aim is met.
pub(crate) fn run(only: &[String]) -> Result<bool> {
    if let Some(unknown) = only.iter().find(|o| !PARTS.iter().any(|(name, _)| name == *o)) {
        bail!("no part is called {unknown}");
    }
    place::build(true)?;
    let mut met = true;
    for (name, part) in
        PARTS.iter().filter(|(name, _)| only.is_empty() || only.iter().any(|o| o == name))
    {
        println!("== {name}");
        met &= part()?;
    }
    Ok(met)
}

/// One line of a table: what, the figure, the aim, whether it is met.
fn aim(what: &str, figure: &str, aim: &str, met: bool) -> bool {
    println!("{what:44} {figure:>16}   aim {aim:24} {}", if met { "met" } else { "NOT MET" });
    met
}
