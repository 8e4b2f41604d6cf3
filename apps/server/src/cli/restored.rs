//! `noren-server restored`.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use net::{SystemClock, SystemRng};
use people::{BodyCode, Login};

use super::Data;
use crate::App;
use kit::Site;
use kit::keys::Keys;
use web_people::Making;
use web_people::record::gathered::gather;
use web_people::record::restored::{Report, Vouched, restore};

/// After a copy of the data was put back: ends every sign-in, takes away again what was taken away since, marks the gap, and opens the server.
#[derive(Debug, clap::Args)]
pub struct Restored {
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
    /// File of anchors: where each chain of the record was. Several, with the renamed ones; or what a syslog receiver collected.
    #[arg(long, value_name = "FILE")]
    pub anchors: Vec<PathBuf>,
    /// What happened since the copy: lines of `audit export --format syslog`, or what a syslog receiver collected with --syslog-events. Several.
    #[arg(long, value_name = "FILE")]
    pub export: Vec<PathBuf>,
    /// BODY/LOGIN of a person whose password and passkeys in the copy hold: you know that nothing of hers was changed or revoked since. Several.
    #[arg(long, value_name = "BODY/LOGIN")]
    pub vouch: Vec<String>,
    /// Only says what it would do.
    #[arg(long)]
    pub dry_run: bool,
}

impl Restored {
    /// Does it.
    ///
    /// # Errors
    /// With the reason, in words for an operator; then nothing has happened.
    pub async fn main(self) -> anyhow::Result<()> {
        let store = self.data.open_existing().await?;
        let keys = Keys::load(&self.data.data)?;
        let mut vouched = Vouched::new();
        for name in &self.vouch {
            let (body, login) = name.split_once('/').with_context(|| format!("{name} is not BODY/LOGIN"))?;
            let body: BodyCode = body.parse().map_err(|_| anyhow::anyhow!("{body} is not the code of a body"))?;
            let login: Login = login.parse().map_err(|_| anyhow::anyhow!("{login} is not a sign-in name"))?;
            vouched.insert((body, login.to_string()));
        }
        let files: Vec<PathBuf> = self.anchors.iter().chain(&self.export).cloned().collect();
        let found = gather(&mut *store.read().await?, &files, &keys.signing.verifying_key()).await?;
        let site = Site::new("http://localhost", Vec::new())?;
        let app = App::new(Making { store, clock: Arc::new(SystemClock::new()), rng: Box::new(SystemRng::new()), keys, site });
        let report = restore(&app, &found, &vouched, self.dry_run).await?;
        app.store.close().await;
        say(&report, found.unusable, self.dry_run)
    }
}

fn say(report: &Report, unusable: usize, dry: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if dry {
        writeln!(out, "Nothing was changed; this is what would happen:")?;
    }
    let ended = report.ended;
    writeln!(
        out,
        "ended: {} sign-ins, {} activation slips, {} enrolment tokens, {} calendar addresses; one-time codes up to now count as used",
        ended.sign_ins, ended.slips, ended.enrolments, ended.feeds
    )?;
    for (chain, after, highest, known, back) in &report.gaps {
        let lost = if *highest == 0 { "nobody knows how far it went".to_owned() } else { format!("it went to {highest}") };
        let known = if *known { "all of it is known" } else { "WHAT HAPPENED IS NOT KNOWN" };
        writeln!(out, "{} lost what came after {after} ({lost}); {back} records were put back; {known}", chain.as_str())?;
    }
    for line in &report.waited {
        writeln!(out, "waited, and is to be asked for again: {line}")?;
    }
    for line in &report.again {
        writeln!(out, "taken away again: {line}")?;
    }
    for (chain, kind, subject, number) in &report.look {
        writeln!(out, "LOOK AT: {} {} {subject} (record {number}): not done again, do it by hand", chain.as_str(), kind.name())?;
    }
    for body in &report.stopped {
        writeln!(
            out,
            "{body} is STOPPED: look through people, devices, tokens and permissions, then resume it at /admin/bodies or /admin/sessions"
        )?;
    }
    if unusable > 0 {
        writeln!(out, "{unusable} collected records were cut off or altered and could not be used")?;
    }
    writeln!(out, "{}", if dry { "Run it without --dry-run." } else { "Done. Start the server." })?;
    Ok(())
}
