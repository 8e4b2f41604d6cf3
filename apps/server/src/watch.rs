//! What an operator sees of the server from outside: the checks of `/ready` and of
//! `noren-server check`, and the figures of `/metrics`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use net::tls::ServerCertificate;
use ops::{Count, Figures, Health, Level, Spread, set};

use crate::App;

/// Least room where the data lies: below it the database soon refuses to write.
const LEAST_ROOM: u64 = 512 << 20;
/// How far the database's clock and this one may be apart, milliseconds. Agents refuse grants of a
/// server whose clock is further off.
const CLOCKS: i64 = 10_000;
/// A mail that waits longer than this means that the mail server does not take any, milliseconds.
const MAIL_WAITS: i64 = 2 * 3_600_000;

/// When the last backup was begun, Unix milliseconds: the setting.
pub const BACKED_UP: &str = "backed_up";

/// What is looked at beside the state of the program.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The folder of the data.
    pub folder: PathBuf,
    /// The certificate, where the server ends TLS itself.
    pub certificate: Option<Arc<ServerCertificate>>,
}

/// The checks of a server.
#[must_use]
pub fn health(app: &App, place: &Place) -> Health {
    let health = Health::default();
    let with = |app: &App| app.clone();
    let it = with(app);
    health.add("open", move || {
        let why = it.closed().map(|why| why.to_string());
        async move { why.map_or(Ok(()), Err) }
    });
    let it = with(app);
    health.add("database", move || {
        let store = it.store.clone();
        async move { store.writable().await.map_err(|fault| fault.to_string()) }
    });
    let it = with(app);
    health.add("schema", move || {
        let store = it.store.clone();
        async move { schema(&store).await }
    });
    let it = with(app);
    health.add("keys", move || {
        let app = it.clone();
        async move { keys(&app).await }
    });
    let it = with(app);
    health.add("clock", move || {
        let app = it.clone();
        async move { clock(&app).await }
    });
    let folder = place.folder.clone();
    health.add("disk", move || {
        let folder = folder.clone();
        async move { disk(&folder) }
    });
    if let Some(certificate) = place.certificate.clone() {
        let it = with(app);
        health.add("certificate", move || {
            let told = ended(certificate.ends(), it.now() / 1_000);
            async move { told }
        });
    }
    health
}

/// Whether the database is of this program's version.
///
/// # Errors
/// What to do, in words for an operator.
pub async fn schema(store: &store::Store) -> Result<(), String> {
    match store.pending().await {
        Ok(pending) if pending.is_empty() => Ok(()),
        Ok(pending) => {
            Err(format!("{} migrations did not run: `noren-server migrate`", pending.len()))
        }
        Err(fault) => Err(fault.to_string()),
    }
}

async fn keys(app: &App) -> Result<(), String> {
    let mut conn = app.store.read().await.map_err(|fault| fault.to_string())?;
    match app.keys.fit(&mut conn).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(OTHER_KEYS.to_owned()),
        Err(fault) => Err(fault.to_string()),
    }
}

/// Said where the keys are not those that the database was used with.
pub const OTHER_KEYS: &str = "keys.toml is not the file that this database was used with: put \
    the right one back (it is in the backup). With other keys nobody's second factor can be read \
    and no agent believes this server";

async fn clock(app: &App) -> Result<(), String> {
    let theirs = app.store.clock().await.map_err(|fault| fault.to_string())?;
    let apart = theirs.map_or(0, |theirs| theirs - app.now());
    if apart.abs() > CLOCKS {
        return Err(format!("the database's clock is {} s apart from this one", apart / 1_000));
    }
    Ok(())
}

/// Whether there is room where the data lies.
///
/// # Errors
/// How much is left.
pub fn disk(folder: &std::path::Path) -> Result<(), String> {
    let free = ops::free(folder).map_err(|error| error.to_string())?;
    if free < LEAST_ROOM {
        return Err(format!("{} MiB are free where the data lies", free >> 20));
    }
    Ok(())
}

fn ended(ends: Option<i64>, now: i64) -> Result<(), String> {
    match ends {
        Some(ends) if ends <= now => Err("the certificate has ended".to_owned()),
        Some(_) => Ok(()),
        None => Err("the certificate cannot be read".to_owned()),
    }
}

/// How requests were answered.
#[derive(Clone, Debug)]
pub struct Requests {
    answers: Count,
    took: Spread,
}

/// The figures of a server; its service counts what it answers with [`count`].
#[must_use]
pub fn figures(app: &App, place: &Place) -> (Figures, Requests) {
    let figures = Figures::new("noren-server", env!("CARGO_PKG_VERSION"));
    let requests = Requests {
        answers: figures.count("http_answers", "Answers by class of status"),
        took: figures.spread("http_seconds", "Seconds from a request's head to the answer's"),
    };
    live(app, &figures);
    amounts(app, &figures);
    let free = figures.level("disk_free_bytes", "Bytes free where the data lies");
    let folder = place.folder.clone();
    figures.sample(move || {
        let told = ops::free(&folder).map_err(|error| error.to_string());
        let free = free.clone();
        async move {
            set(&free, told?);
            Ok(())
        }
    });
    if let Some(certificate) = place.certificate.clone() {
        figures.certificate(certificate);
    }
    (figures, requests)
}

/// What stands in memory: lines, PCs, the relay inside.
fn live(app: &App, figures: &Figures) {
    let closed = figures.level("closed", "1 while the server is closed");
    let lines = figures.level("agents_connected", "Agents with a line to this server");
    let pcs = ["ready", "busy", "unreachable", "untrusted", "other"].map(|state| {
        let name = match state {
            "ready" => "pcs_ready",
            "busy" => "pcs_busy",
            "unreachable" => "pcs_unreachable",
            "untrusted" => "pcs_untrusted",
            _ => "pcs_other",
        };
        (state, figures.level(name, "PCs of connected agents, by state"))
    });
    let app = app.clone();
    figures.sample(move || {
        let (connected, states) = app.hub.standing();
        set(&lines, connected);
        for (state, level) in &pcs {
            set(level, states.get(state).copied().unwrap_or(0));
        }
        closed.set(if app.closed().is_some() { 1.0 } else { 0.0 });
        async { Ok(()) }
    });
}

/// What the database counts.
fn amounts(app: &App, figures: &Figures) {
    let bodies = figures.level("bodies", "Bodies");
    let agents = figures.level("agents_enrolled", "Agents that were enrolled and not revoked");
    let staff = figures.level("staff_active", "People who may sign in");
    let sessions = figures.level("sessions_open", "Sessions on office PCs that are open");
    let sign_ins = figures.level("sign_ins", "Sign-ins");
    let unanchored = figures.level("chains_unanchored", "Chains that went on since their anchor");
    let saved =
        figures.level("backup_seconds", "When the last backup was begun, Unix time; 0: none");
    let waiting = figures.level("mail_waiting", "Mails that wait to be sent");
    let oldest = figures.level("mail_oldest_seconds", "How long the oldest mail waits");
    let app = app.clone();
    figures.sample(move || {
        let all = [&bodies, &agents, &staff, &sessions, &sign_ins, &unanchored].map(Level::clone);
        let (waiting, oldest, saved, app) =
            (waiting.clone(), oldest.clone(), saved.clone(), app.clone());
        async move {
            let words = |fault: store::Fault| fault.to_string();
            let mut conn = app.store.read().await.map_err(words)?;
            let there = store::amounts(&mut conn).await.map_err(words)?;
            let counts = [
                there.bodies,
                there.agents,
                there.staff,
                there.sessions,
                there.sign_ins,
                there.unanchored,
            ];
            all.iter().zip(counts).for_each(|(level, count)| set(level, count));
            let at = store::settings::find(&mut conn, BACKED_UP).await.map_err(words)?;
            set(&saved, at.and_then(|at| at.parse().ok()).unwrap_or(0_i64) / 1_000);
            let (count, since) = store::mail::queue(&mut conn).await.map_err(words)?;
            set(&waiting, count);
            set(&oldest, since.map_or(0, |since| (app.now() - since) / 1_000));
            Ok(())
        }
    });
}

/// Whether mail goes out: for the checks of an operator, not for readiness.
///
/// # Errors
/// How long the oldest mail has been waiting.
pub async fn mail(app: &App) -> Result<(), String> {
    let mut conn = app.store.read().await.map_err(|fault| fault.to_string())?;
    let (count, since) = store::mail::queue(&mut conn).await.map_err(|fault| fault.to_string())?;
    match since.map(|since| app.now() - since) {
        Some(waits) if waits > MAIL_WAITS => {
            Err(format!("{count} mails wait, the oldest for {} hours", waits / 3_600_000))
        }
        _ => Ok(()),
    }
}

/// Counts an answer and the time to it.
pub async fn count(State(requests): State<Requests>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let response = next.run(request).await;
    let class = match response.status().as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    };
    requests.answers.get_or_create(&vec![("class", class)]).inc();
    requests.took.observe(began.elapsed().as_secs_f64());
    response
}
