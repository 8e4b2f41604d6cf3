//! The way down and up, and what stands beside it.

use std::collections::{BTreeMap, BTreeSet};

use exchange::case::*;
use exchange::value::{QuestionId, Sheet};
use jiff::civil::date;

use crate::world::*;

#[test]
fn a_survey_goes_down_and_up_the_cascade() {
    let mut out = Out::new(Path::Cascade, "012025");
    out.approval = true;
    let (town, prefecture) = (desk("012025"), desk("010006"));
    let approver = actor(Office::Body(code("012025")), OfficeRole::Approver);
    assert_eq!(town.permit(Right::See, &out.delivery), Err(Denied::Hidden), "not passed on yet");

    out.do_it(
        &prefecture,
        Action::Forward {
            deadline: Some(date(2021, 10, 20)),
            note: Some("早めにお願いします。".to_owned()),
        },
        4,
    )
    .do_it(&town, Action::Receive, 5);
    let save = out.save(&good_sheet());
    out.do_it(&town, save, 6);
    assert_eq!(out.try_it(&town, submit(1), october(6)).unwrap_err(), Refused::ApprovalMissing);
    out.do_it(&town, Action::AskApproval, 7).do_it(&approver, Action::Approve, 8).do_it(
        &town,
        submit(1),
        9,
    );
    assert_eq!(out.delivery.state, State::Submitted);
    assert_eq!(out.delivery.receipts[0].number.to_string(), "2021-0012-012025-01-55");

    out.do_it(
        &prefecture,
        Action::Return {
            remarks: remarks("実数を確認してください。"), until: date(2021, 10, 22)
        },
        12,
    );
    assert_eq!(out.delivery.deadline.unwrap().day(), date(2021, 10, 22));
    let save = out.save(&good_sheet());
    out.do_it(&town, save, 21).do_it(&town, Action::AskApproval, 21).do_it(
        &approver,
        Action::Approve,
        21,
    );
    out.do_it(&town, submit(2), 21).do_it(&prefecture, Action::Pass, 22).do_it(
        &prefecture,
        Action::HandUp,
        25,
    );
    out.do_it(
        &ministry(),
        Action::Query {
            remarks: remarks("昨年と大きく違います。"), until: date(2021, 11, 5)
        },
        28,
    );
    let save = out.save(&good_sheet());
    out.do_it(&town, save, 30).do_it(&town, Action::AskApproval, 30).do_it(
        &approver,
        Action::Approve,
        30,
    );
    out.do_it(&town, submit(3), 30).do_it(&prefecture, Action::Pass, 30).do_it(
        &prefecture,
        Action::HandUp,
        30,
    );
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
fn a_correction_carries_its_reason_until_it_is_handed_in_again() {
    let mut out = Out::new(Path::Direct, "012025");
    let town = desk("012025");
    let reason = |out: &Out| out.delivery.answer.as_ref().unwrap().reason.clone();
    let save = out.do_it(&town, Action::Receive, 2).save(&good_sheet());
    out.do_it(&town, save, 2).do_it(&town, submit(1), 2);
    assert_eq!(reason(&out), "");
    let correct = |reason: &str| Action::Correct { reason: reason.to_owned() };
    assert_eq!(out.try_it(&town, correct(" "), october(3)).unwrap_err(), Refused::ReasonMissing);
    out.do_it(&town, correct("二重に数えていたため"), 3);
    for day in [4, 5] {
        let save = out.save(&good_sheet());
        out.do_it(&town, save, day);
        assert_eq!(reason(&out), "二重に数えていたため");
    }
    out.do_it(&town, submit(2), 6);
    assert_eq!(
        (out.delivery.receipts.len(), out.delivery.receipts[1].version, &out.delivery.correction),
        (2, 3, &None)
    );
    // Opened by the ministry, and what is mended comes on paper: that entry has a reason of its
    // own, and the other one ends.
    let reopen =
        Action::Reopen { until: date(2021, 11, 5), reason: "疑義があるため".to_owned() };
    out.do_it(&ministry(), reopen, 7);
    let save = out.save(&good_sheet());
    out.do_it(&town, save, 8);
    assert_eq!(reason(&out), "疑義があるため");
    let take = Action::TakeIn {
        sheet: good_sheet(),
        reason: "紙で提出".to_owned(),
        key: SubmitKey([9; 16]),
    };
    out.do_it(&ministry(), take, 9);
    assert_eq!((reason(&out).as_str(), &out.delivery.correction), ("紙で提出", &None));
}

#[test]
fn more_time_is_asked_for_refused_with_a_reason_and_given() {
    let mut out = Out::new(Path::Direct, "012025");
    let town = desk("012025");
    let (until, later) = (date(2021, 11, 5), date(2021, 11, 8));
    let ask = |until| Action::AskExtension { until, reason: "議会のため".to_owned() };
    let refuse = |reason: &str| Action::RefuseExtension { reason: reason.to_owned() };
    out.do_it(&town, Action::Receive, 2);
    assert!(
        matches!(out.try_it(&ministry(), refuse("急ぎ"), october(3)), Err(Refused::WrongState(_))),
        "nobody asked"
    );
    assert_eq!(
        out.try_it(&town, ask(DEADLINE), october(3)).unwrap_err(),
        Refused::BadDay(DEADLINE),
        "that is no more time"
    );
    out.do_it(&town, ask(until), 3);
    assert_eq!(
        out.try_it(&ministry(), refuse(" "), october(4)).unwrap_err(),
        Refused::ReasonMissing
    );
    out.do_it(&ministry(), refuse("公表が近いため"), 4);
    assert_eq!(
        (&out.delivery.extension, out.delivery.extension_refused.as_deref()),
        (&None, Some("公表が近いため"))
    );
    assert_eq!(out.delivery.deadline.unwrap().day(), DEADLINE);
    out.do_it(&town, ask(later), 5);
    assert_eq!(out.delivery.extension_refused, None, "what counts is the new question");
    out.do_it(&ministry(), Action::GrantExtension { until }, 6);
    assert_eq!((out.delivery.deadline.unwrap().day(), &out.delivery.extension), (until, &None));
}

#[test]
fn divisions_fill_in_their_parts_and_nothing_else() {
    let mut out = Out::new(Path::Both, "012025");
    let town = desk("012025");
    let sheet = good_sheet();
    out.do_it(&town, Action::Receive, 2);
    let division =
        |name: &str| actor(Office::Body(code("012025")), OfficeRole::Division(name.to_owned()));
    let ids = |ids: &[&str]| ids.iter().map(|id| QuestionId::new(*id)).collect::<BTreeSet<_>>();
    let hr = ids(&["staff", "excluded", "adoption", "forms", "part_time"]);
    let it = ids(&["able", "users"]);
    let part = |questions: &BTreeSet<QuestionId>| Part {
        questions: questions.clone(),
        until: None,
        done: None,
    };
    let parts =
        BTreeMap::from([("人事課".to_owned(), part(&hr)), ("情報課".to_owned(), part(&it))]);
    out.do_it(&town, Action::Circulate { parts }, 3);
    assert_eq!(division("財政課").permit(Right::EnterPart, &out.delivery), Err(Denied::Hidden));
    let of = |ids: &BTreeSet<QuestionId>| Sheet {
        values: ids
            .iter()
            .filter_map(|id| sheet.values.get(id).map(|v| (id.clone(), v.clone())))
            .collect(),
        reasons: BTreeMap::new(),
    };
    let foreign = Action::SavePart { sheet: of(&hr), done: true };
    assert!(matches!(
        out.try_it(&division("情報課"), foreign, october(4)),
        Err(Refused::NotInPart(_))
    ));
    // Its reason for a leap goes with its answers, and nobody else's.
    let mut explained = of(&it);
    explained.reasons.insert(QuestionId::new("staff"), "合併のため".to_owned());
    let foreign = Action::SavePart { sheet: explained.clone(), done: true };
    assert!(matches!(
        out.try_it(&division("情報課"), foreign, october(4)),
        Err(Refused::NotInPart(_))
    ));
    explained.reasons = [(QuestionId::new("able"), "対象を広げたため".to_owned())].into();
    out.do_it(&division("情報課"), Action::SavePart { sheet: explained, done: true }, 4);
    assert_eq!(
        out.delivery.answer.as_ref().unwrap().sheet.reasons[&QuestionId::new("able")],
        "対象を広げたため"
    );
    out.do_it(&division("情報課"), Action::SavePart { sheet: of(&it), done: true }, 4);
    assert_eq!(
        out.try_it(&town, submit(1), october(4)).unwrap_err(),
        Refused::PartOpen("人事課".to_owned())
    );
    out.do_it(&division("人事課"), Action::SavePart { sheet: of(&hr), done: true }, 5);
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
    assert_eq!(
        out.try_it(&prefecture, proxy(" "), october(3)).unwrap_err(),
        Refused::ReasonMissing
    );
    assert_eq!(
        out.try_it(&desk("012025"), proxy("停電"), october(3)).unwrap_err(),
        Refused::WrongPermit
    );
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
    let mut out = Out {
        case,
        form: form(),
        delivery: deliveries[1].clone(),
        approval: false,
        events: Vec::new(),
    };
    assert_eq!(out.delivery.deadline, None);
    let town = actor(Office::Body(out.delivery.to.body), OfficeRole::Clerk);
    out.do_it(&town, Action::Receive, 2);
    assert_eq!(out.try_it(&town, submit(1), october(3)).unwrap_err(), Refused::NoAnswer);
}

#[test]
fn public_questions_are_asked_once_and_answered_for_all() {
    let out = Out::new(Path::Both, "012025");
    let permit = desk("012025").permit(Right::AskQuestion, &out.delivery).unwrap();
    let asked = out
        .case
        .ask("会計年度任用職員を含みますか。".to_owned(), &permit, october(5))
        .unwrap()
        .value;
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
    let later =
        due_reminders(&out.case, &out.delivery, at("2021-11-06T00:00:00Z"), &BTreeSet::new())
            .unwrap();
    assert_eq!(later.days, -7);
    out.delivery.state = State::Submitted;
    assert_eq!(due_reminders(&out.case, &out.delivery, october(29), &BTreeSet::new()), None);
}

#[test]
fn what_came_another_way_is_taken_in_by_the_ministry_alone_whole_and_once() {
    let sheet = answers()[&code("012025")].clone();
    let take = |sheet: &Sheet, reason: &str| Action::TakeIn {
        sheet: sheet.clone(),
        reason: reason.to_owned(),
        key: SubmitKey([9; 16]),
    };
    let mut out = Out::new(Path::Cascade, "012025");
    for who in [desk("012025"), desk("010006"), actor(Office::Ministry, OfficeRole::Approver)] {
        assert_eq!(
            out.try_it(&who, take(&sheet, "紙で提出"), october(2)).unwrap_err(),
            Refused::WrongPermit
        );
    }
    assert_eq!(
        out.try_it(&ministry(), take(&sheet, " "), october(2)).unwrap_err(),
        Refused::ReasonMissing
    );
    assert!(matches!(
        out.try_it(&ministry(), take(&Sheet::default(), "紙で提出"), october(2)),
        Err(Refused::Faults(_))
    ));
    out.do_it(&ministry(), take(&sheet, "紙で提出"), 2);
    assert_eq!(out.delivery.state, State::HandedUp);
    assert!(out.delivery.answer.as_ref().unwrap().proxy && out.delivery.receipts.len() == 1);
    // The same key again is the same submission; another one is not, once it is there.
    assert!(
        out.try_it(&ministry(), take(&sheet, "紙で提出"), october(3)).unwrap().events.is_empty()
    );
    let other =
        Action::TakeIn { sheet, reason: "紙で提出".to_owned(), key: SubmitKey([8; 16]) };
    assert_eq!(
        out.try_it(&ministry(), other, october(3)).unwrap_err(),
        Refused::WrongState(State::HandedUp)
    );
}
