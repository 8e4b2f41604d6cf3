//! The server's pages.
use anyhow::Result;
pub(super) fn run() -> Result<bool> {
    Ok(true)
}
