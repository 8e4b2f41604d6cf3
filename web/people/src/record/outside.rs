//! What leaves for outside, and what outside says at the start.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use audit::{Decision, Event, Kind, Seen, Who};
use net::tls::Trust;
use net::{Shutdown, SyslogTarget};
use store::anchors::AnchorLine;
use tokio::sync::Notify;

use super::file::{AnchorFile, Told};
use super::sender::Sender;
use super::{Closed, anchors};
use crate::People;
use kit::time;

/// How often changed heads are looked for; an act is anchored within three of these even on a busy
/// machine.
const EVERY: Duration = Duration::from_secs(3);
/// Lines taken from the store at once.
const PART: u32 = 200;

/// Where the record is told of outside this server.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Outside {
    /// File that signed anchors of the record are appended to, outside the data folder and best on
    /// another disk. At the start it tells an old copy of the data.
    #[arg(long, env = "NOREN_ANCHOR_FILE", value_name = "PATH")]
    pub anchor_file: Option<PathBuf>,
    /// Syslog receiver for anchors, RFC 5424 over TLS: HOST or HOST:PORT (6514).
    #[arg(long, env = "NOREN_SYSLOG", value_name = "HOST[:PORT]")]
    pub syslog: Option<String>,
    /// Authorities that vouch for the receiver, PEM; without it, those of this machine.
    #[arg(long, env = "NOREN_SYSLOG_CA", requires = "syslog", value_name = "FILE")]
    pub syslog_ca: Option<PathBuf>,
    /// Sends every record too, with names of people and their addresses: what an export is made of
    /// after an old copy was put back.
    #[arg(long, env = "NOREN_SYSLOG_EVENTS", requires = "syslog")]
    pub syslog_events: bool,
    /// Starts without telling anybody outside although this server did before: from then on an old
    /// copy of the data is noticed by agents alone.
    #[arg(long, env = "NOREN_NO_ANCHORS", conflicts_with_all = ["anchor_file", "syslog"])]
    pub no_anchors: bool,
}

/// What was opened of it.
pub struct Opened {
    file: Option<Arc<Mutex<AnchorFile>>>,
    target: Option<SyslogTarget>,
    events: bool,
}

impl Outside {
    /// Opens the file and looks whether the store is what the file says; if not, the server is
    /// closed when this returns. Nothing was written before.
    ///
    /// # Errors
    /// When something cannot be opened, with the reason.
    pub async fn open(&self, app: &People, data: &Path) -> anyhow::Result<Opened> {
        let trust = self.syslog_ca.clone().map_or(Trust::System, Trust::Only);
        let target =
            self.syslog.as_deref().map(|address| SyslogTarget::new(address, &trust)).transpose();
        let target = target.context("--syslog")?;
        let file = match &self.anchor_file {
            None if target.is_none() && !self.no_anchors => {
                // Whoever puts an old copy back may well leave out what would tell it.
                if store::anchors::last(&mut *app.store.read().await?).await?.is_some() {
                    bail!(
                        "this server told outside where its record stood, and is started without. \
                         Start it with --anchor-file or --syslog as before, or with --no-anchors: \
                         then an old copy of the data is not noticed at the start"
                    );
                }
                None
            }
            None => None,
            Some(path) => {
                let (file, told) = AnchorFile::open(path, data, &app.keys.signing.verifying_key())?;
                look(app, &told).await?;
                Some(Arc::new(Mutex::new(file)))
            }
        };
        if app.closed().is_none() {
            let mut conn = app.store.read().await?;
            app.anchored.learn(store::anchors::anchored(&mut conn).await?);
        }
        Ok(Opened { file, target, events: self.syslog_events })
    }
}

/// Compares what the file says with the store.
async fn look(app: &People, told: &Told) -> anyhow::Result<()> {
    let mut conn = app.store.read().await?;
    for (chain, head, _) in told.trail.heads() {
        let found = store::compare_head(&mut conn, chain, head).await?;
        if matches!(found, Seen::Behind { .. } | Seen::Other) {
            app.close(Closed::Other { chain, told: head, found, by: "the file of anchors" });
            return Ok(());
        }
    }
    let (Some((number, _)), Some(line)) = (told.trail.last(), &told.line) else {
        if let Some(last) = store::anchors::last(&mut conn).await? {
            app.close(Closed::NoAnchors { last: last.number });
        }
        return Ok(());
    };
    let known = store::anchors::find(&mut conn, number).await?;
    if known.as_ref().is_some_and(|known| known.line != *line) {
        bail!(
            "anchor {number} of the file is not the one in the database: another database wrote to \
             this file, or this one did without it. \
             Give this server a file of its own"
        );
    }
    let behind = store::anchors::last(&mut conn).await?.is_none_or(|last| last.number < number);
    drop(conn);
    if known.is_none() && behind {
        // Every chain is there, only the last lines are not: the numbers go on behind the file's.
        let mut tx = app.store.write(audit::Chain::SERVER, app.now()).await?;
        store::anchors::add(&mut tx, &AnchorLine { number, line: line.clone() }, app.now()).await?;
        tx.keep(()).await?;
    }
    Ok(())
}

impl Opened {
    /// One turn, at once: for tests.
    pub async fn turn(&self, app: &People) -> anyhow::Result<()> {
        once(app, self.file.as_ref(), self.any(), false).await
    }

    /// Whether anything outside is told.
    fn any(&self) -> bool {
        self.file.is_some() || self.target.is_some()
    }

    /// Starts telling; a last time when the server stops, before this task ends.
    pub fn start(self, app: &People, shutdown: &Shutdown) -> tokio::task::JoinHandle<()> {
        let any = self.any();
        if !any {
            tracing::warn!(
                "no anchors are written: an old copy of the data put back would not be noticed \
                 here (--anchor-file, --syslog)"
            );
        }
        let news = Arc::new(Notify::new());
        if let Some(target) = self.target {
            let sender =
                Sender { app: app.clone(), target, events: self.events, news: news.clone() };
            let shutdown = shutdown.clone();
            tokio::spawn(async move { sender.run(shutdown).await });
        }
        tokio::spawn(keep(app.clone(), self.file, any, news, shutdown.clone()))
    }
}

async fn keep(
    app: People,
    file: Option<Arc<Mutex<AnchorFile>>>,
    any: bool,
    news: Arc<Notify>,
    shutdown: Shutdown,
) {
    let mut turn = tokio::time::interval(EVERY);
    let mut whole: Option<jiff::civil::Date> = None;
    loop {
        let last = tokio::select! {
            _ = turn.tick() => false,
            () = shutdown.wait() => true,
        };
        let today = time::civil(app.now()).date();
        match once(&app, file.as_ref(), any, whole != Some(today)).await {
            Ok(()) => whole = Some(today),
            Err(error) => tracing::error!("anchors cannot be written, trying again: {error:#}"),
        }
        news.notify_one();
        if last {
            return;
        }
    }
}

/// Anchors what changed and puts it into the file. Where nothing outside is told (`any`), looks
/// only whether the store is still what this process saw of it.
pub(crate) async fn once(
    app: &People,
    file: Option<&Arc<Mutex<AnchorFile>>>,
    any: bool,
    whole: bool,
) -> anyhow::Result<()> {
    let now = app.now();
    if !any {
        anchors::watch(app).await?;
        return Ok(());
    }
    let mut whole = whole;
    if let Some(file) = file {
        let file = file.clone();
        let key = app.keys.signing.verifying_key();
        whole |= tokio::task::spawn_blocking(move || -> anyhow::Result<bool> {
            let mut file = locked(&file);
            let anew = file.look(&key, now)?;
            let new = file.rotate(now).unwrap_or_else(|error| {
                tracing::warn!(%error, "the file of anchors cannot be renamed and grows on");
                false
            });
            Ok(anew || new || file.is_empty())
        })
        .await??;
    }
    anchors::write(app, whole).await?;
    let Some(file) = file else { return Ok(()) };
    loop {
        let last = locked(file).last;
        let lines = store::anchors::after(&mut *app.store.read().await?, last, PART).await?;
        if lines.is_empty() {
            return Ok(());
        }
        let file = file.clone();
        tokio::task::spawn_blocking(move || {
            let mut file = locked(&file);
            lines.iter().try_for_each(|line| file.append(line.number, &line.line, now))
        })
        .await?
        .context("the file of anchors")?;
    }
}

/// Begins a file of anchors where the store knows of some and the file is gone for good, or is to
/// be written from now on. On record; the number of the line it begins with.
///
/// # Errors
/// When the store knows of no anchor, or there is a file that says something.
pub async fn begin(app: &People, path: &Path, data: &Path) -> anyhow::Result<u64> {
    let mut tx = app.store.write(audit::Chain::SERVER, app.now()).await?;
    let last = store::anchors::last(&mut tx).await?;
    let last = last.context("no anchor was written yet: the server begins the file by itself")?;
    let key = app.keys.signing.verifying_key();
    AnchorFile::begin(path, data, &key, (last.number, &last.line), app.now())?;
    let event = Event::new(audit::Chain::SERVER, Who::System, Kind::ANCHORS_BEGUN, "");
    tx.commit(Decision::new((), event.with("number", last.number))).await?;
    Ok(last.number)
}

fn locked(file: &Mutex<AnchorFile>) -> std::sync::MutexGuard<'_, AnchorFile> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}
