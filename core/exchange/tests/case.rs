//! A case on its way down and up, the refusals on it, and what holds whatever anybody does.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use audit::Who;
use exchange::body::{BodyCode, bodies};
use exchange::case::*;
use exchange::form::{Form, FormRef, shipped};
use exchange::import::{Answers, read_csv};
use exchange::value::{QuestionId, Sheet, Value};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;

const DEADLINE: Date = date(2021, 10, 29);

fn code(text: &str) -> BodyCode {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Noon in Japan on a day of October 2021.
fn october(day: i8) -> Timestamp {
    at(&format!("2021-10-{day:02}T03:00:00Z"))
}

fn form() -> Form {
    static FORM: LazyLock<Form> = LazyLock::new(|| Form::read(shipped::TELEWORK_R3).unwrap());
    FORM.clone()
}

fn answers() -> Answers {
    read_csv(&form(), include_bytes!("../testdata/answers-r3.csv"), |_| true).unwrap()
}

fn actor(office: Office, role: OfficeRole) -> Actor {
    let who = Who::Person { id: "00".repeat(16), login: "hanako".to_owned() };
    Actor { who, login: "hanako".to_owned(), office, role }
}

fn ministry() -> Actor {
    actor(Office::Ministry, OfficeRole::Clerk)
}

fn desk(body: &str) -> Actor {
    actor(Office::Body(code(body)), OfficeRole::Clerk)
}

fn draft(path: Path) -> Case {
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
struct Out {
    case: Case,
    form: Form,
    delivery: Delivery,
    approval: bool,
    events: Vec<audit::Kind>,
}

impl Out {
    fn new(path: Path, body: &str) -> Self {
        let case = draft(path);
        let permit = ministry().permit_case(Right::RunCase, &case).unwrap();
        let (case, deliveries) = send(&case, &permit, 0, october(1)).unwrap().value;
        let delivery = deliveries.into_iter().find(|d| d.to.body == code(body)).unwrap();
        Out { case, form: form(), delivery, approval: false, events: Vec::new() }
    }

    fn context(&self) -> Context<'_> {
        let (case, form) = (&self.case, Some(&self.form));
        Context { case, form, previous: None, approval: self.approval, seen: self.delivery.revision }
    }

    fn try_it(&self, who: &Actor, action: Action, now: Timestamp) -> Result<audit::Decision<Delivery>, Refused> {
        let permit = who.permit(right(&action), &self.delivery).map_err(|_| Refused::WrongPermit)?;
        self.delivery.decide(action, &permit, self.context(), now)
    }

    fn do_it(&mut self, who: &Actor, action: Action, day: i8) -> &mut Self {
        let done = self.try_it(who, action.clone(), october(day)).unwrap_or_else(|refused| panic!("{action:?}: {refused}"));
        self.events.extend(done.events.iter().map(|event| event.kind));
        self.delivery = done.value;
        self
    }

    fn base(&self) -> Base {
        let answer = self.delivery.answer.as_ref();
        Base { version: answer.map_or(0, |a| a.number), sheet: answer.map(|a| a.sheet.clone()).unwrap_or_default() }
    }

    fn save(&self, sheet: &Sheet) -> Action {
        Action::Save { base: self.base(), sheet: sheet.clone() }
    }
}

fn right(action: &Action) -> Right {
    match action {
        Action::Receive => Right::Receive,
        Action::Forward { .. } => Right::Forward,
        Action::Circulate { .. } => Right::Circulate,
        Action::Save { .. } => Right::Enter,
        Action::SavePart { .. } => Right::EnterPart,
        Action::SaveAsProxy { .. } => Right::Proxy,
        Action::TakeIn { .. } => Right::TakeIn,
        Action::Approve | Action::Decline { .. } => Right::Approve,
        Action::AskApproval | Action::Submit { .. } | Action::Correct { .. } => Right::Submit,
        Action::Return { .. } | Action::Pass | Action::HandUp => Right::Review,
        Action::Query { .. } | Action::Confirm => Right::Query,
        Action::AskExtension { .. } => Right::AskExtension,
        Action::GrantExtension { .. } | Action::RefuseExtension { .. } | Action::Reopen { .. } => Right::GrantExtension,
    }
}

fn submit(key: u8) -> Action {
    Action::Submit { key: SubmitKey([key; 16]) }
}

fn remarks(text: &str) -> Vec<Remark> {
    vec![Remark { question: Some(QuestionId::new("able")), text: text.to_owned() }]
}

fn good_sheet() -> Sheet {
    static SHEET: LazyLock<Sheet> = LazyLock::new(|| answers()[&code("012025")].clone());
    SHEET.clone()
}

#[test]
fn a_survey_goes_down_and_up_the_cascade() {
    let mut out = Out::new(Path::Cascade, "012025");
    out.approval = true;
    let (town, prefecture) = (desk("012025"), desk("010006"));
    let approver = actor(Office::Body(code("012025")), OfficeRole::Approver);
    assert_eq!(town.permit(Right::See, &out.delivery), Err(Denied::Hidden), "not passed on yet");

    out.do_it(
        &prefecture,
        Action::Forward { deadline: Some(date(2021, 10, 20)), note: Some("早めにお願いします。".to_owned()) },
        4,
    )
    .do_it(&town, Action::Receive, 5);
    let save = out.save(&good_sheet());
    out.do_it(&town, save, 6);
    assert_eq!(out.try_it(&town, submit(1), october(6)).unwrap_err(), Refused::ApprovalMissing);
    out.do_it(&town, Action::AskApproval, 7).do_it(&approver, Action::Approve, 8).do_it(&town, submit(1), 9);
    assert_eq!(out.delivery.state, State::Submitted);
    assert_eq!(out.delivery.receipts[0].number.to_string(), "2021-0012-012025-01-55");

    out.do_it(&prefecture, Action::Return { remarks: remarks("実数を確認してください。"), until: date(2021, 10, 22) }, 12);
    assert_eq!(out.delivery.deadline.unwrap().day(), date(2021, 10, 22));
    let save = out.save(&good_sheet());
    out.do_it(&town, save, 21).do_it(&town, Action::AskApproval, 21).do_it(&approver, Action::Approve, 21);
    out.do_it(&town, submit(2), 21).do_it(&prefecture, Action::Pass, 22).do_it(&prefecture, Action::HandUp, 25);
    out.do_it(&ministry(), Action::Query { remarks: remarks("昨年と大きく違います。"), until: date(2021, 11, 5) }, 28);
    let save = out.save(&good_sheet());
    out.do_it(&town, save, 30).do_it(&town, Action::AskApproval, 30).do_it(&approver, Action::Approve, 30);
    out.do_it(&town, submit(3), 30).do_it(&prefecture, Action::Pass, 30).do_it(&prefecture, Action::HandUp, 30);
    out.do_it(&ministry(), Action::Confirm, 31);
    assert_eq!((out.delivery.state, out.delivery.receipts.len()), (State::Confirmed, 3));
    assert_eq!(out.delivery.answer.as_ref().unwrap().number, 3);
    assert_eq!(out.events.len(), 21, "every step is on record");
    assert_eq!(out.events[0].name(), "case.forwarded");
}

#[test]
fn each_path_reaches_a_municipality_its_own_way() {
    for (path, state, via) in [
        (Path::Cascade, State::Waiting, Some(code("010006"))),
        (Path::Direct, State::Sent, None),
        (Path::Both, State::Sent, Some(code("010006"))),
    ] {
        let out = Out::new(path, "012025");
        assert_eq!((out.delivery.state, out.delivery.via), (state, via), "{path:?}");
        let prefecture = Out::new(path, "010006");
        assert_eq!((prefecture.delivery.state, prefecture.delivery.via), (State::Sent, None));
    }
    // Straight there is straight back.
    let mut out = Out::new(Path::Direct, "012025");
    let save = out.do_it(&desk("012025"), Action::Receive, 2).save(&good_sheet());
    out.do_it(&desk("012025"), save, 2).do_it(&desk("012025"), submit(1), 2);
    assert_eq!(out.delivery.state, State::HandedUp);
}

#[test]
fn a_prefecture_sees_its_own_municipalities_only() {
    let out = Out::new(Path::Both, "012025");
    assert!(desk("010006").permit(Right::Review, &out.delivery).is_ok());
    for stranger in ["020001", "012033", "131016"] {
        for right in Right::ALL {
            assert_eq!(desk(stranger).permit(*right, &out.delivery), Err(Denied::Hidden), "{stranger} {right}");
        }
    }
    let direct = Out::new(Path::Direct, "012025");
    assert_eq!(desk("010006").permit(Right::See, &direct.delivery), Err(Denied::Hidden), "it has no part in it");
    assert_eq!(desk("010006").permit_case(Right::RunCase, &out.case), Err(Denied::Hidden));
    assert_eq!(desk("012025").permit(Right::Review, &out.delivery), Err(Denied::NotAllowed));
    // A permit for one delivery does nothing to another, nor for another right.
    let other = Out::new(Path::Both, "012033");
    let permit = desk("012033").permit(Right::Receive, &other.delivery).unwrap();
    assert_eq!(out.delivery.decide(Action::Receive, &permit, out.context(), october(2)), Err(Refused::WrongPermit));
    let permit = desk("012025").permit(Right::See, &out.delivery).unwrap();
    assert_eq!(out.delivery.decide(Action::Receive, &permit, out.context(), october(2)), Err(Refused::WrongPermit));
}

#[test]
fn others_see_an_answer_once_it_is_submitted_to_them() {
    let mut out = Out::new(Path::Both, "012025");
    let (town, prefecture) = (desk("012025"), desk("010006"));
    let seen = |out: &Out, who: &Actor| out.delivery.answer_for(&who.permit(Right::See, &out.delivery).unwrap()).is_some();
    let save = out.do_it(&town, Action::Receive, 2).save(&good_sheet());
    out.do_it(&town, save, 2);
    assert_eq!([seen(&out, &town), seen(&out, &prefecture), seen(&out, &ministry())], [true, false, false]);
    out.do_it(&town, submit(1), 3);
    assert_eq!([seen(&out, &town), seen(&out, &prefecture), seen(&out, &ministry())], [true, true, false]);
    out.do_it(&prefecture, Action::Pass, 4).do_it(&prefecture, Action::HandUp, 4);
    assert_eq!([seen(&out, &town), seen(&out, &prefecture), seen(&out, &ministry())], [true, true, true]);
}

#[test]
fn of_two_editors_the_later_sees_what_changed_and_neither_loses_work() {
    let mut out = Out::new(Path::Both, "012025");
    let town = desk("012025");
    let save = out.do_it(&town, Action::Receive, 2).save(&good_sheet());
    out.do_it(&town, save, 2);
    let began = out.base();
    let edit = |id: &str, n: i64| {
        let mut sheet = began.sheet.clone();
        sheet.set(&QuestionId::new(id), Some(Value::Number(n)));
        sheet
    };
    let save = Action::Save { base: began.clone(), sheet: edit("staff", 2000) };
    out.do_it(&town, save, 3);
    let mine = edit("excluded", 100);
    let later = Action::Save { base: began.clone(), sheet: mine };
    let Err(Refused::Conflict { version: 2, merge }) = out.try_it(&town, later, october(3)) else { panic!("no conflict") };
    assert_eq!((merge.theirs.len(), merge.clashes.len()), (1, 0));
    let number = |sheet: &Sheet, id: &str| sheet.value(id).cloned();
    assert_eq!(number(&merge.sheet, "staff"), Some(Value::Number(2000)));
    assert_eq!(number(&merge.sheet, "excluded"), Some(Value::Number(100)));
    let save = out.save(&merge.sheet);
    out.do_it(&town, save, 3);
    // Both the same question: shown as a clash, with both values.
    let Err(Refused::Conflict { merge, .. }) =
        out.try_it(&town, Action::Save { base: began.clone(), sheet: edit("staff", 2001) }, october(3))
    else {
        panic!("no conflict")
    };
    let clash = &merge.clashes[0];
    assert_eq!((&clash.theirs, &clash.mine), (&Some(Value::Number(2000)), &Some(Value::Number(2001))));
}

#[test]
fn submitting_twice_is_submitting_once() {
    let mut out = Out::new(Path::Both, "012025");
    let town = desk("012025");
    let save = out.do_it(&town, Action::Receive, 2).save(&good_sheet());
    out.do_it(&town, save, 2).do_it(&town, submit(7), 3);
    let again = out.try_it(&town, submit(7), october(3)).unwrap();
    assert_eq!((&again.value, again.events.len()), (&out.delivery, 0));
    assert_eq!(out.try_it(&town, submit(8), october(3)).unwrap_err(), Refused::WrongState(State::Submitted));
    // The same key after the deadline and after the case was closed still gives the receipt.
    out.case.stage = Stage::Closed;
    assert_eq!(out.try_it(&town, submit(7), at("2021-12-01T00:00:00Z")).unwrap().value.receipts, out.delivery.receipts);
}

#[test]
fn a_deadline_that_passes_while_typing_keeps_the_draft() {
    let mut out = Out::new(Path::Both, "012025");
    let town = desk("012025");
    out.do_it(&town, Action::Receive, 2);
    let save = out.save(&good_sheet());
    let saved = out.try_it(&town, save, october(30)).unwrap().value;
    out.delivery = saved;
    assert_eq!(out.try_it(&town, submit(1), october(30)).unwrap_err(), Refused::DeadlinePassed(DEADLINE));
    out.do_it(&desk("010006"), Action::Forward { deadline: None, note: None }, 30);
    // The prefecture has no more days to give; the ministry has.
    let until = date(2021, 11, 5);
    assert_eq!(out.try_it(&desk("010006"), Action::GrantExtension { until }, october(30)).unwrap_err(), Refused::BadDay(until));
    out.do_it(&town, Action::AskExtension { until, reason: "台風対応のため".to_owned() }, 30)
        .do_it(&ministry(), Action::GrantExtension { until }, 30)
        .do_it(&town, submit(1), 31);
    assert!(!out.delivery.receipts[0].late);

    let mut late = Out::new(Path::Both, "012025");
    late.case.accept_late = true;
    late.do_it(&town, Action::Receive, 2);
    let save = late.save(&good_sheet());
    late.do_it(&town, save, 30).do_it(&town, submit(1), 30);
    assert!(late.delivery.receipts[0].late);
}

#[test]
fn an_answer_with_faults_is_kept_and_not_taken() {
    let mut out = Out::new(Path::Both, "012025");
    let town = desk("012025");
    let mut sheet = good_sheet();
    sheet.set(&QuestionId::new("users"), Some(Value::Number(400_000)));
    let save = out.do_it(&town, Action::Receive, 2).save(&sheet);
    out.do_it(&town, save, 2);
    let Err(Refused::Faults(faults)) = out.try_it(&town, submit(1), october(3)) else { panic!("taken") };
    assert_eq!(faults[0].question.as_str(), "users");
    assert_eq!(out.delivery.answer.as_ref().unwrap().sheet, sheet);
}

#[test]
fn divisions_fill_in_their_parts_and_nothing_else() {
    let mut out = Out::new(Path::Both, "012025");
    let town = desk("012025");
    let sheet = good_sheet();
    out.do_it(&town, Action::Receive, 2);
    let division = |name: &str| actor(Office::Body(code("012025")), OfficeRole::Division(name.to_owned()));
    let ids = |ids: &[&str]| ids.iter().map(|id| QuestionId::new(*id)).collect::<BTreeSet<_>>();
    let hr = ids(&["staff", "excluded", "adoption", "forms", "part_time"]);
    let it = ids(&["able", "users"]);
    let part = |questions: &BTreeSet<QuestionId>| Part { questions: questions.clone(), until: None, done: None };
    let parts = BTreeMap::from([("人事課".to_owned(), part(&hr)), ("情報課".to_owned(), part(&it))]);
    out.do_it(&town, Action::Circulate { parts }, 3);
    assert_eq!(division("財政課").permit(Right::EnterPart, &out.delivery), Err(Denied::Hidden));
    let values = |ids: &BTreeSet<QuestionId>| {
        ids.iter().filter_map(|id| sheet.values.get(id).map(|v| (id.clone(), v.clone()))).collect::<BTreeMap<_, _>>()
    };
    let foreign = Action::SavePart { values: values(&hr), done: true };
    assert!(matches!(out.try_it(&division("情報課"), foreign, october(4)), Err(Refused::NotInPart(_))));
    out.do_it(&division("情報課"), Action::SavePart { values: values(&it), done: true }, 4);
    assert_eq!(out.try_it(&town, submit(1), october(4)).unwrap_err(), Refused::PartOpen("人事課".to_owned()));
    out.do_it(&division("人事課"), Action::SavePart { values: values(&hr), done: true }, 5);
    assert_eq!(out.delivery.answer.as_ref().unwrap().sheet, sheet);
    out.do_it(&town, submit(1), 5);
}

#[test]
fn proxy_entry_carries_its_mark_and_a_reason() {
    let mut out = Out::new(Path::Both, "012025");
    let prefecture = desk("010006");
    out.do_it(&desk("012025"), Action::Receive, 2);
    let proxy = |reason: &str| Action::SaveAsProxy {
        base: Base { version: 0, sheet: Sheet::default() },
        sheet: good_sheet(),
        reason: reason.to_owned(),
    };
    assert_eq!(out.try_it(&prefecture, proxy(" "), october(3)).unwrap_err(), Refused::ReasonMissing);
    assert_eq!(out.try_it(&desk("012025"), proxy("停電"), october(3)).unwrap_err(), Refused::WrongPermit);
    out.do_it(&prefecture, proxy("庁舎が停電のため"), 3);
    let answer = out.delivery.answer.as_ref().unwrap();
    assert!(answer.proxy && answer.reason == "庁舎が停電のため");
}

#[test]
fn a_notice_is_received_and_not_answered() {
    let mut case = draft(Path::Both);
    case.kind = CaseKind::Notice;
    case.form = None;
    let permit = ministry().permit_case(Right::RunCase, &case).unwrap();
    let (case, deliveries) = send(&case, &permit, 0, october(1)).unwrap().value;
    let mut out = Out { case, form: form(), delivery: deliveries[1].clone(), approval: false, events: Vec::new() };
    assert_eq!(out.delivery.deadline, None);
    let town = actor(Office::Body(out.delivery.to.body), OfficeRole::Clerk);
    out.do_it(&town, Action::Receive, 2);
    assert_eq!(out.try_it(&town, submit(1), october(3)).unwrap_err(), Refused::NoAnswer);
}

#[test]
fn what_was_seen_counts_when_two_decide_at_once() {
    let out = Out::new(Path::Both, "012025");
    let permit = desk("012025").permit(Right::Receive, &out.delivery).unwrap();
    let stale = Context { seen: out.delivery.revision + 1, ..out.context() };
    assert_eq!(out.delivery.decide(Action::Receive, &permit, stale, october(2)), Err(Refused::Stale));
    let close = |case: &Case, seen| {
        case.decide(CaseAction::Close, &ministry().permit_case(Right::CloseCase, case).unwrap(), seen, october(2))
    };
    assert_eq!(close(&out.case, 0).unwrap_err(), Refused::Stale);
    assert_eq!(close(&out.case, out.case.revision).unwrap().value.stage, Stage::Closed);
}

#[test]
fn a_draft_that_cannot_be_sent_is_refused() {
    let send_it =
        |case: &Case| send(case, &ministry().permit_case(Right::RunCase, case).unwrap(), 0, october(1)).map(|d| d.value.1.len());
    assert_eq!(send_it(&draft(Path::Both)), Ok(180));
    assert_eq!(send_it(&Case { form: None, ..draft(Path::Both) }), Err(Refused::NoForm));
    let past = date(2021, 9, 30);
    assert_eq!(send_it(&Case { deadline: Some(past), ..draft(Path::Both) }), Err(Refused::BadDay(past)));
    assert_eq!(send_it(&Case { addressees: BTreeSet::new(), ..draft(Path::Both) }), Err(Refused::CaseNotOpen));
    assert_eq!(send_it(&Case { stage: Stage::Sent, ..draft(Path::Both) }), Err(Refused::CaseNotOpen));
}

#[test]
fn public_questions_are_asked_once_and_answered_for_all() {
    let out = Out::new(Path::Both, "012025");
    let permit = desk("012025").permit(Right::AskQuestion, &out.delivery).unwrap();
    let asked = out.case.ask("会計年度任用職員を含みますか。".to_owned(), &permit, october(5)).unwrap().value;
    let answer = CaseAction::Answer { question: 0, answer: "含みません。".to_owned() };
    let permit = ministry().permit_case(Right::AnswerQuestion, &asked).unwrap();
    let answered = asked.decide(answer, &permit, asked.revision, october(6)).unwrap().value;
    assert_eq!(answered.questions[0].answer.as_deref(), Some("含みません。"));
}

#[test]
fn reminders_come_on_their_days_and_once() {
    let mut out = Out::new(Path::Both, "012025");
    let mut sent = BTreeSet::new();
    let mut days = Vec::new();
    for day in 1..=31 {
        // Looked at twice a day.
        for _ in 0..2 {
            if let Some(reminder) = due_reminders(&out.case, &out.delivery, october(day), &sent) {
                days.push((day, reminder.days));
                sent.insert(reminder);
            }
        }
    }
    assert_eq!(days, [(22, 7), (26, 3), (28, 1), (29, 0), (30, -1)]);
    // Back after a week of standing still, one reminder comes, not all that were missed.
    let later = due_reminders(&out.case, &out.delivery, at("2021-11-06T00:00:00Z"), &BTreeSet::new()).unwrap();
    assert_eq!(later.days, -7);
    out.delivery.state = State::Submitted;
    assert_eq!(due_reminders(&out.case, &out.delivery, october(29), &BTreeSet::new()), None);
}

fn any_action() -> impl Strategy<Value = Action> {
    let day = (1i8..31).prop_map(|day| date(2021, 10, day));
    let text = prop_oneof![Just(String::new()), Just("理由".to_owned())];
    let sheet = prop_oneof![Just(good_sheet()), Just(Sheet::default())];
    let base = (0u32..4, sheet.clone()).prop_map(|(version, sheet)| Base { version, sheet });
    let notes = text.clone().prop_map(|text| vec![Remark { question: None, text }]);
    prop_oneof![
        1 => Just(Action::Receive),
        1 => (proptest::option::of(day.clone()), proptest::option::of(text.clone())).prop_map(|(deadline, note)| Action::Forward { deadline, note }),
        3 => (base.clone(), sheet.clone()).prop_map(|(base, sheet)| Action::Save { base, sheet }),
        1 => (base, sheet, text.clone()).prop_map(|(base, sheet, reason)| Action::SaveAsProxy { base, sheet, reason }),
        1 => Just(Action::AskApproval),
        1 => Just(Action::Approve),
        1 => text.clone().prop_map(|reason| Action::Decline { reason }),
        3 => (0u8..4).prop_map(submit),
        1 => text.clone().prop_map(|reason| Action::Correct { reason }),
        1 => (notes.clone(), day.clone()).prop_map(|(remarks, until)| Action::Return { remarks, until }),
        1 => Just(Action::Pass),
        1 => Just(Action::HandUp),
        1 => (notes, day.clone()).prop_map(|(remarks, until)| Action::Query { remarks, until }),
        1 => Just(Action::Confirm),
        1 => (day.clone(), text.clone()).prop_map(|(until, reason)| Action::AskExtension { until, reason }),
        1 => day.clone().prop_map(|until| Action::GrantExtension { until }),
        1 => (day, text).prop_map(|(until, reason)| Action::Reopen { until, reason }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_anybody_does_the_way_is_kept(
        path in prop_oneof![Just(Path::Cascade), Just(Path::Direct), Just(Path::Both)],
        approval: bool,
        steps in proptest::collection::vec((0usize..4, any_action(), 1i8..31), 0..60),
    ) {
        let mut out = Out::new(path, "012025");
        out.approval = approval;
        let approver = actor(Office::Body(code("012025")), OfficeRole::Approver);
        let actors = [ministry(), desk("010006"), desk("012025"), approver];
        let mut day = 1;
        for (who, action, later) in steps {
            day = later.max(day);
            let before = out.delivery.clone();
            let Ok(done) = out.try_it(&actors[who], action.clone(), october(day)) else { continue };
            let after = &done.value;
            if done.events.is_empty() {
                prop_assert_eq!(after, &before, "nothing changes without a record");
                continue;
            }
            prop_assert_eq!(after.revision, before.revision + 1);
            // Answers change only by saving, only while they may, and every save is a version.
            if after.answer != before.answer {
                let saved = matches!(action, Action::Save { .. } | Action::SaveAsProxy { .. });
                prop_assert!(saved && before.state.editable());
                prop_assert_eq!(after.answer.as_ref().unwrap().number, before.answer.as_ref().map_or(0, |a| a.number) + 1);
            }
            // Receipts are never lost; what is taken has no faults, is approved where asked for, and in time.
            prop_assert!(after.receipts.starts_with(&before.receipts));
            if after.receipts.len() > before.receipts.len() {
                let receipt = after.receipts.last().unwrap();
                let answer = after.answer.as_ref().unwrap();
                prop_assert_eq!(receipt.version, answer.number);
                prop_assert!(exchange::entry::check(&out.form, &answer.sheet, None).is_empty());
                prop_assert!(!approval || before.state == State::Approved);
                prop_assert!(!before.deadline.unwrap().passed(october(day)));
            }
            // Nothing reaches the ministry past a prefecture that stands in its way.
            if after.state == State::HandedUp && before.state != State::HandedUp {
                prop_assert!(before.via.is_none() || before.state == State::Passed);
            }
            // The prefecture's day is never later than the ministry's.
            let deadline = after.deadline.unwrap();
            prop_assert!(deadline.prefecture.is_none_or(|day| day <= deadline.ministry));
            let numbers: BTreeSet<_> = after.receipts.iter().map(|r| r.number).collect();
            prop_assert_eq!(numbers.len(), after.receipts.len());
            out.delivery = done.value;
        }
    }
}

#[test]
fn what_came_another_way_is_taken_in_by_the_ministry_alone_whole_and_once() {
    let sheet = answers()[&code("012025")].clone();
    let take =
        |sheet: &Sheet, reason: &str| Action::TakeIn { sheet: sheet.clone(), reason: reason.to_owned(), key: SubmitKey([9; 16]) };
    let mut out = Out::new(Path::Cascade, "012025");
    for who in [desk("012025"), desk("010006"), actor(Office::Ministry, OfficeRole::Approver)] {
        assert_eq!(out.try_it(&who, take(&sheet, "紙で提出"), october(2)).unwrap_err(), Refused::WrongPermit);
    }
    assert_eq!(out.try_it(&ministry(), take(&sheet, " "), october(2)).unwrap_err(), Refused::ReasonMissing);
    assert!(matches!(out.try_it(&ministry(), take(&Sheet::default(), "紙で提出"), october(2)), Err(Refused::Faults(_))));
    out.do_it(&ministry(), take(&sheet, "紙で提出"), 2);
    assert_eq!(out.delivery.state, State::HandedUp);
    assert!(out.delivery.answer.as_ref().unwrap().proxy && out.delivery.receipts.len() == 1);
    // The same key again is the same submission; another one is not, once it is there.
    assert!(out.try_it(&ministry(), take(&sheet, "紙で提出"), october(3)).unwrap().events.is_empty());
    let other = Action::TakeIn { sheet, reason: "紙で提出".to_owned(), key: SubmitKey([8; 16]) };
    assert_eq!(out.try_it(&ministry(), other, october(3)).unwrap_err(), Refused::WrongState(State::HandedUp));
}
