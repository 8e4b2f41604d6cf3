//! A case that is out, and the people around it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use audit::Who;
use exchange::body::{BodyCode, bodies};
use exchange::case::*;
use exchange::form::{Form, FormRef, shipped};
use exchange::import::{Answers, read_csv};
use exchange::value::{QuestionId, Sheet};
use jiff::Timestamp;
use jiff::civil::{Date, date};

pub(crate) const DEADLINE: Date = date(2021, 10, 29);

pub(crate) fn code(text: &str) -> BodyCode {
    text.parse().unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Noon in Japan on a day of October 2021.
pub(crate) fn october(day: i8) -> Timestamp {
    at(&format!("2021-10-{day:02}T03:00:00Z"))
}

pub(crate) fn form() -> Form {
    static FORM: LazyLock<Form> = LazyLock::new(|| Form::read(shipped::TELEWORK_R3).unwrap());
    FORM.clone()
}

pub(crate) fn answers() -> Answers {
    read_csv(&form(), include_bytes!("../../testdata/answers-r3.csv"), |_| true).unwrap()
}

pub(crate) fn actor(office: Office, role: OfficeRole) -> Actor {
    // Who approves is somebody else than who enters.
    let (person, login) = if role == OfficeRole::Approver {
        ("01".repeat(16), "ichiro")
    } else {
        ("00".repeat(16), "hanako")
    };
    let who = Who::Person { id: person.clone(), login: login.to_owned() };
    Actor { who, person, login: login.to_owned(), office, role }
}

pub(crate) fn ministry() -> Actor {
    actor(Office::Ministry, OfficeRole::Clerk)
}

pub(crate) fn desk(body: &str) -> Actor {
    actor(Office::Body(code(body)), OfficeRole::Clerk)
}

pub(crate) fn draft(path: Path) -> Case {
    let hokkaido = Audience::Prefectures([code("010006")].into());
    let letter = Letter {
        number: "総行女第1号".to_owned(),
        date: date(2021, 10, 1),
        to: "各都道府県総務部長 殿".to_owned(),
        from: "女性活躍・人材活用推進室長".to_owned(),
        subject: "取組状況調査について".to_owned(),
        text: "標記の件について回答をお願いします。".to_owned(),
        items: vec!["対象は全団体です。".to_owned()],
        legal_basis: "地方自治法第245条の4".to_owned(),
        duty: Duty::Asked,
        funding: "なし".to_owned(),
        purpose: "結果を公表します。".to_owned(),
        minutes: Some(60),
        attachments: Vec::new(),
        contact: "女性活躍・人材活用推進室".to_owned(),
    };
    Case {
        id: CaseId { year: 2021, serial: 12 },
        kind: CaseKind::Survey,
        letter,
        path,
        addressees: hokkaido.addressees(bodies(), "人事担当課", &BTreeMap::new()),
        form: Some(FormRef { id: "telework".to_owned(), version: "令和3年".to_owned() }),
        deadline: Some(DEADLINE),
        accept_late: false,
        reminders: ReminderPlan::default(),
        stage: Stage::Draft,
        sent_at: None,
        questions: Vec::new(),
        revision: 0,
    }
}

/// A case that is out, with the delivery of one body.
pub(crate) struct Out {
    pub(crate) case: Case,
    pub(crate) form: Form,
    pub(crate) delivery: Delivery,
    pub(crate) approval: bool,
    pub(crate) events: Vec<audit::Kind>,
}

impl Out {
    pub(crate) fn new(path: Path, body: &str) -> Self {
        let case = draft(path);
        let permit = ministry().permit_case(Right::RunCase, &case).unwrap();
        let (case, deliveries) = send(&case, &permit, 0, october(1)).unwrap().value;
        let delivery = deliveries.into_iter().find(|d| d.to.body == code(body)).unwrap();
        Out { case, form: form(), delivery, approval: false, events: Vec::new() }
    }

    pub(crate) fn context(&self) -> Context<'_> {
        let (case, form) = (&self.case, Some(&self.form));
        Context {
            case,
            form,
            previous: None,
            approval: self.approval,
            seen: self.delivery.revision,
        }
    }

    pub(crate) fn try_it(
        &self,
        who: &Actor,
        action: Action,
        now: Timestamp,
    ) -> Result<audit::Decision<Delivery>, Refused> {
        let permit =
            who.permit(action.right(), &self.delivery).map_err(|_| Refused::WrongPermit)?;
        self.delivery.decide(action, &permit, self.context(), now)
    }

    pub(crate) fn do_it(&mut self, who: &Actor, action: Action, day: i8) -> &mut Self {
        let done = self
            .try_it(who, action.clone(), october(day))
            .unwrap_or_else(|refused| panic!("{action:?}: {refused}"));
        self.events.extend(done.events.iter().map(|event| event.kind));
        self.delivery = done.value;
        self
    }

    pub(crate) fn base(&self) -> Base {
        let answer = self.delivery.answer.as_ref();
        Base {
            version: answer.map_or(0, |a| a.number),
            sheet: answer.map(|a| a.sheet.clone()).unwrap_or_default(),
        }
    }

    pub(crate) fn save(&self, sheet: &Sheet) -> Action {
        Action::Save { base: self.base(), sheet: sheet.clone() }
    }
}

pub(crate) fn submit(key: u8) -> Action {
    Action::Submit { key: SubmitKey([key; 16]) }
}

pub(crate) fn remarks(text: &str) -> Vec<Remark> {
    vec![Remark { question: Some(QuestionId::new("able")), text: text.to_owned() }]
}

pub(crate) fn good_sheet() -> Sheet {
    static SHEET: LazyLock<Sheet> = LazyLock::new(|| answers()[&code("012025")].clone());
    SHEET.clone()
}
