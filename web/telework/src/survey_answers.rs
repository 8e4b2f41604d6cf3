//! The survey answers itself: computed answers to the telework survey, each with its working, and
//! what a person made of them.
//!
//! Whoever offers the telework survey's form calls [`offered`] with the scope of the form's day
//! ([`Scope::as_of`]) and finds a value by the question's identity in the form; [`Offered::value`]
//! is the one to put into the form, and [`Offered::settled`] says whether a person stands behind
//! it.

use std::collections::{BTreeMap, BTreeSet};

use exchange::value::{ChoiceId, Value};
use jiff::Timestamp;
use jiff::civil::Date;
use people::{BodyCode, StaffId};
use serde::{Deserialize, Serialize};
use store::Conn;
use telework::inventory::sheet::hours;
use telework::inventory::{Share, Work};
use telework::rules::Form;
use telework::survey::{Answers, Member, Records, Scope, Stage, answers};

use super::inventory::judging;
use super::{Office, STAGE, member_of, office, words};
use kit::error::Refusal;
use kit::http::Lang;

/// Identities of the questions, as in the telework survey's form, in its order.
pub const QUESTIONS: [&str; 7] =
    ["staff", "adoption", "forms", "excluded", "able", "users", "part_time"];

/// A computed answer and what a person made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// As the records say; none where they cannot tell.
    pub computed: Option<Value>,
    /// What a person confirmed or put in its place.
    pub settled: Option<Settled>,
    /// The moment the records were read.
    pub taken: Timestamp,
    /// How it was computed, in one sentence.
    pub how: String,
    /// Who and which days are behind it.
    pub working: Vec<Line>,
}

/// A line of the working.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whom it is about.
    pub staff: StaffId,
    /// The person's name.
    pub name: String,
    /// Hours, works or days, in words.
    pub detail: String,
}

/// An answer a person stands behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The answer.
    pub value: Value,
    /// What was computed when it was settled.
    pub computed: Option<Value>,
    /// Why it differs; may be empty when it does not.
    pub why: String,
    /// Who.
    pub by: StaffId,
    /// When.
    pub at: Timestamp,
}

impl Offered {
    /// The answer to put into a form: a person's, or else the computed one.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        self.settled.as_ref().map(|settled| &settled.value).or(self.computed.as_ref())
    }

    /// Whether the records say something else now than when a person settled it.
    #[must_use]
    pub fn moved_on(&self) -> bool {
        self.settled.as_ref().is_some_and(|settled| settled.computed != self.computed)
    }
}

/// Computed answers of a body, by the question's identity.
///
/// # Errors
/// What the database can meet.
pub async fn offered(
    conn: &mut Conn,
    body: BodyCode,
    scope: Scope,
    lang: Lang,
    now: Timestamp,
) -> Result<BTreeMap<&'static str, Offered>, Refusal> {
    let staff = store::staff::all(conn, body).await?;
    let known = store::telework::members(conn, body).await?;
    let members: Vec<Member> = staff.iter().map(|one| member_of(one, &known)).collect();
    let works: Vec<Work> =
        store::telework::works(conn, body, None).await?.into_iter().map(|row| row.work).collect();
    let shares: Vec<Share> = store::telework::shares(conn, body).await?;
    let judging = judging(conn, body).await?;
    let Office { rules, calendar, .. } = office(conn, body).await?;
    let stage: Stage = store::telework::setting(conn, body, STAGE).await?.unwrap_or(Stage::None);
    let worked = store::telework::worked(conn, body, scope.from, scope.to).await?;
    let settled: BTreeMap<String, Settled> =
        store::telework::settled(conn, body, scope.from, scope.to).await?;
    let records = Records {
        members: &members,
        works: &works,
        shares: &shares,
        judging: &judging,
        rules: &rules,
        calendar: &calendar,
        stage,
        worked: &worked,
    };
    let found = answers(&records, scope, now);
    let names: BTreeMap<StaffId, String> =
        staff.iter().map(|one| (one.id, one.name.to_string())).collect();
    let say = Say {
        lang,
        names,
        members: &members,
        scope,
        percent: rules.possible_percent,
        found: &found,
    };
    let one = |code: &'static str| Offered {
        computed: value(code, &found),
        settled: settled.get(code).cloned(),
        taken: found.taken,
        how: say.how(code),
        working: by_name(say.working(code)),
    };
    Ok(QUESTIONS.into_iter().map(|code| (code, one(code))).collect())
}

/// The answer in the form's terms.
fn value(code: &str, found: &Answers) -> Option<Value> {
    let number = |count: usize| Some(Value::Number(i64::try_from(count).unwrap_or(i64::MAX)));
    let choice = |id: &str| ChoiceId::new(id);
    // Without a single link nobody can say who is able: 不明 where the form knows it, no answer
    // where it does not.
    let linked = !found.working.is_empty();
    match code {
        "staff" => number(found.general.count()),
        "adoption" => found.stage.map(|stage| {
            Value::One(choice(if stage == Stage::Trial { "trial" } else { "formal" }))
        }),
        "forms" => Some(
            found.forms.keys().map(|form| choice(words::form_key(*form))).collect::<BTreeSet<_>>(),
        )
        .filter(|forms| !forms.is_empty())
        .map(Value::Many),
        "excluded" if linked => number(found.excluded.count()),
        "able" if linked => number(found.possible.count()),
        "users" if linked => found.users.rounded().and_then(number),
        "able" | "users" => Some(Value::Unknown),
        "part_time" => {
            Some(Value::One(choice(if found.part_time { "included" } else { "excluded" })))
        }
        _ => None,
    }
}

/// In the order people look for each other.
fn by_name(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by(|a, b| (&a.name, a.staff).cmp(&(&b.name, b.staff)));
    lines
}

struct Say<'a> {
    lang: Lang,
    names: BTreeMap<StaffId, String>,
    members: &'a [Member],
    scope: Scope,
    percent: u8,
    found: &'a Answers,
}

impl Say<'_> {
    fn how(&self, code: &str) -> String {
        let ja = self.lang == Lang::Ja;
        let (counted, from, to) =
            (self.date(self.scope.counted), self.date(self.scope.from), self.date(self.scope.to));
        let (percent, unknown) = (self.percent, self.found.unknown.count());
        match (code, ja) {
            ("staff", true) => format!("{counted}に在職する一般行政職員の数です。"),
            ("staff", false) => format!("General staff in service on {counted}."),
            ("adoption", true) => {
                "「テレワークの規則」で選んだ段階（試行・本格実施）です。未導入のときは算出しません。".to_owned()
            }
            ("adoption", false) => "The stage set under Telework rules; none is computed before \
                introduction.".to_owned(),
            ("forms", true) => format!("{from}から{to}までに実際に行われた形態です。"),
            ("forms", false) => format!("Forms that took place from {from} to {to}."),
            ("excluded", true) => "担当する業務がすべて「不可」の一般行政職員の数です。".to_owned(),
            ("excluded",
                false) => "General staff all of whose linked work is impossible.".to_owned(),
            ("able", true) => format!(
                "担当する業務の時間の{percent}%以上が「そのまま可」の一般行政職員（除外職員を除く）の数です。業務の登録がない{unknown}人は数えていません。"
            ),
            ("able", false) => format!(
                "General staff at least {percent}% of whose linked hours are possible, without the \
                 excluded. {unknown} people without linked work are not counted."
            ),
            ("users", true) => format!(
                "実施可能職員のうち、{from}から{to}までの開庁日にテレワークをした人の1日平均です。{}承認があり、始業などの報告か接続の記録がある日を数えます。\
                 期間中に1日以上した人は{}人です。",
                self.mean(),
                self.found.used.count()
            ),
            ("users", false) => format!(
                "Able staff on telework on an average working day from {from} to {to}. {} Days \
                 count that were approved, and reported or connected. {} people did at least \
                 once.",
                self.mean(),
                self.found.used.count()
            ),
            ("part_time", true) => "「テレワークの規則」で会計年度任用職員を対象としているかどうかです。".to_owned(),
            ("part_time", false) => "Whether the rules make fiscal-year staff eligible.".to_owned(),
            _ => String::new(),
        }
    }

    /// `延べ612人日 ÷ 58日 = 10.5人`: the figure beside it is this, half up.
    fn mean(&self) -> String {
        let mean = self.found.users;
        let (days, over, tenths) = (mean.days, mean.over, mean.tenths());
        match (over, self.lang) {
            (0, Lang::Ja) => "期間の開庁日はまだありません。".to_owned(),
            (0, Lang::En) => "No working day of it has come yet.".to_owned(),
            (_, Lang::Ja) => format!(
                "延べ{days}人日 ÷ 開庁日{over}日 = {}.{}人（四捨五入）。",
                tenths / 10,
                tenths % 10
            ),
            (_, Lang::En) => {
                format!(
                    "{days} person-days / {over} working days = {}.{}, rounded half up.",
                    tenths / 10,
                    tenths % 10
                )
            }
        }
    }

    fn working(&self, code: &str) -> Vec<Line> {
        let found = self.found;
        let line = |staff: &StaffId, detail: String| Line {
            staff: *staff,
            name: self.names.get(staff).cloned().unwrap_or_default(),
            detail,
        };
        let shares =
            |staff: &StaffId| found.working.get(staff).map_or(String::new(), |one| self.share(one));
        match code {
            "staff" => {
                let kind = |staff: &StaffId| {
                    self.members.iter().find(|one| one.staff == *staff).map(|one| one.employment)
                };
                let word = |staff: &StaffId| {
                    kind(staff).map_or("", |kind| words::employment(self.lang, kind)).to_owned()
                };
                found.general.staff.iter().map(|staff| line(staff, word(staff))).collect()
            }
            "forms" => {
                let mut days: BTreeMap<(Form, StaffId), BTreeSet<Date>> = BTreeMap::new();
                for (form, all) in &found.forms {
                    for (day, staff) in all {
                        days.entry((*form, *staff)).or_default().insert(*day);
                    }
                }
                let word = |form: Form, days: &BTreeSet<Date>| {
                    format!("{} {}", words::form(self.lang, form), self.days(days))
                };
                days.iter().map(|((form, staff), days)| line(staff, word(*form, days))).collect()
            }
            "excluded" => {
                found.excluded.staff.iter().map(|staff| line(staff, shares(staff))).collect()
            }
            "able" => found.possible.staff.iter().map(|staff| line(staff, shares(staff))).collect(),
            "users" => {
                found.days.iter().map(|(staff, days)| line(staff, self.days(days))).collect()
            }
            _ => Vec::new(),
        }
    }

    fn share(&self, one: &telework::inventory::Possible) -> String {
        let works: Vec<String> = one.works.iter().map(u64::to_string).collect();
        let (possible, linked) = (hours(one.possible), hours(one.linked));
        match self.lang {
            Lang::Ja if works.is_empty() => format!("可 0時間／担当 {linked}時間"),
            Lang::Ja => {
                format!("可 {possible}時間／担当 {linked}時間（業務番号 {}）", works.join("、"))
            }
            Lang::En => format!("{possible} of {linked} h possible (work {})", works.join(", ")),
        }
    }

    fn days(&self, days: &BTreeSet<Date>) -> String {
        let each: Vec<String> = days
            .iter()
            .map(|day| format!("{}/{}/{}", day.year(), day.month(), day.day()))
            .collect();
        match self.lang {
            Lang::Ja => format!("{}日（{}）", days.len(), each.join("、")),
            Lang::En => format!("{} days ({})", days.len(), each.join(", ")),
        }
    }

    fn date(&self, day: Date) -> String {
        match self.lang {
            Lang::Ja => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
            Lang::En => day.to_string(),
        }
    }
}
