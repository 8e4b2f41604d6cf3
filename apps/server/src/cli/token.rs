//! `noren-server token`: a token of the API without a browser, for set-up scripts and tests.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context, ensure};
use audit::{Decision, Event, Kind, Who};
use net::{SystemClock, SystemRng};
use people::{BodyCode, Login, StaffState};

use super::Data;
use crate::App;
use kit::Site;
use kit::http::Scope;
use kit::keys::Keys;
use web_people::Making;
use web_people::tokens::made::{LONGEST, minted, with_unproved};

/// Makes a token of the API and prints it; it is shown this once.
#[derive(Debug, clap::Args)]
pub struct Make {
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
    /// Code of the body.
    #[arg(long, required_unless_present = "list_scopes")]
    pub body: Option<BodyCode>,
    /// With whose rights it acts: a sign-in name.
    #[arg(long, default_value = "")]
    pub login: String,
    /// What it is for.
    #[arg(long, default_value = "API")]
    pub name: String,
    /// What it may be used for, such as telework:read; several by commas.
    #[arg(long, value_delimiter = ',', required_unless_present = "list_scopes")]
    pub scopes: Vec<String>,
    /// Prints the scopes there are, one a line, and makes nothing.
    #[arg(long)]
    pub list_scopes: bool,
    /// How many days it holds.
    #[arg(long, default_value_t = 90)]
    pub days: i64,
}

impl Make {
    /// Makes it.
    ///
    /// # Errors
    /// With the reason, in words for an operator.
    pub async fn main(self) -> anyhow::Result<()> {
        let Some(body) = self.body.filter(|_| !self.list_scopes) else {
            let names: Vec<&str> = Scope::ALL.into_iter().map(Scope::name).collect();
            writeln!(std::io::stdout().lock(), "{}", names.join("\n"))?;
            return Ok(());
        };
        let store = self.data.open_existing().await?;
        let mut rng = SystemRng::new();
        let keys = Keys::load_or_make(&self.data.data, &mut rng)?;
        let app = App::new(Making {
            store,
            clock: Arc::new(SystemClock::new()),
            rng: Box::new(rng),
            keys,
            site: Site::new("http://localhost", Vec::new())?,
        });
        let secret = make(&app, body, &self).await?;
        app.store.close().await;
        writeln!(std::io::stdout().lock(), "{secret}")?;
        Ok(())
    }
}

async fn make(app: &App, body: BodyCode, asked: &Make) -> anyhow::Result<String> {
    ensure!((1..=LONGEST).contains(&asked.days), "a token holds 1 to {LONGEST} days");
    let mut scopes = Vec::new();
    for name in &asked.scopes {
        let known = Scope::ALL.into_iter().find(|scope| scope.name() == name);
        scopes.push(known.with_context(|| format!("no scope is called {name}"))?);
    }
    let login: Login = asked
        .login
        .parse()
        .map_err(|_| anyhow::anyhow!("{} is not a sign-in name", asked.login))?;
    let mut tx = app.write_unattended(body).await?;
    let staff = store::staff::by_login(&mut tx, body, &login)
        .await?
        .filter(|staff| staff.state == StaffState::Active);
    let staff = staff.with_context(|| format!("nobody active is called {login} in {}", body))?;
    let (token, secret) = minted(app, body, staff.id, &asked.name, &scopes, asked.days);
    store::tokens::add(&mut tx, &token).await?;
    let event = Event::new(body.chain(), Who::System, Kind::API_TOKEN_MADE, token.name.clone())
        .with("token", token.id)
        .with("for", &staff.login)
        .with("scopes", asked.scopes.join(" "))
        .with("days", asked.days);
    let event = with_unproved(event, token.scopes);
    tx.commit(Decision::new((), event)).await?;
    Ok(secret)
}
