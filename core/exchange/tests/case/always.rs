//! What holds whatever anybody does.

use std::collections::BTreeSet;

use exchange::case::*;
use exchange::value::Sheet;
use jiff::civil::date;
use proptest::prelude::*;

use crate::world::*;

fn any_action() -> impl Strategy<Value = Action> {
    let day = (1i8..31).prop_map(|day| date(2021, 10, day));
    let text = prop_oneof![Just(String::new()), Just("理由".to_owned())];
    let sheet = prop_oneof![Just(good_sheet()), Just(Sheet::default())];
    let base = (0u32..4, sheet.clone()).prop_map(|(version, sheet)| Base { version, sheet });
    let notes = text.clone().prop_map(|text| vec![Remark { question: None, text }]);
    prop_oneof![
        1 => Just(Action::Receive),
        1 => (proptest::option::of(day.clone()), proptest::option::of(text.clone())).prop_map(
            |(deadline, note)| Action::Forward { deadline, note }),
        3 => (base.clone(), sheet.clone()).prop_map(|(base, sheet)| Action::Save { base, sheet }),
        1 => (base, sheet, text.clone()).prop_map(
            |(base, sheet, reason)| Action::SaveAsProxy { base, sheet, reason }),
        1 => Just(Action::AskApproval),
        1 => Just(Action::Approve),
        1 => text.clone().prop_map(|reason| Action::Decline { reason }),
        3 => (0u8..4).prop_map(submit),
        1 => text.clone().prop_map(|reason| Action::Correct { reason }),
        1 => (notes.clone(), day.clone()).prop_map(
            |(remarks, until)| Action::Return { remarks, until }),
        1 => Just(Action::Pass),
        1 => Just(Action::HandUp),
        1 => (notes, day.clone()).prop_map(|(remarks, until)| Action::Query { remarks, until }),
        1 => Just(Action::Confirm),
        1 => (day.clone(), text.clone()).prop_map(
            |(until, reason)| Action::AskExtension { until, reason }),
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
                prop_assert_eq!(
                    after.answer.as_ref().unwrap().number,
                    before.answer.as_ref().map_or(0, |a| a.number) + 1);
            }
            // Receipts are never lost; what is taken has no faults, is approved where asked for,
            // and in time.
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
