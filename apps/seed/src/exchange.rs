//! The country for demos and measurements: every body, five past surveys, one that runs. Answers
//! are invented; those of 令和3年 and 令和2年 have the published totals, earlier ones are drawn from them
//! by a fixed rule and say so in the letter.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use audit::{Chain, Decision, Event, Kind, Who};
use exchange::body::{bodies, is_prefecture, prefecture_of};
use exchange::case::{
    Addressee, AnswerVersion, Case, CaseId, Deadline, Delivery, Duty, Letter, Path, Receipt,
    ReceiptNumber, STAFFING, Stage, State, SubmitKey, blank, today,
};
use exchange::form::{Form, shipped};
use exchange::import::{Answers, read_csv};
use exchange::value::{ChoiceId, QuestionId, Sheet, Value};
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use people::{
    BodyCode, BodyKind, Division, DivisionId, MINISTRY, Roles, Staff, StaffId, StaffState,
};
use serde::Serialize;
use store::Tx;

use kit::secrets::sha256;
use server::App;
use server::cli::Data;
use web_people::factors::TOTP_PURPOSE;
use web_people::factors::totp;
use web_town::Made;

/// The country.
#[derive(Debug, clap::Args)]
pub(crate) struct Seed {
    #[command(flatten)]
    data: Data,
    /// Answers of all bodies for 令和3年, CSV.
    #[arg(long)]
    answers: PathBuf,
    /// Answers of all bodies for 令和2年, CSV.
    #[arg(long)]
    previous: PathBuf,
    /// That many further bodies get a desk that is signed in already, for measurements.
    #[arg(long, default_value_t = 0)]
    desks: usize,
    /// The running survey has every body at its last step before submitting, for measurements.
    #[arg(long)]
    ready: bool,
    /// Prints one line of JSON.
    #[arg(long)]
    json: bool,
}

impl Seed {
    /// Makes it and prints it.
    ///
    /// # Errors
    /// With the reason, in words for an operator.
    pub(crate) async fn main(self) -> anyhow::Result<()> {
        let app = crate::app(&self.data).await?;
        let sources =
            Sources { r3: std::fs::read(&self.answers)?, r2: std::fs::read(&self.previous)? };
        let made = country(&app, &sources, self.desks, self.ready).await?;
        app.store.close().await;
        if self.json {
            println!("{}", serde_json::to_string(&made)?);
        } else {
            for one in &made.people {
                println!(
                    "{} {}: password {}, one-time code key {}",
                    one.body, one.user, one.password, one.totp_secret
                );
            }
        }
        Ok(())
    }
}

/// The answers that are given.
pub(crate) struct Sources {
    /// 令和3年, CSV.
    pub r3: Vec<u8>,
    /// 令和2年, CSV.
    pub r2: Vec<u8>,
}

/// What was made.
#[derive(Debug, Serialize)]
pub(crate) struct Country {
    /// People who sign in: the ministry's clerk and superior, a prefecture's, a town's, one of a
    /// division of the town.
    pub people: Vec<Made>,
    /// The survey that runs.
    pub case: String,
    /// The past ones, latest first.
    pub past: Vec<String>,
    /// One nobody has looked at yet, where measurements asked for it.
    pub untouched: Option<String>,
    /// Desks that are signed in already, where measurements asked for them: body and cookie.
    pub desks: Vec<(String, String)>,
}

/// A year of the survey.
struct Survey {
    version: &'static str,
    as_of: Date,
    source: String,
    answers: Answers,
    note: &'static str,
}

const INVENTED: &str = "このデータは動作確認用の架空の回答です。";
const DRAWN: &str =
    "このデータは令和2年の架空の回答から機械的に作った試作です。公表された数値ではありません。";

/// Fills a server that has no cases yet.
///
/// # Errors
/// When it has, or the sources are not the answers of the shipped forms.
pub(crate) async fn country(
    app: &App,
    sources: &Sources,
    desks: usize,
    ready: bool,
) -> anyhow::Result<Country> {
    let surveys = surveys(sources)?;
    let now = Timestamp::from_millisecond(app.now())?;
    let password = format!("Demo-{}", app.random_code(3).to_lowercase());
    let hash = app.passwords.hash(&password, app.random()).await?;
    let mut tx = app.store.write(Chain::SERVER, app.now()).await?;
    ensure!(
        store::exchange::cases(&mut tx, "", 0, 1).await?.is_empty(),
        "this server has cases already: seeding is for new ones"
    );
    let here: Vec<BodyCode> =
        store::bodies::all(&mut tx).await?.into_iter().map(|body| body.code).collect();
    for code in std::iter::once(MINISTRY).chain(bodies().iter().map(|body| body.code)) {
        if !here.contains(&code) {
            store::bodies::add(&mut tx, code, app.now()).await?;
        }
    }
    let town = bodies()
        .iter()
        .find(|body| body.kind == BodyKind::Town && body.prefecture == "長野県")
        .context("a town")?
        .code;
    let mut people = Vec::new();
    // The town asks its divisions (庁内照会).
    let mut divisions = Vec::new();
    for (code, name) in [("010", "総務課"), ("020", "情報政策課")] {
        let id = DivisionId(app.random());
        let division = Division {
            id,
            body: town,
            code: code.into(),
            name: name.parse()?,
            superior: None,
            deputy: None,
        };
        store::divisions::add(&mut tx, &division).await?;
        divisions.push(id);
    }
    for (body, login, name, roles) in [
        (MINISTRY, "kuni", "国野 花子", "staff+hr"),
        (MINISTRY, "kuni-kacho", "国野 課長", "staff+superior"),
        (prefecture_of(town), "ken", "県山 太郎", "staff+hr"),
        (prefecture_of(town), "ken-kacho", "県山 課長", "staff+superior"),
        (town, "machi", "町田 次郎", "staff+hr"),
        (town, "machi-kacho", "町田 課長", "staff+superior"),
    ] {
        let division = if body == town { divisions.first().copied() } else { None };
        people.push(
            person(app, &mut tx, body, login, name, roles, division, &password, &hash).await?,
        );
    }
    let it = divisions.last().copied();
    people.push(
        person(app, &mut tx, town, "machi-joho", "町田 情子", "staff", it, &password, &hash)
            .await?,
    );
    let mut signed_in = Vec::new();
    let others =
        bodies().iter().filter(|body| body.code != town && body.code != prefecture_of(town));
    for body in others.take(desks) {
        person(app, &mut tx, body.code, "desk", "窓口 担当", "staff+hr", None, &password, &hash)
            .await?;
        let staff = store::staff::by_login(&mut tx, body.code, &"desk".parse()?)
            .await?
            .context("the desk that was made")?;
        // A thousand people proving two factors would measure Argon2, not the exchange.
        // Nobody signed in: that the server was seeded is what goes on record.
        let made = app
            .new_sign_in(&mut tx, &staff, "seed", "", &web_people::sign_in::Origin::default())
            .await?;
        signed_in.push((body.code.to_string(), made.value));
    }
    let mut past = Vec::new();
    for survey in &surveys {
        past.push(add_past(&mut tx, survey).await?.to_string());
    }
    past.reverse();
    let case = add_running(&mut tx, surveys.last().context("a survey")?, now, town, ready).await?;
    let event = Event::new(Chain::SERVER, Who::System, Kind::SERVER_SEEDED, case.to_string())
        .with("note", INVENTED);
    let untouched =
        if ready { Some(add_untouched(&mut tx, case, now).await?.to_string()) } else { None };
    let made = Country { people, case: case.to_string(), past, untouched, desks: signed_in };
    Ok(tx.commit(Decision::new(made, event)).await?)
}

#[allow(clippy::too_many_arguments)] // A row of the list above.
async fn person(
    app: &App,
    tx: &mut Tx,
    body: BodyCode,
    login: &str,
    name: &str,
    roles: &str,
    division: Option<DivisionId>,
    password: &str,
    hash: &str,
) -> anyhow::Result<Made> {
    let roles: Roles = roles.parse()?;
    let staff = Staff {
        id: StaffId(app.random()),
        body,
        login: login.parse()?,
        name: name.parse()?,
        division,
        roles,
        operator: false,
        state: StaffState::Active,
        fiscal_year: false,
        created: app.now(),
    };
    let key = app.random::<{ totp::KEY_BYTES }>();
    store::staff::add(tx, &staff).await.with_context(|| format!("staff {login}"))?;
    store::credentials::put(tx, staff.id, hash, &app.seal(TOTP_PURPOSE, &staff.id.0, &key)?, 0)
        .await?;
    Ok(Made {
        body: body.to_string(),
        user: login.to_owned(),
        password: password.to_owned(),
        totp_secret: totp::base32(&key),
        roles: roles.names(),
    })
}

/// The years, oldest first.
fn surveys(sources: &Sources) -> anyhow::Result<Vec<Survey>> {
    let read = |source: &str, bytes: &[u8]| -> anyhow::Result<Answers> {
        let form = Form::read(source).map_err(|faults| anyhow::anyhow!("form: {faults:?}"))?;
        read_csv(&form, bytes, |code| {
            exchange::body::body(&people::Bodies::default(), code).is_ok()
        })
        .map_err(|faults| anyhow::anyhow!("answers: {:?}", faults.first()))
    };
    let r2 = read(shipped::TELEWORK_R2, &sources.r2)?;
    let r3 = read(shipped::TELEWORK_R3, &sources.r3)?;
    let mut all = Vec::new();
    for (version, year, of_thousand) in
        [("平成29年", 2017, 120), ("平成30年", 2018, 220), ("令和元年", 2019, 420)]
    {
        let source = earlier(version, year);
        let form =
            Form::read(&source).map_err(|faults| anyhow::anyhow!("form {version}: {faults:?}"))?;
        let answers = r2
            .iter()
            .map(|(code, sheet)| (*code, before(&form, *code, sheet, year, of_thousand)))
            .collect();
        all.push(Survey { version, as_of: date(year, 10, 1), source, answers, note: DRAWN });
    }
    all.push(Survey {
        version: "令和2年",
        as_of: date(2020, 10, 1),
        source: shipped::TELEWORK_R2.into(),
        answers: r2,
        note: INVENTED,
    });
    all.push(Survey {
        version: "令和3年",
        as_of: date(2021, 10, 1),
        source: shipped::TELEWORK_R3.into(),
        answers: r3,
        note: INVENTED,
    });
    Ok(all)
}

/// The form of an earlier year: the one of 令和2年 under its own name and day.
fn earlier(version: &str, year: i16) -> String {
    shipped::TELEWORK_R2
        .replace("version = \"令和2年\"", &format!("version = \"{version}\""))
        .replace("2020-10-01", &format!("{year}-10-01"))
        .replace("令和2年4月1日現在", &format!("{version}4月1日現在"))
}

/// What a body may have said in an earlier year: the first to introduce telework by a fixed draw,
/// the others not yet.
fn before(form: &Form, code: BodyCode, sheet: &Sheet, year: i16, of_thousand: u32) -> Sheet {
    let mut sheet = sheet.clone();
    let draw = number(code, "introduced") % 1_000;
    let introduced = matches!(
        sheet.value("adoption"),
        Some(Value::One(id)) if ["trial", "formal"].contains(&id.as_str()));
    if introduced && draw >= of_thousand {
        sheet.set(&QuestionId::new("adoption"), Some(Value::One(ChoiceId::new("none"))));
        let reasons = form.question("reasons").map(|question| match &question.kind {
            exchange::form::Kind::ManyOf { choices, .. } => choices
                .iter()
                .filter(|choice| !number(code, choice.id.as_str()).is_multiple_of(3))
                .map(|choice| choice.id.clone())
                .collect(),
            _ => std::collections::BTreeSet::new(),
        });
        let reasons = reasons
            .filter(|reasons| !reasons.is_empty())
            .unwrap_or_else(|| [ChoiceId::new("counter")].into());
        sheet.set(&QuestionId::new("reasons"), Some(Value::Many(reasons)));
    }
    if let Some(Value::Number(staff)) = sheet.value("staff") {
        // Within two hundredths of the later year's, and never below what the other figures need.
        let drift = i64::from(number(code, &year.to_string()) % 3);
        let more = staff + staff * drift / 100;
        sheet.set(&QuestionId::new("staff"), Some(Value::Number(more.max(1))));
    }
    sheet.reasons.clear();
    form.prune(&mut sheet);
    sheet
}

/// A number that is the same on every machine and every day.
fn number(code: BodyCode, salt: &str) -> u32 {
    let hash = sha256(format!("{code} {salt}").as_bytes());
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

fn letter(version: &str, date: Date, note: &str) -> Letter {
    Letter {
        number: format!("事務連絡 {version}"),
        date,
        to: "各都道府県人事担当課・市町村担当課・区政課　御中".into(),
        from: "総務省自治行政局（見本）".into(),
        subject: format!("地方公共団体におけるテレワークの取組状況調査（{version}）"),
        text: format!("標記の調査について、別記のとおり御回答くださるようお願いします。\n\n{note}"),
        items: vec!["調査基準日：10月1日".into(), "回答方法：調査票への入力またはExcel".into()],
        legal_basis: String::new(),
        duty: Duty::Asked,
        funding: String::new(),
        purpose: "取組状況を把握し、集計結果を公表するため。".into(),
        minutes: Some(30),
        attachments: Vec::new(),
        contact: "自治行政局（見本）".into(),
    }
}

fn addressee(code: BodyCode) -> Addressee {
    Addressee { body: code, desk: STAFFING.to_owned() }
}

async fn add_form(tx: &mut Tx, source: &str, at: i64) -> anyhow::Result<Form> {
    let form = Form::read(source).map_err(|faults| anyhow::anyhow!("form: {faults:?}"))?;
    store::exchange::put_form(tx, &form.name, &form.title, source, at, "seed").await?;
    store::exchange::fix_form(tx, &form.name).await?;
    Ok(form)
}

async fn add_past(tx: &mut Tx, survey: &Survey) -> anyhow::Result<CaseId> {
    let at = time(survey.as_of.checked_add(50.days())?)?;
    let form = add_form(tx, &survey.source, at.as_millisecond()).await?;
    let id = CaseId { year: u16::try_from(survey.as_of.year())?, serial: 1 };
    let deadline = survey.as_of.checked_add(28.days())?;
    let case = Case {
        letter: letter(survey.version, survey.as_of, survey.note),
        addressees: bodies().iter().map(|body| addressee(body.code)).collect(),
        form: Some(form.name),
        deadline: Some(deadline),
        stage: Stage::Published,
        sent_at: Some(time(survey.as_of)?),
        revision: 3,
        ..blank(id, survey.as_of)
    };
    store::exchange::add_case(tx, &case).await?;
    let deliveries: Vec<Delivery> = survey
        .answers
        .iter()
        .map(|(code, sheet)| {
            answered(delivery(id, *code, deadline, State::Confirmed), sheet.clone(), at, true)
        })
        .collect();
    store::exchange::add_deliveries(tx, &deliveries, at.as_millisecond()).await?;
    Ok(id)
}

/// 令和4年 as it may run now: some have answered, some are at it, some have not looked.
async fn add_running(
    tx: &mut Tx,
    last: &Survey,
    now: Timestamp,
    town: BodyCode,
    ready: bool,
) -> anyhow::Result<CaseId> {
    let source = last
        .source
        .replace("previous = \"令和2年\"", "previous = \"令和3年\"")
        .replace("version = \"令和3年\"", "version = \"令和4年\"")
        .replace("2021-10-01", "2022-10-01")
        .replace("令和3年4月1日現在", "令和4年4月1日現在");
    let form = add_form(tx, &source, now.as_millisecond()).await?;
    let today = today(now);
    let fiscal = if today.month() >= 4 { today.year() } else { today.year() - 1 };
    let id = store::exchange::next_serial(tx, u16::try_from(fiscal)?).await?;
    let (sent, deadline) = (today.checked_sub(16.days())?, today.checked_add(5.days())?);
    let case = Case {
        letter: letter("令和4年", sent, INVENTED),
        addressees: bodies().iter().map(|body| addressee(body.code)).collect(),
        form: Some(form.name.clone()),
        deadline: Some(deadline),
        path: Path::Cascade,
        stage: Stage::Sent,
        sent_at: Some(time(sent)?),
        revision: 1,
        ..blank(id, sent)
    };
    store::exchange::add_case(tx, &case).await?;
    let mut deliveries = Vec::new();
    for (code, sheet) in &last.answers {
        let draw = number(*code, "running") % 100;
        let state = match draw {
            _ if ready => State::Approved,
            _ if *code == town => State::Sent,
            0..8 => State::Sent,
            8..20 => State::Received,
            20..45 => State::Entering,
            45..60 if !is_prefecture(*code) => State::Submitted,
            60..66 if !is_prefecture(*code) => State::Passed,
            66..70 if !is_prefecture(*code) => State::Returned,
            _ => State::HandedUp,
        };
        let mut one = delivery(id, *code, deadline, state);
        if !ready
            && draw % 10 == 3
            && one.via.is_some()
            && let Some(own) = &mut one.deadline
        {
            own.prefecture = Some(today.checked_sub(2.days())?);
        }
        if ready || (state.editable() && state != State::Received) {
            one = answered(one, sheet.clone(), now, false);
        } else if !state.awaits_the_body() {
            one = answered(one, sheet.clone(), now, true);
        }
        if state == State::Returned {
            one.remarks.push(exchange::case::Remark {
                question: Some(QuestionId::new("staff")),
                text: "前回から大きく変わった理由を確認してください。".into(),
            });
        }
        deliveries.push(one);
    }
    store::exchange::add_deliveries(tx, &deliveries, now.as_millisecond()).await?;
    Ok(id)
}

/// The running survey once more, just sent.
async fn add_untouched(tx: &mut Tx, like: CaseId, now: Timestamp) -> anyhow::Result<CaseId> {
    let like = store::exchange::case(tx, like).await?.context("the running survey")?;
    let id = store::exchange::next_serial(tx, like.id.year).await?;
    let deadline = like.deadline.context("a deadline")?;
    let addressees = bodies().iter().map(|body| addressee(body.code)).collect();
    store::exchange::add_case(tx, &Case { id, path: Path::Direct, addressees, ..like }).await?;
    let sent = |body: &exchange::body::Body| Delivery {
        via: None,
        ..delivery(id, body.code, deadline, State::Sent)
    };
    let deliveries: Vec<Delivery> = bodies().iter().map(sent).collect();
    store::exchange::add_deliveries(tx, &deliveries, now.as_millisecond()).await?;
    Ok(id)
}

fn delivery(case: CaseId, code: BodyCode, deadline: Date, state: State) -> Delivery {
    Delivery {
        case,
        to: addressee(code),
        via: (!is_prefecture(code)).then(|| prefecture_of(code)),
        state,
        deadline: Some(Deadline { ministry: deadline, prefecture: None, extended: None }),
        note: None,
        extension: None,
        extension_refused: None,
        correction: None,
        answer: None,
        parts: BTreeMap::new(),
        remarks: Vec::new(),
        receipts: Vec::new(),
        entered: Default::default(),
        revision: 1,
    }
}

fn answered(delivery: Delivery, sheet: Sheet, at: Timestamp, submitted: bool) -> Delivery {
    let number = ReceiptNumber { case: delivery.case, body: delivery.to.body, count: 1 };
    let answer = AnswerVersion {
        number: 1,
        sheet,
        at,
        by: "sample".into(),
        reason: String::new(),
        proxy: false,
    };
    let mut key = [0; 16];
    key.copy_from_slice(&sha256(number.to_string().as_bytes())[..16]);
    let receipt = Receipt { number, key: SubmitKey(key), version: 1, at, late: false };
    Delivery {
        answer: Some(answer),
        receipts: if submitted { vec![receipt] } else { Vec::new() },
        ..delivery
    }
}

/// Ten in the morning of a day in Japan.
fn time(day: Date) -> anyhow::Result<Timestamp> {
    Ok(day.at(10, 0, 0, 0).to_zoned(kit::time::tokyo())?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use exchange::entry::check;

    #[test]
    fn earlier_years_are_drawn_the_same_every_time_and_pass_their_own_form() {
        let sources = Sources {
            r3: include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../core/exchange/testdata/answers-r3.csv"
            ))
            .to_vec(),
            r2: include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../core/exchange/testdata/answers-r2.csv"
            ))
            .to_vec(),
        };
        let all = surveys(&sources).unwrap();
        assert_eq!(all.iter().map(|survey| survey.answers.len()).collect::<Vec<_>>(), [1_788; 5]);
        let introduced = |survey: &Survey| {
            let form = Form::read(&survey.source).unwrap();
            survey
                .answers
                .values()
                .for_each(|sheet| assert_eq!(check(&form, sheet, None), [], "{}", survey.version));
            let yes = |sheet: &&Sheet| {
                matches!(
                sheet.value("adoption"),
                Some(Value::One(id)) if ["trial", "formal"].contains(&id.as_str()))
            };
            survey.answers.values().filter(yes).count()
        };
        let years: Vec<usize> = all.iter().map(introduced).collect();
        assert!(years.windows(2).all(|pair| pair[0] < pair[1]), "{years:?}");
        assert_eq!(years[3..], [406, 916]);
    }
}
