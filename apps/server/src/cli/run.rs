//! `noren-server run`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use audit::{Chain, Decision, Event, Kind, Who};
use net::tls::ServerCertificate;
use net::{Shutdown, SystemClock, SystemRng};
use store::{Held, Hold};
use tokio::net::TcpListener;

use super::Data;
use axum::middleware::from_fn_with_state;

use crate::routes::service;
use crate::{App, watch};
use kit::Site;
use kit::http;
use kit::http::listen::Listening;
use kit::keys::Keys;
use web_people::Making;

/// How often the certificate's files are looked at: a renewed one is taken up without a restart.
const CERTIFICATE: Duration = Duration::from_secs(10);

/// Runs the server.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub struct Run {
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
    /// Address to listen on. Without TLS only loopback, unless something before it ends TLS (see
    /// --public-url).
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// How people reach it: https://HOST[:PORT]. Without it, the address it listens on.
    #[arg(long)]
    pub public_url: Option<String>,
    /// Certificate chain, PEM. With --tls-key the server does TLS by itself.
    #[arg(long, requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Private key, PEM.
    #[arg(long, requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Address of a proxy before this server whose X-Forwarded-For is believed; may be given
    /// several times.
    #[arg(long = "trusted-proxy")]
    pub trusted_proxies: Vec<IpAddr>,
    /// Origin of a relay elsewhere that the viewer may connect to, such as wss://relay.example.jp;
    /// may be given several times.
    #[arg(long = "relay-origin")]
    pub relay_origins: Vec<String>,
    /// Settings as a file, TOML (`noren-server reference` prints one); what is typed wins.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address for whoever watches this server: /live, /ready and /metrics. On the loopback, or on
    /// a network of operators: it asks nobody who he is. Without it nothing listens there.
    #[arg(long, env = "NOREN_WATCH_LISTEN", value_name = "ADDRESS")]
    pub watch_listen: Option<SocketAddr>,
    /// After the signal to stop: how long /ready says so before connections are refused, seconds.
    /// For a front that is to turn elsewhere first.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    pub drain_seconds: u64,
    /// Refuses to start over a database of an older version instead of migrating it
    /// (`noren-server migrate`).
    #[arg(long)]
    pub no_migrate: bool,
    /// Where the record is told of.
    #[command(flatten)]
    pub outside: web_people::record::Outside,
}

impl Run {
    /// Runs until a signal.
    ///
    /// # Errors
    /// When it cannot start, with the reason.
    pub async fn main(self) -> anyhow::Result<()> {
        let certificate = self.certificate()?;
        let tls = certificate.as_ref().map(ServerCertificate::config).transpose()?;
        self.fits(tls.is_some()).map_err(anyhow::Error::msg)?;
        let listening = Listening {
            proxies: self.trusted_proxies,
            ..Listening::within(net::raise_descriptors())
        };
        if self.no_migrate {
            let pending = self.data.connect().await?.pending().await?;
            ensure!(pending.is_empty(), "{} migrations did not run: `noren-server migrate`", {
                pending.len()
            });
        }
        let store = self.data.open().await?;
        // Until this program ends: `restored` waits for nobody, and refuses.
        let held = store.hold(Hold::Shared).await?;
        let held = held.context("a command has this data alone (`noren-server restored`)")?;
        let mut rng = SystemRng::new();
        let keys = keys_of(&self.data, &store, &mut rng).await?;
        super::saved::restore::gone_over(&store, &self.data.data).await?;
        let listener = match ops::notify::listener()? {
            Some(opened) => TcpListener::from_std(opened)?,
            None => TcpListener::bind(self.listen)
                .await
                .with_context(|| format!("cannot listen on {}", self.listen))?,
        };
        let watched = match self.watch_listen {
            Some(address) => Some(
                TcpListener::bind(address)
                    .await
                    .with_context(|| format!("cannot listen on {address}"))?,
            ),
            None => None,
        };
        let here = listener.local_addr()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = self.public_url.clone().unwrap_or_else(|| format!("{scheme}://{}", host(here)));
        let site = Site::new(&url, self.relay_origins.clone())
            .with_context(|| format!("{url} is not a public address"))?;
        let app = App::new(Making {
            store,
            clock: Arc::new(SystemClock::new()),
            rng: Box::new(rng),
            keys,
            site,
        });
        // Before anything is written: a store that is older than what was told of it stays as it
        // is.
        let outside = self.outside.open(&app, &self.data.data).await?;
        let shutdown = Shutdown::on_signal();
        let closed = app.closed().is_some();
        if !closed {
            app.exchange.know_newcomers().await?;
            record_start(&app).await?;
        }
        announce(&app).await?;
        if let Some(certificate) = certificate.clone() {
            tokio::spawn(certificate.follow(CERTIFICATE, shutdown.clone()));
        }
        let place = watch::Place { folder: self.data.data.clone(), certificate };
        let health = watch::health(&app, &place);
        let (figures, requests) = watch::figures(&app, &place);
        let over = Shutdown::new();
        if let Some(watched) = watched {
            tokio::spawn(ops::listen(watched, health.clone(), figures, over.clone()));
        }
        let mut tasks = Vec::new();
        let mut anchoring = None;
        if !closed {
            tasks = vec![
                tokio::spawn(remind(app.clone())),
                tokio::spawn(analyze(app.clone())),
                tokio::spawn(delete(app.clone())),
                tokio::spawn(begin(app.clone())),
            ];
            kit::mail::start(app.kit.clone(), shutdown.clone());
            tokio::spawn(web_telework::mornings(app.kit.clone(), shutdown.clone()));
            // Relays elsewhere hear of this server from its start, or they end its meetings; of one
            // that is closed they hear nothing.
            app.people.watch();
            anchoring = Some(outside.start(&app, &shutdown));
        }
        tasks.push(tokio::spawn(hold(app.clone(), held)));
        ops::notify::ready(shutdown.clone());
        let service = service(&app).layer(from_fn_with_state(requests, watch::count));
        let drained = drain(shutdown, health, Duration::from_secs(self.drain_seconds));
        http::listen::serve(listener, tls, service, drained, listening).await;
        over.trigger();
        tasks.into_iter().for_each(|task| task.abort());
        if let Some(anchoring) = anchoring {
            // The last acts are anchored too.
            _ = tokio::time::timeout(LAST, anchoring).await;
        }
        app.store.close().await;
        Ok(())
    }
}

impl Run {
    /// The certificate, where the server ends TLS itself.
    ///
    /// # Errors
    /// When the files cannot be read or do not fit together.
    pub fn certificate(&self) -> anyhow::Result<Option<Arc<ServerCertificate>>> {
        Ok(match (&self.tls_cert, &self.tls_key) {
            (Some(cert), Some(key)) => Some(ServerCertificate::load(cert, key)?),
            _ => None,
        })
    }

    /// Whether what people send can be read on its way.
    ///
    /// # Errors
    /// What to give instead.
    pub fn fits(&self, tls: bool) -> Result<(), String> {
        let public_https =
            self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
        if tls || self.listen.ip().is_loopback() || public_https {
            return Ok(());
        }
        Err(format!(
            "{} is reachable from outside: give --tls-cert and --tls-key, or --public-url \
             https://... when something before this server ends TLS",
            self.listen
        ))
    }
}

/// The keys: those that the database was used with, or new ones where it is new.
async fn keys_of(data: &Data, store: &store::Store, rng: &mut SystemRng) -> anyhow::Result<Keys> {
    let mut conn = store.read().await?;
    let keys = if store::settings::find(&mut conn, Keys::SETTING).await?.is_some() {
        Keys::load(&data.data).context(watch::OTHER_KEYS)?
    } else {
        Keys::load_or_make(&data.data, rng)?
    };
    ensure!(keys.fit(&mut conn).await?, watch::OTHER_KEYS);
    Ok(keys)
}

/// A shutdown that comes later: until then the server says that it is not ready, and answers.
fn drain(shutdown: Shutdown, health: ops::Health, time: Duration) -> Shutdown {
    let drained = Shutdown::new();
    let later = drained.clone();
    tokio::spawn(async move {
        shutdown.wait().await;
        health.stop();
        tokio::time::sleep(time).await;
        later.trigger();
    });
    drained
}

/// How long the last anchors of a server that stops may take.
const LAST: Duration = Duration::from_secs(5);

/// How often reminders are looked for.
const REMIND: std::time::Duration = std::time::Duration::from_secs(600);

/// Gives reminders as they come due, as long as the server runs. One that could not be given now is
/// given the next time.
async fn remind(app: App) {
    let mut turn = tokio::time::interval(REMIND);
    loop {
        turn.tick().await;
        if let Err(fault) = app.exchange.know_newcomers().await {
            tracing::warn!(%fault, "bodies that came to be were not read");
        }
        if let Err(refusal) = app.tell_unknown().await {
            tracing::warn!(%refusal, "counted tries of unknown names were not told");
        }
        if let Err(fault) = app.exchange.remind().await {
            tracing::warn!(%fault, "reminders were not given");
        }
    }
}

/// How often it is looked whether the day of a change has come.
const BEGIN: std::time::Duration = std::time::Duration::from_secs(30);

/// Begins changes of who approves when their day has come, from the start on; and forgets how
/// imports went.
async fn begin(app: App) {
    let mut turn = tokio::time::interval(BEGIN);
    loop {
        turn.tick().await;
        app.exchange.sweep_imports(app.now());
        if let Err(refusal) = web_people::second::begin_due(&app).await {
            tracing::warn!(%refusal, "changes that are due were not looked for");
        }
    }
}

/// How often the database counts how its rows are spread: a body fills in weeks, and connections
/// take the new figures up when they are renewed.
const ANALYZE: std::time::Duration = std::time::Duration::from_secs(86_400);

/// Keeps the database's choice of indexes right, from the start on. A server whose disk is full
/// runs on without.
async fn analyze(app: App) {
    let mut turn = tokio::time::interval(ANALYZE);
    loop {
        turn.tick().await;
        if let Err(fault) = app.store.analyze().await {
            tracing::warn!(%fault, "the database has no new statistics");
        }
    }
}

/// How often it is looked whether something was kept long enough: what a body counts in days goes
/// within one.
const DELETE: std::time::Duration = std::time::Duration::from_secs(6 * 3_600);

/// Deletes addresses that were kept long enough, and what ended by itself, as long as the server
/// runs.
async fn delete(app: App) {
    let mut turn = tokio::time::interval(DELETE);
    loop {
        turn.tick().await;
        match sweep(&app).await {
            Ok(swept) => tracing::debug!(?swept, "what ended by itself was removed"),
            Err(fault) => tracing::warn!(%fault, "what ended by itself was not removed"),
        }
        if let Err(fault) = app.delete_old_addresses().await {
            tracing::warn!(%fault, "addresses that were kept long enough were not deleted; it is \
                tried again");
        }
    }
}

async fn sweep(app: &App) -> store::Result<store::housekeeping::Swept> {
    let mut tx = app.store.write(Chain::SERVER, app.now()).await?;
    let swept = store::housekeeping::sweep(&mut tx, app.now()).await?;
    // Nobody did anything: it was over.
    tx.keep(swept).await
}

/// How often it is looked whether the data is still held: PostgreSQL may have started again.
const HOLD: std::time::Duration = std::time::Duration::from_secs(10);

/// Holds the data as long as the server runs, closed or open.
async fn hold(app: App, held: Held) {
    let mut held = Some(held);
    let mut turn = tokio::time::interval(HOLD);
    loop {
        turn.tick().await;
        if let Some(held) = &mut held
            && held.stands().await
        {
            continue;
        }
        match app.store.hold(Hold::Shared).await {
            Ok(Some(again)) => held = Some(again),
            Ok(None) => {
                tracing::error!("a command took this data for its own while the server runs")
            }
            Err(fault) => tracing::warn!(%fault, "the data is not held; it is tried again"),
        }
    }
}

/// Browsers allow passkeys for `localhost`, not for 127.0.0.1.
fn host(address: SocketAddr) -> String {
    if address.ip().is_loopback() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}

async fn record_start(app: &App) -> anyhow::Result<()> {
    let mut tx = app.store.write(Chain::SERVER, app.now()).await?;
    store::settings::put(&mut tx, Keys::SETTING, &app.keys.fingerprint()).await?;
    let event =
        Event::new(Chain::SERVER, Who::System, Kind::SERVER_STARTED, env!("CARGO_PKG_VERSION"));
    tx.commit(Decision::new((), event)).await?;
    Ok(())
}

/// Says where to go; while there is no administrator, with the code that makes the first one.
async fn announce(app: &App) -> anyhow::Result<()> {
    use std::io::Write;
    let mut conn = app.store.read().await?;
    let mut out = std::io::stdout().lock();
    if let Some(why) = app.closed() {
        writeln!(out, "noren-server: closed. {why}")?;
    } else if store::staff::operator_exists(&mut conn).await? {
        writeln!(out, "noren-server: {}", app.site.link("/"))?;
    } else {
        writeln!(
            out,
            "noren-server: {}\n\nNo administrator yet. Open {} and type this code (it works \
             once):\n\n    {}\n",
            app.site.link("/"),
            app.site.link("/set-up"),
            app.set_up.shown()
        )?;
    }
    out.flush()?;
    Ok(())
}
