//! The town's papers: registrations, leaves, the allowance's periods, what is lent and what may be
//! taken out.

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::Date;
use people::{BodyCode, Role, StaffId};
use serde::Serialize;
use store::Tx;
use store::telework::{Paper, PaperKind};
use telework::allowance::{Fixed, Period};
use telework::papers::{Item, Leave, Loan, Registration, Takeout, TakeoutState};
use telework::time::Month;

use super::{Dice, Named, Person, moment};

/// Writes them all.
pub(super) async fn write(
    tx: &mut Tx,
    body: BodyCode,
    town: &[Person],
    dice: &mut Dice,
    people: &Named,
    today: Date,
    now: i64,
) -> anyhow::Result<()> {
    let mut desk = Desk { tx, body, dice, now };
    let list = web_telework::checklist();
    let answers: BTreeMap<String, bool> =
        list.checks.iter().map(|check| (check.key.clone(), true)).collect();
    let ago = |days: i64| today.checked_sub(Span::new().days(days));
    let ahead = |days: i64| today.checked_add(Span::new().days(days));
    for person in town.iter().filter(|one| !one.week.is_empty()) {
        let registration = Registration {
            staff: person.staff.id,
            day: ago(80)?,
            consent: web_telework::CONSENT.to_owned(),
            version: list.version,
            answers: answers.clone(),
        };
        desk.put(PaperKind::Registration, person.staff.id, registration).await?;
    }
    // Nobody who decides, or is there to be signed in as.
    let free = |one: &&Person| {
        one.week.is_empty()
            && !one.staff.roles.has(Role::Superior)
            && !people.named.contains(&one.staff.id)
    };
    for person in town.iter().filter(free).take(3) {
        let leave = Leave {
            staff: person.staff.id,
            from: today,
            to: ahead(4)?,
            part: None,
            note: "年次休暇".into(),
            removed: false,
        };
        desk.put(PaperKind::Leave, person.staff.id, leave).await?;
    }
    let first = Month::of(today).before().before();
    for person in town.iter().filter(|one| one.week.len() > 2) {
        let period = Period { first, months: 3 };
        let fixed = Fixed {
            staff: person.staff.id,
            period,
            at: moment(now),
            by: people.clerk,
            withdrawn: None,
        };
        desk.put(PaperKind::Allowance, person.staff.id, fixed).await?;
    }
    for (at, person) in town.iter().filter(|one| !one.week.is_empty()).enumerate().step_by(4) {
        let item = [Item::Pc, Item::Filter, Item::Sim][at / 4 % 3];
        let loan = Loan {
            item,
            number: format!("{}-{:04}", ["PC", "PF", "SIM"][at / 4 % 3], at + 1),
            staff: person.staff.id,
            from: ago(70)?,
            // One of them should have come back.
            until: if at == 4 { ago(3)? } else { ahead(200)? },
            returned: None,
            lost: None,
            device: None,
        };
        desk.put(PaperKind::Loan, person.staff.id, loan).await?;
    }
    let leads = town.first().and_then(|one| one.staff.division);
    let asks = |one: &&Person| {
        one.staff.division != leads && !one.week.is_empty() && !one.staff.roles.has(Role::Superior)
    };
    for (at, person) in town.iter().filter(asks).take(3).enumerate() {
        let takeout = Takeout {
            staff: person.staff.id,
            division: person.staff.division,
            what: [
                "予算要求資料（紙・12枚）",
                "計画書の原案（紙・30枚）",
                "会議録の下書き（USBメモリー1本）",
            ][at]
                .into(),
            why: "自宅で確認して、翌日の打合せで使うため".into(),
            personal: at == 2,
            specific_personal: false,
            from: ahead(1)?,
            until: ahead(3)?,
            state: TakeoutState::Requested,
        };
        desk.put(PaperKind::Takeout, person.staff.id, takeout).await?;
    }
    Ok(())
}

/// Where papers are put.
struct Desk<'a> {
    tx: &'a mut Tx,
    body: BodyCode,
    dice: &'a mut Dice,
    now: i64,
}

impl Desk<'_> {
    async fn put<T: Serialize>(
        &mut self,
        kind: PaperKind,
        staff: StaffId,
        value: T,
    ) -> anyhow::Result<()> {
        let paper = Paper { id: self.dice.id(), staff: Some(staff), value };
        Ok(store::telework::put_paper(self.tx, self.body, kind, &paper, self.now).await?)
    }
}
