//! `noren-server exchange`: bundles by file.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, ensure};
use audit::Who;
use exchange::bundle::{HEAD, MAX_CONTENT};
use exchange::case::CaseId;
use net::{Clock, Rng, SystemClock, SystemRng};

use super::Data;
use crate::App;
use kit::Site;
use kit::keys::Keys;
use kit::secrets::hex;
use web_exchange::carry::{Carried, parse_key};
use web_people::Making;

/// What `exchange` does.
#[derive(Debug, clap::Subcommand)]
pub enum Exchange {
    /// Prints this server's key, to be added at another
    Key(Place),
    /// Adds another server by its key
    AddServer(AddServer),
    /// Writes a signed bundle for another server
    Export(Export),
    /// Reads a signed bundle from another server, all of it or nothing
    Import(Import),
}

/// Where the data is.
#[derive(Debug, clap::Args)]
pub struct Place {
    #[command(flatten)]
    data: Data,
}

/// Another server.
#[derive(Debug, clap::Args)]
pub struct AddServer {
    #[command(flatten)]
    data: Data,
    /// What people call it.
    #[arg(long)]
    name: String,
    /// Its key: 64 hexadecimal digits.
    #[arg(long)]
    key: String,
}

/// A bundle to write.
#[derive(Debug, clap::Args)]
pub struct Export {
    #[command(flatten)]
    data: Data,
    /// The case, such as 2026-0001.
    #[arg(long)]
    case: CaseId,
    /// The key of the server it is for.
    #[arg(long)]
    to: String,
    /// The answers handed up here, not the case.
    #[arg(long)]
    answers: bool,
    /// Where to write it; must not exist.
    #[arg(long)]
    out: PathBuf,
}

/// A bundle to read.
#[derive(Debug, clap::Args)]
pub struct Import {
    #[command(flatten)]
    data: Data,
    /// The file.
    file: PathBuf,
}

impl Exchange {
    /// Does it.
    ///
    /// # Errors
    /// With the reason, in words for an operator.
    pub async fn main(self) -> anyhow::Result<()> {
        let done = match self {
            Self::Key(place) => {
                let app = app(&place.data).await?;
                println!("{}", hex(&app.exchange.server_key().0));
                app
            }
            Self::AddServer(add) => {
                let app = app(&add.data).await?;
                let key = parse_key(&add.key).context("a key is 64 hexadecimal digits")?;
                let mut tx = app.store.write(audit::Chain::SERVER, app.now()).await?;
                store::exchange::add_peer(&mut tx, key, &add.name, app.now()).await?;
                let event = audit::Event::new(
                    audit::Chain::SERVER,
                    Who::System,
                    audit::Kind::PEER_ADDED,
                    &add.name,
                );
                tx.commit(audit::Decision::new((), event.with("key", hex(&key.0)))).await?;
                app
            }
            Self::Export(export) => {
                let app = app(&export.data).await?;
                let key = parse_key(&export.to).context("a key is 64 hexadecimal digits")?;
                ensure!(!export.out.exists(), "{} is there already", export.out.display());
                let what = if export.answers { Carried::Answers } else { Carried::Case };
                let bundle = app.exchange.write_bundle(None, export.case, key, what).await?;
                // Answers are in it: whoever carries it says who else may read it.
                let written = net::private::new(&export.out)
                    .and_then(|mut file| std::io::Write::write_all(&mut file, &bundle));
                written.with_context(|| format!("cannot write {}", export.out.display()))?;
                println!("{}: {} bytes", export.out.display(), bundle.len());
                app
            }
            Self::Import(import) => {
                let app = app(&import.data).await?;
                let length = std::fs::metadata(&import.file)
                    .with_context(|| import.file.display().to_string())?
                    .len();
                ensure!(
                    length <= (MAX_CONTENT + HEAD + 64) as u64,
                    "{} is too large",
                    import.file.display()
                );
                let bytes = std::fs::read(&import.file)?;
                let (case, bodies) = app.exchange.read_bundle(None, &bytes).await?;
                println!("case {case}: {bodies} bodies");
                app
            }
        };
        done.store.close().await;
        Ok(())
    }
}

async fn app(data: &Data) -> anyhow::Result<App> {
    over(data.open_existing().await?, data).await
}

async fn over(store: store::Store, data: &Data) -> anyhow::Result<App> {
    let mut rng = SystemRng::new();
    let keys = Keys::load_or_make(&data.data, &mut rng)?;
    let rng: Box<dyn Rng> = Box::new(rng);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let app = App::new(Making {
        store,
        clock,
        rng,
        keys,
        site: Site::new("http://localhost", Vec::new())?,
    });
    app.exchange.know_newcomers().await?;
    Ok(app)
}
