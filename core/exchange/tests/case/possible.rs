//! What the machine says is possible is what it does: every step, in every state, by everybody.

use std::collections::BTreeMap;
use std::fmt::Write;

use exchange::case::*;
use exchange::value::{QuestionId, Sheet};
use jiff::civil::{Date, date};

use crate::world::*;

/// A day nobody may object to: from today on, later than the body's own last day, and not later
/// than the ministry's.
const UNTIL: Date = date(2021, 10, 28);
const DIVISION: &str = "020";

/// Everything a step stands on beside the state.
#[derive(Clone, Copy, Debug)]
struct Ground {
    path: Path,
    state: State,
    stage: Stage,
    approval: bool,
    form: bool,
    answer: bool,
    deadline: bool,
    asked: bool,
    own_entry: bool,
}

fn grounds() -> Vec<Ground> {
    let mut all = Vec::new();
    for path in [Path::Cascade, Path::Direct, Path::Both] {
        for state in State::ALL {
            for stage in [Stage::Sent, Stage::Closed] {
                for bits in 0..64_u8 {
                    let on = |n: u8| bits >> n & 1 == 1;
                    let (approval, form, answer) = (on(0), on(1), on(2));
                    let (deadline, asked, own_entry) = (on(3), on(4), on(5));
                    all.push(Ground {
                        path,
                        state,
                        stage,
                        approval,
                        form,
                        answer,
                        deadline,
                        asked,
                        own_entry,
                    });
                }
            }
        }
    }
    all
}

/// The body's copy as the ground says, with a part that is done.
fn out(ground: Ground, base: &Out) -> Out {
    let mut out = Out {
        case: base.case.clone(),
        form: base.form.clone(),
        delivery: base.delivery.clone(),
        approval: ground.approval,
        events: Vec::new(),
    };
    out.case.stage = ground.stage;
    let delivery = &mut out.delivery;
    delivery.state = ground.state;
    if ground.deadline {
        let deadline = delivery.deadline.as_mut().unwrap();
        deadline.prefecture = Some(date(2021, 10, 20));
    } else {
        delivery.deadline = None;
    }
    let part =
        Part { questions: [QuestionId::new("able")].into(), until: None, done: Some(october(2)) };
    delivery.parts = BTreeMap::from([(DIVISION.to_owned(), part)]);
    if ground.answer {
        delivery.answer = Some(AnswerVersion {
            number: 1,
            sheet: good_sheet(),
            at: october(2),
            by: "jiro".to_owned(),
            reason: String::new(),
            proxy: false,
        });
    }
    if ground.own_entry {
        delivery.entered.insert("01".repeat(16));
    }
    if ground.asked {
        delivery.extension = Some(Extension { until: UNTIL, reason: "議会のため".to_owned() });
    }
    out
}

/// The step, with particulars that nobody may object to.
fn good(step: Step, out: &Out) -> Action {
    let (reason, until) = ("理由".to_owned(), UNTIL);
    let (sheet, base) = (good_sheet(), out.base());
    match step {
        Step::Receive => Action::Receive,
        Step::Forward => Action::Forward { deadline: None, note: None },
        Step::Circulate => Action::Circulate { parts: BTreeMap::new() },
        Step::Save => Action::Save { base, sheet },
        Step::SavePart => Action::SavePart { sheet: Sheet::default(), done: true },
        Step::SaveAsProxy => Action::SaveAsProxy { base, sheet, reason },
        Step::TakeIn => Action::TakeIn { sheet, reason, key: SubmitKey([7; 16]) },
        Step::AskApproval => Action::AskApproval,
        Step::Approve => Action::Approve,
        Step::Decline => Action::Decline { reason },
        Step::Submit => submit(7),
        Step::Correct => Action::Correct { reason },
        Step::Return => Action::Return { remarks: remarks("数字"), until },
        Step::Pass => Action::Pass,
        Step::HandUp => Action::HandUp,
        Step::Query => Action::Query { remarks: remarks("数字"), until },
        Step::Confirm => Action::Confirm,
        Step::AskExtension => Action::AskExtension { until, reason },
        Step::GrantExtension => Action::GrantExtension { until },
        Step::RefuseExtension => Action::RefuseExtension { reason },
        Step::Reopen => Action::Reopen { until, reason },
    }
}

fn everybody() -> Vec<Actor> {
    let town = || Office::Body(code("012025"));
    let division = OfficeRole::Division(DIVISION.to_owned());
    vec![
        ministry(),
        actor(Office::Ministry, OfficeRole::Approver),
        desk("010006"),
        actor(Office::Body(code("010006")), OfficeRole::Approver),
        desk("012025"),
        actor(town(), OfficeRole::Approver),
        actor(town(), division),
    ]
}

#[test]
fn what_is_possible_is_what_is_done() {
    let mut done = 0;
    let bases = [Path::Cascade, Path::Direct, Path::Both].map(|path| Out::new(path, "012025"));
    for ground in grounds() {
        let base = &bases
            [usize::from(ground.path == Path::Direct) + 2 * usize::from(ground.path == Path::Both)];
        let out = out(ground, base);
        let context = Context { form: out.context().form.filter(|_| ground.form), ..out.context() };
        for who in everybody() {
            for right in Right::ALL {
                let Ok(permit) = who.permit(*right, &out.delivery) else { continue };
                let possible = out.delivery.possible(&permit, &context);
                // A permit for another right is refused before anything else (`refused.rs`).
                for step in Step::ALL.iter().filter(|step| step.right() == *right) {
                    let decided =
                        out.delivery.decide(good(*step, &out), &permit, context, october(5));
                    assert_eq!(
                        possible.has(*step),
                        decided.is_ok(),
                        "{step:?} by {who:?} on {ground:?}: {decided:?}"
                    );
                    // Of what is said with it nothing was wrong, so the refusal is the bar.
                    let bar = out.delivery.admits(*step, &permit, &context).err();
                    assert_eq!(bar.as_ref(), decided.as_ref().err(), "{step:?} on {ground:?}");
                    done += usize::from(decided.is_ok());
                }
            }
        }
    }
    assert!(done > 10_000, "only {done} steps were possible");
}

#[test]
fn the_table_is_the_one_on_file() {
    let mut table = format!("{:<18}{:<16}{}\n", "step", "right", "states, for what is answered");
    for step in Step::ALL {
        let mut states = Vec::new();
        for state in State::ALL {
            let with = |approval: bool| {
                let ground = Ground {
                    path: Path::Both,
                    state,
                    stage: Stage::Sent,
                    approval,
                    form: true,
                    answer: true,
                    deadline: true,
                    asked: true,
                    own_entry: false,
                };
                let out = out(ground, &Out::new(Path::Both, "012025"));
                everybody().iter().any(|who| {
                    who.permit(step.right(), &out.delivery).is_ok_and(|permit| {
                        out.delivery.possible(&permit, &out.context()).has(*step)
                    })
                })
            };
            match (with(true), with(false)) {
                (true, true) => states.push(format!("{state:?}")),
                (true, false) => states.push(format!("{state:?}(approval)")),
                (false, true) => states.push(format!("{state:?}(no approval)")),
                (false, false) => {}
            }
        }
        let (name, right) = (format!("{step:?}"), step.right().to_string());
        let _ = writeln!(table, "{name:<18}{right:<16}{}", states.join(" "));
    }
    assert_eq!(table, include_str!("../../testdata/steps.txt"), "the table now reads\n{table}");
}

#[test]
fn an_approval_is_asked_for_only_where_the_body_wants_one() {
    let mut out = Out::new(Path::Both, "012025");
    let town = desk("012025");
    let save = out.do_it(&town, Action::Receive, 2).save(&good_sheet());
    out.do_it(&town, save, 2);
    // It would lead nowhere: what waits for an approval is not submitted.
    assert_eq!(
        out.try_it(&town, Action::AskApproval, october(3)).unwrap_err(),
        Refused::ApprovalNotAsked
    );
    let permit = town.permit(Right::Submit, &out.delivery).unwrap();
    let possible = |out: &Out| out.delivery.possible(&permit, &out.context());
    assert_eq!(possible(&out), [Step::Submit].into_iter().collect());
    out.approval = true;
    assert_eq!(possible(&out), [Step::AskApproval].into_iter().collect());
}

#[test]
fn a_notice_takes_no_answer_and_has_no_last_day() {
    let mut out = Out::new(Path::Both, "012025");
    (out.case.kind, out.case.form, out.delivery.deadline) = (CaseKind::Notice, None, None);
    let town = desk("012025");
    out.do_it(&town, Action::Receive, 2);
    let context = Context { form: None, ..out.context() };
    let decide = |action: Action| {
        let permit = town.permit(action.right(), &out.delivery).unwrap();
        out.delivery.decide(action, &permit, context, october(3)).unwrap_err()
    };
    assert_eq!(decide(out.save(&good_sheet())), Refused::NoForm);
    let ask = Action::AskExtension { until: UNTIL, reason: "議会のため".to_owned() };
    assert_eq!(decide(ask), Refused::NoDeadline);
    let permit = town.permit(Right::Enter, &out.delivery).unwrap();
    assert_eq!(out.delivery.takes_files(&permit, &context), Ok(()), "files it takes");
}

#[test]
fn a_case_says_what_is_possible_with_it() {
    let base = Out::new(Path::Both, "012025");
    let (ministry, town) = (ministry(), desk("012025"));
    for stage in [Stage::Draft, Stage::Sent, Stage::Closed, Stage::Published] {
        for questions in 0..2 {
            let mut case = Case { addressees: draft(Path::Both).addressees, ..base.case.clone() };
            case.stage = stage;
            let permit = town.permit(Right::AskQuestion, &base.delivery).unwrap();
            if questions > 0 {
                let asked = PublicQuestion {
                    asked_by: code("012025"),
                    asked_at: october(2),
                    question: "問".to_owned(),
                    answer: None,
                };
                case.questions.push(asked);
            }
            let asked = case.ask("問".to_owned(), &permit, october(3));
            assert_eq!(case.possible(&permit).has(CaseStep::Ask), asked.is_ok(), "{stage:?}");
            for right in Right::ALL {
                let Ok(permit) = ministry.permit_case(*right, &case) else { continue };
                let possible = case.possible(&permit);
                for (step, action) in [
                    (CaseStep::Edit, Some(CaseAction::Edit(Box::new(case.clone())))),
                    (CaseStep::Send, None),
                    (CaseStep::Close, Some(CaseAction::Close)),
                    (CaseStep::Reopen, Some(CaseAction::Reopen { reason: "疑義".to_owned() })),
                    (CaseStep::Publish, Some(CaseAction::Publish)),
                    (
                        CaseStep::Answer,
                        Some(CaseAction::Answer { question: 0, answer: "答".to_owned() }),
                    ),
                ] {
                    let seen = case.revision;
                    let done = match action {
                        Some(action) => case.decide(action, &permit, seen, october(3)).is_ok(),
                        None => send(&case, &permit, seen, october(3)).is_ok(),
                    };
                    assert_eq!(possible.has(step), done, "{step:?} {right} in {stage:?}");
                }
            }
        }
    }
}
