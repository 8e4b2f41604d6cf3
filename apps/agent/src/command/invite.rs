//! `invite`: print a slip.

use crate::state::{Identity, Ledger, Store};
use crate::{Error, Result};
use clap::Args;
use pairing::Book;
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Invite {
    /// The person's sign-in name
    #[arg(long, value_name = "LOGIN")]
    user: String,
    /// Hours until the slip is void
    #[arg(long, default_value_t = Book::LIFE_MS / 3_600_000)]
    hours: u64,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Also write the QR code, to be printed, into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Invite {
    pub(super) fn run(self, store: &Store) -> anyhow::Result<()> {
        let identity = store.read::<Identity>()?.ok_or(Error::NotEnrolled)?;
        let (now, life) = (super::now(), self.hours.saturating_mul(3_600_000));
        let login = self.user.trim();
        let make = |ledger: &mut Ledger| {
            Ok(ledger.invites.invite(identity.number, login, life, now, &mut super::rng())?)
        };
        let (_, slip) = store.update(make)?;
        let code = slip.reveal();
        let (page, until) = (format!("{}/pair", identity.server), now.plus(life));
        let url = format!("{page}#{code}");
        let qr = QrCode::with_error_correction_level(&url, EcLevel::M)
            .map_err(|error| Error::Invalid(error.to_string()))?;
        if let Some(path) = &self.svg {
            write(path, &svg(&qr))?;
        }
        if self.json {
            let shown = serde_json::json!(
                { "code": code, "url": url, "page": page, "user": login, "not_after": until });
            println!("{shown}");
            return Ok(());
        }
        let drawn =
            qr.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
        println!(
            "{} ({})\n{login}\n\n{drawn}\n\n  {page}\n\n  {code}\n",
            identity.body_name, identity.name
        );
        println!(
            "自宅のブラウザーで上のアドレスを開いてサインインし、この番号を入力してください。"
        );
        println!("{} まで、1 回だけ使えます。ほかの人に見せないでください。", super::shown(until));
        Ok(())
    }
}

fn svg(qr: &QrCode) -> String {
    qr.render::<qrcode::render::svg::Color<'_>>().min_dimensions(240, 240).build()
}

/// The drawing holds the secret, so only this user may read it.
fn write(path: &std::path::Path, text: &str) -> Result<()> {
    use std::io::Write as _;
    let fault = |error| Error::State { path: path.to_owned(), error };
    let mut file = net::private::emptied(path).map_err(fault)?;
    file.write_all(text.as_bytes()).map_err(fault)
}
