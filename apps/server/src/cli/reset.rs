//! `noren-server reset`: the way back of somebody whom no administrator can help any more, typed on
//! the server itself.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use anyhow::ensure;
use net::{SystemClock, SystemRng};
use people::{BodyCode, Login};

use super::Data;
use crate::App;
use kit::Site;
use kit::keys::Keys;
use web_people::Making;
use web_people::sign_in::reset::reset;

/// Gives somebody a new activation slip and ends their sign-ins, password, authenticator app and
/// passkeys. Shown once, on this terminal.
#[derive(Debug, clap::Args)]
pub struct Reset {
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
    /// Whose: a sign-in name.
    #[arg(long)]
    pub login: Login,
    /// Code of the body, where several people of this server have the name.
    #[arg(long)]
    pub body: Option<BodyCode>,
    /// Lifts the suspension of the person too.
    #[arg(long)]
    pub resume: bool,
}

impl Reset {
    /// Does it, while a server runs over the same data or not.
    ///
    /// # Errors
    /// With the reason, in words for an operator.
    pub async fn main(self) -> anyhow::Result<()> {
        let mut out = std::io::stdout();
        ensure!(
            out.is_terminal(),
            "the slip would end in a file or a log: type this at a terminal (over ssh: ssh -t)"
        );
        let keys = self.data.data.join(kit::keys::Keys::FILE);
        // Keys made here and now would open nothing: the running server has others.
        ensure!(
            keys.is_file(),
            "there is no {}: is --data the folder of the server?",
            keys.display()
        );
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
        let done = reset(&app, self.body, &self.login, self.resume).await;
        app.store.close().await;
        let (staff, slip) = done?;
        let until = kit::time::civil(slip.expires);
        writeln!(
            out,
            "{} ({}, {}) starts anew: open /activate of this server within 14 days (until {}) and \
             type this code. It works once.\n\n    {}\n",
            staff.login,
            staff.name,
            staff.body,
            until.strftime("%Y-%m-%d"),
            slip.code
        )?;
        Ok(())
    }
}
