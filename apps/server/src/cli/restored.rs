//! `noren-server restored`.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use anyhow::{Context, ensure};
use people::{BodyCode, Login};

use super::Data;
use crate::App;
use web_people::record::gathered::{Gathered, gather};
use web_people::record::restored::{Gap, Report, Vouched, restore};

/// After a copy of the data was put back: ends every sign-in, takes away again what was taken away
/// since, marks the gap, and opens the server.
#[derive(Debug, clap::Args)]
pub struct Restored {
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
    /// File of anchors: where each chain of the record was. Several, with the renamed ones; or what
    /// a syslog receiver collected.
    #[arg(long, value_name = "FILE")]
    pub anchors: Vec<PathBuf>,
    /// What happened since the copy: lines of `audit export --format syslog`, or what a syslog
    /// receiver collected with --syslog-events. Several.
    #[arg(long, value_name = "FILE")]
    pub export: Vec<PathBuf>,
    /// BODY/LOGIN of a person whose password and passkeys in the copy hold: you know that nothing
    /// of hers was changed or revoked since. Several.
    #[arg(long, value_name = "BODY/LOGIN")]
    pub vouch: Vec<String>,
    /// Only says what it would do.
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Does not ask before it stops bodies of which nobody knows what was lost.
    #[arg(long)]
    pub yes: bool,
}

/// What is typed before bodies are stopped.
const WORD: &str = "stop";

impl Restored {
    /// Does it.
    ///
    /// # Errors
    /// With the reason, in words for an operator; then nothing has happened.
    pub async fn main(self) -> anyhow::Result<()> {
        let (app, _alone) = self.data.alone().await?;
        let done = self.restore(&app).await;
        app.store.close().await;
        done
    }

    async fn restore(&self, app: &App) -> anyhow::Result<()> {
        let mut vouched = Vouched::new();
        for name in &self.vouch {
            let (body, login) =
                name.split_once('/').with_context(|| format!("{name} is not BODY/LOGIN"))?;
            let code: Result<BodyCode, _> = body.parse();
            let body = code.map_err(|_| anyhow::anyhow!("{body} is not the code of a body"))?;
            let name: Result<Login, _> = login.parse();
            let login = name.map_err(|_| anyhow::anyhow!("{login} is not a sign-in name"))?;
            vouched.insert((body, login.to_string()));
        }
        let files: Vec<PathBuf> = self.anchors.iter().chain(&self.export).cloned().collect();
        let key = app.keys.signing.verifying_key();
        let found = gather(&mut *app.store.read().await?, &files, &key).await?;
        let would = restore(app, &found, &vouched, true).await?;
        let mut out = std::io::stdout().lock();
        if self.dry_run {
            writeln!(out, "Nothing was changed; this is what would happen:")?;
            say(&mut out, &would, &found, true)?;
            writeln!(out, "Run it without --dry-run.")?;
            return Ok(());
        }
        if !would.stopped.is_empty() && !self.yes {
            ask(&mut out, &would)?;
        }
        let report = restore(app, &found, &vouched, false).await?;
        let mut tx = app.store.write(audit::Chain::SERVER, app.now()).await?;
        store::settings::remove(&mut tx, super::saved::PUT_BACK).await?;
        // The gap is on record; this only lets the server start.
        tx.keep(()).await?;
        say(&mut out, &report, &found, false)?;
        writeln!(out, "Done. Start the server.")?;
        Ok(())
    }
}

/// Asks before bodies are stopped.
fn ask(out: &mut impl Write, would: &Report) -> anyhow::Result<()> {
    for gap in would.gaps.iter().filter(|gap| !gap.known) {
        writeln!(out, "{}", lost(gap, true))?;
    }
    let bodies: Vec<String> = would.stopped.iter().map(ToString::to_string).collect();
    writeln!(
        out,
        "This stops {} and takes the credentials of everybody of its IT but those you vouch for \
         (--vouch): nobody else can come in there before a new slip. If a file of anchors or an \
         export is missing above, end this and give it. To go on type {WORD} (or say --yes):",
        bodies.join(", ")
    )?;
    out.flush()?;
    let mut typed = String::new();
    std::io::stdin().lock().read_line(&mut typed)?;
    ensure!(typed.trim() == WORD, "not gone on with; nothing was changed");
    Ok(())
}

/// What a chain lost, in words.
fn lost(gap: &Gap, would: bool) -> String {
    let Gap { chain, after, lost, told, known, back } = *gap;
    let chain = chain.as_str();
    let back = back.map_or_else(String::new, |(first, last, count)| {
        let words = if would { "would be put back" } else { "were put back" };
        format!("; {count} records ({first} to {last}) {words}")
    });
    match (known, told) {
        (true, _) => format!("{chain} went to {lost}{back}; nothing of it is missing"),
        (false, true) if lost > after => format!(
            "{chain} went to {lost}, and is certain to {after}{back}; \
             WHAT HAPPENED AFTER {after} IS NOT KNOWN"
        ),
        (false, true) => format!(
            "{chain} is certain to {after}{back}; between the anchors and what was collected \
             records are missing: NOT ALL IS KNOWN"
        ),
        (false, false) if lost > 0 => format!(
            "{chain} is certain to {after}{back}; no anchor says where it ended: \
             WHETHER MORE HAPPENED IS NOT KNOWN"
        ),
        (false, false) => {
            format!("{chain}: nothing outside tells of it: WHETHER AND WHAT IT LOST IS NOT KNOWN")
        }
    }
}

fn say(out: &mut impl Write, report: &Report, found: &Gathered, dry: bool) -> anyhow::Result<()> {
    let ended = report.ended;
    writeln!(
        out,
        "ended: {} sign-ins, {} activation slips, {} enrolment tokens, {} calendar addresses; \
         one-time codes up to now count as used",
        ended.sign_ins, ended.slips, ended.enrolments, ended.feeds
    )?;
    for gap in &report.gaps {
        writeln!(out, "{}", lost(gap, dry))?;
    }
    for line in &report.waited {
        writeln!(out, "waited, and is to be asked for again: {line}")?;
    }
    for line in &report.again {
        writeln!(out, "taken away again: {line}")?;
    }
    for (chain, kind, subject, number) in &report.look {
        writeln!(
            out,
            "LOOK AT: {} {} {subject} (record {number}): not done again, do it by hand",
            chain.as_str(),
            kind.name()
        )?;
    }
    for body in &report.stopped {
        writeln!(
            out,
            "{body} is STOPPED: look through people, devices, tokens and permissions, then resume \
             it at /admin/bodies or /admin/sessions"
        )?;
    }
    if found.unusable > 0 {
        let count = found.unusable;
        writeln!(out, "{count} collected records were cut off or altered and could not be used")?;
    }
    if found.last.is_none() {
        writeln!(
            out,
            "No anchor was given. If the file of anchors is lost, begin a new one before the \
             server starts: noren-server audit begin-anchors --anchor-file PATH"
        )?;
    }
    Ok(())
}
