//! What is not done, and who does not see it.

use std::collections::BTreeSet;

use exchange::case::*;
use exchange::value::{QuestionId, Sheet, Value};
use jiff::civil::date;

use crate::world::*;

#[test]
fn a_prefecture_sees_its_own_municipalities_only() {
    let out = Out::new(Path::Both, "012025");
    assert!(desk("010006").permit(Right::Review, &out.delivery).is_ok());
    for stranger in ["020001", "012033", "131016"] {
        for right in Right::ALL {
            assert_eq!(
                desk(stranger).permit(*right, &out.delivery),
                Err(Denied::Hidden),
                "{stranger} {right}"
            );
        }
    }
    let direct = Out::new(Path::Direct, "012025");
    assert_eq!(
        desk("010006").permit(Right::See, &direct.delivery),
        Err(Denied::Hidden),
        "it has no part in it"
    );
    assert_eq!(desk("010006").permit_case(Right::RunCase, &out.case), Err(Denied::Hidden));
    assert_eq!(desk("012025").permit(Right::Review, &out.delivery), Err(Denied::NotAllowed));
    // A permit for one delivery does nothing to another, nor for another right.
    let other = Out::new(Path::Both, "012033");
    let permit = desk("012033").permit(Right::Receive, &other.delivery).unwrap();
    assert_eq!(
        out.delivery.decide(Action::Receive, &permit, out.context(), october(2)),
        Err(Refused::WrongPermit)
    );
    let permit = desk("012025").permit(Right::See, &out.delivery).unwrap();
    assert_eq!(
        out.delivery.decide(Action::Receive, &permit, out.context(), october(2)),
        Err(Refused::WrongPermit)
    );
}

#[test]
fn who_entered_does_not_approve_whatever_rule_was_in_force_then() {
    let mut out = Out::new(Path::Both, "012025");
    let town = desk("012025");
    let approver = actor(Office::Body(code("012025")), OfficeRole::Approver);
    // The same person as a clerk while no approval is asked for, as the approver once it is; also
    // by a program that acts with her rights.
    let by = |role| Actor { role, ..town.clone() };
    let save = out.do_it(&town, Action::Receive, 2).save(&good_sheet());
    out.do_it(&town, save, 2);
    out.approval = true;
    out.do_it(&town, Action::AskApproval, 3);
    assert_eq!(
        out.try_it(&by(OfficeRole::Approver), Action::Approve, october(3)).unwrap_err(),
        Refused::OwnEntry
    );
    let program = Actor {
        who: audit::Who::Api { id: "1".into(), name: "給与".into() },
        ..by(OfficeRole::Approver)
    };
    assert_eq!(out.try_it(&program, Action::Approve, october(3)).unwrap_err(), Refused::OwnEntry);
    // Another sign-in name does not make another person of her.
    let renamed = Actor { login: "hanako2".into(), ..by(OfficeRole::Approver) };
    assert_eq!(out.try_it(&renamed, Action::Approve, october(3)).unwrap_err(), Refused::OwnEntry);
    // What was entered for an earlier version stays entered, though somebody else saved last.
    out.do_it(&approver, Action::Decline { reason: "数字を確認してください。".into() }, 4);
    let other = Actor { person: "02".repeat(16), login: "jiro".into(), ..town.clone() };
    let save = out.save(&good_sheet());
    out.do_it(&other, save, 5).do_it(&other, Action::AskApproval, 5);
    assert_eq!(
        out.try_it(&by(OfficeRole::Approver), Action::Approve, october(5)).unwrap_err(),
        Refused::OwnEntry
    );
    out.do_it(&approver, Action::Approve, 5);
    assert_eq!(out.delivery.state, State::Approved);
}

#[test]
fn others_see_an_answer_once_it_is_submitted_to_them() {
    let mut out = Out::new(Path::Both, "012025");
    let (town, prefecture) = (desk("012025"), desk("010006"));
    let seen = |out: &Out, who: &Actor| {
        out.delivery.answer_for(&who.permit(Right::See, &out.delivery).unwrap()).is_some()
    };
    let save = out.do_it(&town, Action::Receive, 2).save(&good_sheet());
    out.do_it(&town, save, 2);
    assert_eq!(
        [seen(&out, &town), seen(&out, &prefecture), seen(&out, &ministry())],
        [true, false, false]
    );
    out.do_it(&town, submit(1), 3);
    assert_eq!(
        [seen(&out, &town), seen(&out, &prefecture), seen(&out, &ministry())],
        [true, true, false]
    );
    out.do_it(&prefecture, Action::Pass, 4).do_it(&prefecture, Action::HandUp, 4);
    assert_eq!(
        [seen(&out, &town), seen(&out, &prefecture), seen(&out, &ministry())],
        [true, true, true]
    );
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
    let Err(Refused::Conflict { version: 2, merge }) = out.try_it(&town, later, october(3)) else {
        panic!("no conflict")
    };
    assert_eq!((merge.theirs.len(), merge.clashes.len()), (1, 0));
    let number = |sheet: &Sheet, id: &str| sheet.value(id).cloned();
    assert_eq!(number(&merge.sheet, "staff"), Some(Value::Number(2000)));
    assert_eq!(number(&merge.sheet, "excluded"), Some(Value::Number(100)));
    let save = out.save(&merge.sheet);
    out.do_it(&town, save, 3);
    // Both the same question: shown as a clash, with both values.
    let Err(Refused::Conflict { merge, .. }) = out.try_it(
        &town,
        Action::Save { base: began.clone(), sheet: edit("staff", 2001) },
        october(3),
    ) else {
        panic!("no conflict")
    };
    let clash = &merge.clashes[0];
    assert_eq!(
        (&clash.theirs, &clash.mine),
        (&Some(Value::Number(2000)), &Some(Value::Number(2001)))
    );
}

#[test]
fn submitting_twice_is_submitting_once() {
    let mut out = Out::new(Path::Both, "012025");
    let town = desk("012025");
    let save = out.do_it(&town, Action::Receive, 2).save(&good_sheet());
    out.do_it(&town, save, 2).do_it(&town, submit(7), 3);
    let again = out.try_it(&town, submit(7), october(3)).unwrap();
    assert_eq!((&again.value, again.events.len()), (&out.delivery, 0));
    assert_eq!(
        out.try_it(&town, submit(8), october(3)).unwrap_err(),
        Refused::WrongState(State::Submitted)
    );
    // The same key after the deadline and after the case was closed still gives the receipt.
    out.case.stage = Stage::Closed;
    assert_eq!(
        out.try_it(&town, submit(7), at("2021-12-01T00:00:00Z")).unwrap().value.receipts,
        out.delivery.receipts
    );
}

#[test]
fn a_deadline_that_passes_while_typing_keeps_the_draft() {
    let mut out = Out::new(Path::Both, "012025");
    let town = desk("012025");
    out.do_it(&town, Action::Receive, 2);
    let save = out.save(&good_sheet());
    let saved = out.try_it(&town, save, october(30)).unwrap().value;
    out.delivery = saved;
    assert_eq!(
        out.try_it(&town, submit(1), october(30)).unwrap_err(),
        Refused::DeadlinePassed(DEADLINE)
    );
    out.do_it(&desk("010006"), Action::Forward { deadline: None, note: None }, 30);
    // The prefecture has no more days to give; the ministry has.
    let until = date(2021, 11, 5);
    assert_eq!(
        out.try_it(&desk("010006"), Action::GrantExtension { until }, october(30)).unwrap_err(),
        Refused::BadDay(until)
    );
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
    let Err(Refused::Faults(faults)) = out.try_it(&town, submit(1), october(3)) else {
        panic!("taken")
    };
    assert_eq!(faults[0].question.as_str(), "users");
    assert_eq!(out.delivery.answer.as_ref().unwrap().sheet, sheet);
}

#[test]
fn what_was_seen_counts_when_two_decide_at_once() {
    let out = Out::new(Path::Both, "012025");
    let permit = desk("012025").permit(Right::Receive, &out.delivery).unwrap();
    let stale = Context { seen: out.delivery.revision + 1, ..out.context() };
    assert_eq!(
        out.delivery.decide(Action::Receive, &permit, stale, october(2)),
        Err(Refused::Stale)
    );
    let close = |case: &Case, seen| {
        case.decide(
            CaseAction::Close,
            &ministry().permit_case(Right::CloseCase, case).unwrap(),
            seen,
            october(2),
        )
    };
    assert_eq!(close(&out.case, 0).unwrap_err(), Refused::Stale);
    assert_eq!(close(&out.case, out.case.revision).unwrap().value.stage, Stage::Closed);
}

#[test]
fn a_draft_that_cannot_be_sent_is_refused() {
    let send_it = |case: &Case| {
        send(case, &ministry().permit_case(Right::RunCase, case).unwrap(), 0, october(1))
            .map(|d| d.value.1.len())
    };
    assert_eq!(send_it(&draft(Path::Both)), Ok(180));
    assert_eq!(send_it(&Case { form: None, ..draft(Path::Both) }), Err(Refused::NoForm));
    let past = date(2021, 9, 30);
    assert_eq!(
        send_it(&Case { deadline: Some(past), ..draft(Path::Both) }),
        Err(Refused::BadDay(past))
    );
    assert_eq!(
        send_it(&Case { addressees: BTreeSet::new(), ..draft(Path::Both) }),
        Err(Refused::NoAddressees)
    );
    assert_eq!(
        send_it(&Case { stage: Stage::Sent, ..draft(Path::Both) }),
        Err(Refused::CaseNotOpen)
    );
}
