//! What opens a PC: for one person who asks, and for everybody of a body whose session is open.

use std::collections::{BTreeMap, BTreeSet};

use ::people::{BodyCode, DivisionId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use kit::http::Lang;
use kit::ports::{Later, NotOpen, Openings};
use store::Conn;
use store::telework::PaperKind;
use telework::opening::{Closed, Emergency, Opening, opening};
use telework::request::Request;
use telework::rules::Rules;
use telework::survey::Member;
use telework::time::tokyo;

use super::{RULES, moment};

/// Whether a person's PC is open at `now` (Unix milliseconds), and until when where there is an
/// end. A body that has not switched telework days on asks for none.
///
/// # Errors
/// Outside: what the database can meet. Inside: [`Closed`] says why.
pub async fn opening_for(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    now: i64,
) -> store::Result<Result<Option<i64>, Closed>> {
    let Some(rules) = store::telework::setting::<Rules>(conn, body, RULES)
        .await?
        .filter(|rules| rules.day_opens_pc)
    else {
        return Ok(Ok(None));
    };
    let (from, to) = around(now);
    let rows = store::telework::requests_of(conn, body, staff, from, to).await?;
    let member = store::telework::member(conn, body, staff).await?;
    let division = store::staff::find(conn, body, staff).await?.and_then(|staff| staff.division);
    let emergencies = emergencies(conn, body).await?;
    let requests = rows.into_iter().map(|row| row.request).collect();
    let opened = decide((staff, division, member.as_ref()), requests, &emergencies, &rules, now);
    Ok(opened.map(|open| open.until.map(Timestamp::as_millisecond)))
}

/// The rules of a body that asks for a telework day: decides for many of its people by four
/// statements each few hundred, as [`opening_for`] does for one.
pub(crate) struct Opener(Rules);

impl Opener {
    /// Those of these bodies that ask for one.
    pub(crate) async fn of(
        conn: &mut Conn,
        bodies: &[BodyCode],
    ) -> store::Result<BTreeMap<BodyCode, Self>> {
        let rules = store::telework::settings_of::<Rules>(conn, bodies, RULES).await?;
        Ok(rules
            .into_iter()
            .filter(|(_, rules)| rules.day_opens_pc)
            .map(|(body, rules)| (body, Self(rules)))
            .collect())
    }

    /// Of these people of its body, those whose PC nothing opens at `now`.
    pub(crate) async fn closed(
        &self,
        conn: &mut Conn,
        body: BodyCode,
        staff: &[StaffId],
        now: i64,
    ) -> store::Result<BTreeSet<StaffId>> {
        if staff.is_empty() {
            return Ok(BTreeSet::new());
        }
        let (from, to) = around(now);
        let mut requests: BTreeMap<StaffId, Vec<Request>> = BTreeMap::new();
        for row in store::telework::requests_of_many(conn, body, staff, from, to).await? {
            requests.entry(row.staff).or_default().push(row.request);
        }
        let members = store::telework::members_of(conn, body, staff).await?;
        let divisions = store::staff::divisions_of(conn, body, staff).await?;
        let emergencies = emergencies(conn, body).await?;
        let closed = staff.iter().copied().filter(|one| {
            let person = (*one, divisions.get(one).copied(), members.get(one));
            decide(person, requests.remove(one).unwrap_or_default(), &emergencies, &self.0, now)
                .is_err()
        });
        Ok(closed.collect())
    }
}

/// Telework days as what opens a PC.
pub struct Days;

impl Openings for Days {
    fn opening<'a>(
        &'a self,
        conn: &'a mut Conn,
        body: BodyCode,
        staff: StaffId,
        now: i64,
    ) -> Later<'a, store::Result<Result<Option<i64>, NotOpen>>> {
        Box::pin(async move {
            let opened = opening_for(conn, body, staff, now).await?;
            Ok(opened.map_err(|closed| NotOpen {
                ja: super::closed_words(Lang::Ja, &closed),
                en: super::closed_words(Lang::En, &closed),
                refusal: super::refusal(closed),
            }))
        })
    }

    fn closed<'a>(
        &'a self,
        conn: &'a mut Conn,
        open: &'a BTreeMap<BodyCode, BTreeSet<StaffId>>,
        now: i64,
    ) -> Later<'a, store::Result<BTreeSet<(BodyCode, StaffId)>>> {
        Box::pin(async move {
            let bodies: Vec<BodyCode> = open.keys().copied().collect();
            let mut closed = BTreeSet::new();
            for (body, opener) in Opener::of(conn, &bodies).await? {
                let staff: Vec<StaffId> = open.get(&body).into_iter().flatten().copied().collect();
                let these = opener.closed(conn, body, &staff, now).await?;
                closed.extend(these.into_iter().map(|staff| (body, staff)));
            }
            Ok(closed)
        })
    }
}

/// The days whose hours may reach `now`: yesterday's may run past midnight, tomorrow's grace may
/// begin before it.
fn around(now: i64) -> (Date, Date) {
    let today = tokyo(moment(now)).date();
    (today.yesterday().unwrap_or(today), today.tomorrow().unwrap_or(today))
}

async fn emergencies(conn: &mut Conn, body: BodyCode) -> store::Result<Vec<Emergency>> {
    let papers = store::telework::papers::<Emergency>(conn, body, PaperKind::Emergency).await?;
    Ok(papers.into_iter().map(|paper| paper.value).collect())
}

fn decide(
    (staff, division, member): (StaffId, Option<DivisionId>, Option<&Member>),
    mut requests: Vec<Request>,
    emergencies: &[Emergency],
    rules: &Rules,
    now: i64,
) -> Result<Opening, Closed> {
    // Who has left, or is not here yet, has no day, whatever was approved before.
    let here = |day: Date| {
        member.is_none_or(|m| m.joined <= day && m.leaves.is_none_or(|last| day <= last))
    };
    requests.retain(|request| here(request.day));
    opening(staff, division, &requests, emergencies, rules, moment(now))
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::time;
    use store::Tx;
    use store::telework::{Paper, RequestRow};
    use telework::request::{State, Step};
    use telework::rules::{Employment, Form, Unit};
    use telework::time::{Hours, Minutes};

    use super::*;
    use crate::testing::{HOME, OTHER, Town};
    use crate::tests::DIVISION;

    /// Chance that is the same every time
    /// (<https://en.wikipedia.org/wiki/Linear_congruential_generator>, Knuth's factors).
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, n: u64) -> u64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % n
        }
    }

    fn request(dice: &mut Dice, staff: StaffId, today: Date) -> Request {
        let hour = |dice: &mut Dice| {
            time(
                i8::try_from(dice.below(24)).unwrap(),
                i8::try_from(dice.below(4) * 15).unwrap(),
                0,
                0,
            )
        };
        let state =
            [State::Approved, State::Approved, State::Requested, State::Returned, State::Cancelled];
        let state = state[usize::try_from(dice.below(5)).unwrap()];
        let step =
            Step { state, by: Some(staff), deputy_for: None, at: moment(0), why: String::new() };
        Request {
            staff,
            day: today.checked_add((i64::try_from(dice.below(7)).unwrap() - 3).days()).unwrap(),
            form: Form::Home,
            unit: Unit::Day,
            hours: Hours { start: hour(dice), end: hour(dice) },
            place: String::new(),
            works: Vec::new(),
            note: String::new(),
            proxy: None,
            state,
            history: vec![step],
        }
    }

    /// One body's case by chance: people with requests, joined and left, in a division or none,
    /// under orders and exempt.
    async fn write_case(
        town: &Town,
        tx: &mut Tx,
        dice: &mut Dice,
        staff: &[StaffId],
        body: BodyCode,
        today: Date,
    ) {
        let now = town.app.now();
        let minutes = |dice: &mut Dice| Minutes(u32::try_from(dice.below(180)).unwrap());
        let rules = Rules {
            day_opens_pc: dice.below(5) > 0,
            exempt: staff.iter().copied().filter(|_| dice.below(10) == 0).collect(),
            grace_before: minutes(dice),
            grace_after: minutes(dice),
            ..Rules::default()
        };
        store::telework::put_setting(tx, body, RULES, &rules, now).await.unwrap();
        for one in staff {
            for _ in 0..dice.below(3) {
                let request = request(dice, *one, today);
                let row =
                    RequestRow { id: town.app.random(), staff: *one, division: None, request };
                store::telework::add_request(tx, body, &row).await.unwrap();
            }
            if dice.below(3) == 0 {
                let day = |dice: &mut Dice| {
                    today.checked_add((i64::try_from(dice.below(5)).unwrap() - 2).days()).unwrap()
                };
                let (joined, leaves) = (day(dice), (dice.below(2) == 0).then(|| day(dice)));
                let member = Member {
                    staff: *one,
                    employment: Employment::Regular,
                    general: true,
                    joined,
                    leaves,
                };
                store::telework::put_member(tx, body, *one, &member).await.unwrap();
            }
        }
        if dice.below(3) == 0 {
            let from = moment(now - 3_600_000 + i64::try_from(dice.below(3)).unwrap() * 3_600_000);
            let order = Emergency {
                division: (dice.below(2) == 0).then_some(DIVISION),
                from,
                until: moment(now + i64::try_from(dice.below(4)).unwrap() * 1_800_000 + 1),
                why: "大雪".into(),
                by: staff[0],
                lifted: (dice.below(4) == 0).then(|| moment(now - 1)),
            };
            let paper = Paper { id: town.app.random(), staff: None, value: order };
            store::telework::put_paper(tx, body, PaperKind::Emergency, &paper, now).await.unwrap();
        }
    }

    #[tokio::test]
    async fn many_are_decided_as_each_alone_would_be() {
        let town = crate::tests::town().await;
        let mut dice = Dice(9);
        let (body, other): (BodyCode, BodyCode) = (HOME.parse().unwrap(), OTHER.parse().unwrap());
        let all = store::staff::all(&mut town.app.store.read().await.unwrap(), body).await.unwrap();
        let staff: Vec<StaffId> = all.iter().map(|one| one.id).collect();
        assert!(
            all.iter().any(|one| one.division.is_some())
                && all.iter().any(|one| one.division.is_none())
        );
        let (mut open, mut shut) = (0, 0);
        for _ in 0..60 {
            // Never committed: the next case begins as this one did.
            let mut conn = town.app.write_unattended(body).await.unwrap();
            let today = tokyo(moment(town.app.now())).date();
            write_case(&town, &mut conn, &mut dice, &staff, body, today).await;
            for step in 0..8 {
                let now = town.app.now() + step * 10_800_000;
                let mut openers = Opener::of(&mut conn, &[other, body]).await.unwrap();
                assert!(!openers.contains_key(&other), "it asks for no day");
                let closed = match openers.remove(&body) {
                    Some(opener) => opener.closed(&mut conn, body, &staff, now).await.unwrap(),
                    None => BTreeSet::new(),
                };
                for one in &staff {
                    let alone = opening_for(&mut conn, body, *one, now).await.unwrap();
                    assert_eq!(closed.contains(one), alone.is_err(), "{alone:?}");
                    if alone.is_ok() { open += 1 } else { shut += 1 }
                }
            }
        }
        assert!(open > 300 && shut > 300, "both happen: {open}, {shut}");
    }
}
