//! People, divisions and policies put into a new server without a browser: for tests and for the
//! demo.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use audit::{Chain, Decision, Event, Kind, Who};
use kit::secrets::{normal_code, sha256};
use people::{
    AssignmentId, BodyCode, Division, DivisionId, Login, Name, Role, Roles, SessionPolicy,
    SignInPolicy, Staff, StaffId, StaffState, TargetId,
};
use serde::{Deserialize, Serialize};
use store::Tx;
use store::agents::Enrolment;
use store::pcs::Promise;
use web_people::People;
use web_people::factors::{TOTP_PURPOSE, totp};

/// What to make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The body with the first administrator.
    pub body: String,
    /// Further bodies of the server.
    #[serde(default)]
    pub bodies: Vec<String>,
    /// People. The first with the role `it` of the first body becomes the operator.
    pub staff: Vec<Person>,
    /// Divisions.
    #[serde(default)]
    pub divisions: Vec<PlannedDivision>,
    /// How people sign in; the default without it.
    #[serde(default)]
    pub sign_in: SignInPolicy,
    /// What sessions may be; the default without it.
    #[serde(default)]
    pub session: SessionPolicy,
    /// PCs assigned as soon as an agent of the body offers them, for a year: target and sign-in
    /// name.
    #[serde(default)]
    pub assignments: Vec<PlannedAssignment>,
    /// Names of agents to issue an enrolment token for; tokens work for a day.
    #[serde(default)]
    pub agents: Vec<String>,
}

/// A person to make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Sign-in name.
    pub login: String,
    /// Name.
    pub name: String,
    /// Roles, such as `staff+superior`.
    pub roles: String,
    /// Code of the body; the first one without it.
    pub body: Option<String>,
    /// Code of the division.
    pub division: Option<String>,
    /// Password; made up without it.
    pub password: Option<String>,
    /// One-time code key in base32; made up without it.
    pub totp_secret: Option<String>,
    /// 会計年度任用職員.
    #[serde(default)]
    pub fiscal_year: bool,
}

/// A division to make, in the first body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedDivision {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Sign-in name of who leads it.
    pub superior: Option<String>,
}

/// An assignment to make, in the first body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedAssignment {
    /// The agent's name for the PC.
    pub target: String,
    /// Sign-in name.
    pub login: String,
}

/// A person that was made, with what signs in.
#[derive(Debug, Serialize)]
pub struct Made {
    /// Code of the body.
    pub body: String,
    /// Sign-in name.
    pub user: String,
    /// Password.
    pub password: String,
    /// One-time code key, base32.
    pub totp_secret: String,
    /// Roles.
    pub roles: String,
}

/// What was made.
#[derive(Debug)]
pub struct Seeded {
    /// People in the order of the plan.
    pub people: Vec<Made>,
    /// Enrolment tokens in the order of the plan.
    pub tokens: Vec<String>,
    /// The staff of the first body.
    pub staff: Vec<Staff>,
    /// What the first of them signs in with: password, its hash, one-time code key.
    pub first: Option<(String, String, Vec<u8>)>,
}

/// Makes the plan true in one write.
///
/// # Errors
/// When there is an administrator already, or the plan names what does not exist.
pub async fn seed(app: &People, plan: &Plan) -> anyhow::Result<Seeded> {
    let body: BodyCode = plan.body.parse().context("body")?;
    let mut hashed = Vec::new();
    for person in &plan.staff {
        let password = person
            .password
            .clone()
            .unwrap_or_else(|| format!("Demo-{}", app.random_code(3).to_lowercase()));
        let hash = app.passwords.hash(&password, app.random()).await?;
        hashed.push((password, hash));
    }
    let mut tx = app.store.write(Chain::SERVER, app.now()).await?;
    ensure!(
        !store::staff::operator_exists(&mut tx).await?,
        "this server has an administrator already: seeding is for new ones"
    );
    let mut codes = vec![body];
    for code in &plan.bodies {
        codes.push(code.parse().with_context(|| format!("body {code}"))?);
    }
    for code in &codes {
        app.bodies().body(*code).with_context(|| format!("body {code}"))?;
        store::bodies::add(&mut tx, *code, app.now()).await?;
        store::bodies::put_sign_in_policy(
            &mut tx,
            *code,
            &plan.sign_in.checked().context("sign_in")?,
        )
        .await?;
        store::bodies::put_session_policy(
            &mut tx,
            *code,
            &plan.session.clone().checked().context("session")?,
        )
        .await?;
    }
    let mut divisions = divisions(app, &mut tx, body, plan).await?;
    let mut events =
        vec![Event::new(Chain::SERVER, Who::System, Kind::SERVER_SEEDED, body.as_str())];
    let mut people = Vec::new();
    let mut planned = Vec::new();
    let mut first_key: Option<(String, String, Vec<u8>)> = None;
    let mut by_login: BTreeMap<String, StaffId> = BTreeMap::new();
    let mut operator: Option<StaffId> = None;
    for (person, (password, hash)) in plan.staff.iter().zip(hashed) {
        let staff = staff(app, person, body, &divisions, operator.is_none())?;
        if staff.operator {
            operator = Some(staff.id);
        }
        let key = match &person.totp_secret {
            Some(secret) => totp::from_base32(secret)?,
            None => app.random::<{ totp::KEY_BYTES }>().to_vec(),
        };
        store::staff::add(&mut tx, &staff)
            .await
            .with_context(|| format!("staff {}", person.login))?;
        store::credentials::put(
            &mut tx,
            staff.id,
            &hash,
            &app.seal(TOTP_PURPOSE, &staff.id.0, &key)?,
            0,
        )
        .await?;
        events.push(
            Event::new(staff.body.chain(), Who::System, Kind::STAFF_ADDED, staff.login.as_str())
                .with("roles", staff.roles.names()),
        );
        if staff.body == body {
            by_login.insert(person.login.clone(), staff.id);
            planned.push(staff.clone());
        }
        first_key.get_or_insert((password.clone(), hash, key.clone()));
        people.push(Made {
            body: staff.body.to_string(),
            user: staff.login.to_string(),
            password,
            totp_secret: totp::base32(&key),
            roles: staff.roles.names(),
        });
    }
    let Some(operator) = operator else { bail!("nobody in body {body} has the role it") };
    let known = |login: &str| {
        by_login
            .get(login)
            .copied()
            .with_context(|| format!("nobody in body {body} is called {login}"))
    };
    for (planned, division) in plan.divisions.iter().zip(&mut divisions) {
        if let Some(superior) = &planned.superior {
            division.superior = Some(known(superior)?);
            store::divisions::change(&mut tx, division).await?;
        }
    }
    let mut promises: BTreeMap<TargetId, Vec<Promise>> = BTreeMap::new();
    for planned in &plan.assignments {
        let target: TargetId =
            planned.target.parse().with_context(|| format!("target {}", planned.target))?;
        let (from, until) = (app.now() - 60_000, app.now() + 365 * 86_400_000);
        let promise = Promise {
            assignment: AssignmentId(app.random()),
            staff: known(&planned.login)?,
            from,
            until,
            by: operator,
        };
        promises.entry(target).or_default().push(promise);
        let event = Event::new(body.chain(), Who::System, Kind::ASSIGNED, &planned.login);
        events.push(
            event
                .with("target", &planned.target)
                .with("until_ms", until)
                .with("note", "as soon as it is offered"),
        );
    }
    for (target, promises) in &promises {
        store::pcs::promise(&mut tx, body, target, promises).await?;
    }
    let mut tokens = Vec::new();
    for name in &plan.agents {
        let token = app.random_code(6);
        let hash = sha256(normal_code(&token).as_bytes());
        let expires = app.now() + web_people::agents::acts::TOKEN_MS;
        store::agents::issue(
            &mut tx,
            &Enrolment { hash, body, name: name.clone(), by: operator, expires },
        )
        .await?;
        events.push(Event::new(body.chain(), Who::System, Kind::ENROLMENT_ISSUED, name.as_str()));
        tokens.push(token);
    }
    let value = Seeded { people, tokens, staff: planned, first: first_key };
    Ok(tx.commit(Decision { value, events }).await?)
}

async fn divisions(
    app: &People,
    tx: &mut Tx,
    body: BodyCode,
    plan: &Plan,
) -> anyhow::Result<Vec<Division>> {
    let mut made = Vec::new();
    for planned in &plan.divisions {
        let name: Name =
            planned.name.parse().with_context(|| format!("division {}", planned.name))?;
        let division = Division {
            id: DivisionId(app.random()),
            body,
            code: planned.code.clone(),
            name,
            superior: None,
            deputy: None,
        };
        store::divisions::add(tx, &division)
            .await
            .with_context(|| format!("division {}", planned.code))?;
        made.push(division);
    }
    Ok(made)
}

fn staff(
    app: &People,
    person: &Person,
    first: BodyCode,
    divisions: &[Division],
    may_operate: bool,
) -> anyhow::Result<Staff> {
    let at = || format!("staff {}", person.login);
    let body: BodyCode = person.body.as_deref().map_or(Ok(first), str::parse).with_context(at)?;
    let roles: Roles = person.roles.parse().with_context(at)?;
    let division = match &person.division {
        Some(code) => Some(
            divisions
                .iter()
                .find(|division| division.code == *code)
                .with_context(|| format!("division {code}"))?
                .id,
        ),
        None => None,
    };
    Ok(Staff {
        id: StaffId(app.random()),
        body,
        login: person.login.parse::<Login>().with_context(at)?,
        name: person.name.parse().with_context(at)?,
        division: division.filter(|_| body == first),
        roles,
        operator: may_operate && body == first && roles.has(Role::It),
        state: StaffState::Active,
        fiscal_year: person.fiscal_year,
        created: app.now(),
    })
}
