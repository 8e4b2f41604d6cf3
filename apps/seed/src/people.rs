//! `noren-seed people`: a body with people, policies and an enrolment token without a browser, for
//! demos and tests. Only into a new server.

use std::path::PathBuf;

use anyhow::Context;
use audit::Decision;
use people::BodyCode;
use serde_json::{Value, json};
use web_people::factors::totp;
use web_town::{Made, Plan, seed};

use server::App;
use server::cli::Data;

use crate::country::{self, PlannedCountry};
use crate::town::{self, PlannedTown};

/// Seeds a new server.
#[derive(Debug, clap::Args)]
pub(crate) struct Seed {
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
    /// What to make, TOML or JSON; without it, a sample body with an administrator and a member of
    /// staff.
    #[arg(long)]
    pub file: Option<PathBuf>,
    /// Prints one line of JSON: body, people with passwords and one-time code keys, enrolment
    /// token.
    #[arg(long)]
    pub json: bool,
}

/// The sample: a ward, an administrator, a member of staff with one PC.
const SAMPLE: &str = r#"
body = "131016"
agents = ["demo"]
staff = [
  { login = "admin", name = "情報 太郎", roles = "staff+it", division = "010" },
  { login = "hanako", name = "佐藤 花子", roles = "staff", division = "020" },
]
divisions = [
  { code = "010", name = "情報政策課", superior = "admin" },
  { code = "020", name = "総務課", superior = "admin" },
]
assignments = [{ target = "office", login = "hanako" }]
"#;

impl Seed {
    /// Makes it and prints it.
    ///
    /// # Errors
    /// When the server is not new, or the plan is not one.
    pub(crate) async fn main(self) -> anyhow::Result<()> {
        let plan = match &self.file {
            None => parse(SAMPLE)?,
            Some(path) => parse(
                &std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?,
            )?,
        };
        let app = crate::app(&self.data).await?;
        let seeded = whole(&app, &plan).await?;
        let Whole { plan, .. } = plan;
        app.store.close().await;
        let admin = seeded
            .people
            .iter()
            .find(|one| one.roles.contains("it"))
            .context("no administrator")?;
        let user = seeded.people.iter().find(|one| !one.roles.contains("it")).unwrap_or(admin);
        if self.json {
            let line = json!({
                "body": plan.body, "user": user.user,
                "password": user.password, "totp_secret": user.totp_secret,
                "admin": admin, "staff": seeded.people,
                "enroll_token": seeded.tokens.first(), "enroll_tokens": seeded.tokens,
                "server_key": kit::secrets::hex(app.keys.signing.verifying_key().as_bytes()),
            });
            println!("{line}");
        } else {
            for one in &seeded.people {
                println!(
                    "{} {} ({}): password {}, one-time code key {}",
                    one.body, one.user, one.roles, one.password, one.totp_secret
                );
            }
            for token in &seeded.tokens {
                println!("enrolment token: {token}");
            }
        }
        Ok(())
    }
}

/// A plan, and what is planned beside it.
#[derive(Debug)]
struct Whole {
    plan: Plan,
    /// A town that is lived in, in the first body: people, inventory and months of records.
    town: Option<PlannedTown>,
    /// A country for measurements: an agent in every body, open sessions on record.
    country: Option<PlannedCountry>,
}

fn parse(text: &str) -> anyhow::Result<Whole> {
    let json = text.trim_start().starts_with('{');
    let mut all: Value = if json { serde_json::from_str(text)? } else { toml::from_str(text)? };
    let mut beside = |name: &str| all.as_object_mut().and_then(|all| all.remove(name));
    let (town, country) = (beside("town"), beside("country"));
    Ok(Whole {
        plan: serde_json::from_value(all)?,
        town: town.map(serde_json::from_value).transpose()?,
        country: country.map(serde_json::from_value).transpose()?,
    })
}

async fn whole(app: &App, plan: &Whole) -> anyhow::Result<web_town::Seeded> {
    let mut seeded = seed(app, &plan.plan).await?;
    let body: BodyCode = plan.plan.body.parse().context("body")?;
    if let (Some(planned), Some((password, hash, key))) = (plan.town, seeded.first.clone()) {
        let mut tx = app.store.write(body.chain(), app.now()).await?;
        let keys = town::Keys { hash: &hash, totp: &key };
        let (staff, events) = town::fill(app, &mut tx, body, planned, &seeded.staff, &keys).await?;
        tx.commit(Decision { value: (), events }).await?;
        seeded.people.extend(staff.iter().take(usize::try_from(planned.sign_in)?).map(|one| {
            Made {
                body: one.body.to_string(),
                user: one.login.to_string(),
                password: password.clone(),
                totp_secret: totp::base32(&key),
                roles: one.roles.names(),
            }
        }));
    }
    if let Some(country) = plan.country {
        country::fill(app, body, country).await?;
    }
    Ok(seeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_town_is_lived_in() {
        let town = crate::testing::Town::empty().await;
        let plan = json!({
            "body": "131016", "town": { "staff": 24, "months": 3, "sign_in": 1 },
            "staff": [
                { "login": "admin", "name": "情報", "roles": "staff+it+hr",
                    "password": "Demo-town-24" }],
        });
        let plan = parse(&plan.to_string()).unwrap();
        let seeded = whole(&town.app, &plan).await.unwrap();
        assert_eq!(seeded.people.len(), 2);
        let body: BodyCode = plan.plan.body.parse().unwrap();
        let mut conn = town.app.store.read().await.unwrap();
        let today =
            telework::time::tokyo(jiff::Timestamp::from_millisecond(town.app.now()).unwrap())
                .date();
        let this = telework::time::Month::of(today);
        assert!(
            store::telework::ledger(&mut conn, body, this.before().before())
                .await
                .unwrap()
                .is_closed()
        );
        assert!(
            !store::telework::ledger(&mut conn, body, this.before()).await.unwrap().is_closed()
        );
        let sheets =
            store::telework::sheets(&mut conn, body, this.before().before()).await.unwrap();
        assert!(sheets.len() > 3 && sheets.iter().all(|row| row.days > 0));
        assert_eq!(store::staff::all(&mut conn, body).await.unwrap().len(), 25);
        let (first, last) = this.before().days().unwrap();
        let days = store::telework::days(&mut conn, body, first, last).await.unwrap();
        assert!(days.len() > 10 && days.iter().all(|row| !row.record.report.is_empty()));
        assert!(!store::telework::works(&mut conn, body, None).await.unwrap().is_empty());
    }

    #[test]
    fn the_sample_is_a_plan() {
        let plan = parse(SAMPLE).unwrap();
        assert_eq!(plan.plan.staff.len(), 2);
        assert_eq!(
            people::Bodies::default().body(plan.plan.body.parse().unwrap()).unwrap().name,
            "千代田区"
        );
    }
}
