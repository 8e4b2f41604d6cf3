//! Two people at one sheet: what each changed, and what both did.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::value::{QuestionId, Sheet, Value};

/// One question as it stood, as the other has saved it and as this one wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clash {
    /// Which question.
    pub question: QuestionId,
    /// What both began with.
    pub base: Option<Value>,
    /// What was saved meanwhile.
    pub theirs: Option<Value>,
    /// What the later editor entered.
    pub mine: Option<Value>,
}

/// The outcome of laying two edits of one sheet together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// Both edits, with the later editor's own values where they clash: nothing that was typed is
    /// lost.
    pub sheet: Sheet,
    /// Questions the other changed and this one did not.
    pub theirs: Vec<QuestionId>,
    /// Questions both changed, to different values.
    pub clashes: Vec<Clash>,
}

/// The questions whose value or reason differs.
pub fn changed(before: &Sheet, after: &Sheet) -> BTreeSet<QuestionId> {
    let all = before
        .values
        .keys()
        .chain(after.values.keys())
        .chain(before.reasons.keys())
        .chain(after.reasons.keys());
    all.filter(|id| {
        before.values.get(*id) != after.values.get(*id)
            || before.reasons.get(*id) != after.reasons.get(*id)
    })
    .cloned()
    .collect()
}

/// Lays `mine` over `theirs`; both began at `base`.
pub fn merge(base: &Sheet, theirs: &Sheet, mine: &Sheet) -> Merge {
    let (by_them, by_me) = (changed(base, theirs), changed(base, mine));
    let mut merge = Merge { sheet: theirs.clone(), ..Merge::default() };
    for id in &by_me {
        merge.sheet.set(id, mine.values.get(id).cloned());
        match mine.reasons.get(id) {
            Some(reason) => merge.sheet.reasons.insert(id.clone(), reason.clone()),
            None => merge.sheet.reasons.remove(id),
        };
    }
    for id in by_them {
        if !by_me.contains(&id) {
            merge.theirs.push(id);
        } else if theirs.values.get(&id) != mine.values.get(&id)
            || theirs.reasons.get(&id) != mine.reasons.get(&id)
        {
            let value = |sheet: &Sheet| sheet.values.get(&id).cloned();
            let (base, theirs, mine) = (value(base), value(theirs), value(mine));
            merge.clashes.push(Clash { question: id, base, theirs, mine });
        }
    }
    merge
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn sheets() -> impl Strategy<Value = Sheet> {
        proptest::collection::btree_map("[a-e]", 0i64..3, 0..5).prop_map(|values| Sheet {
            values: values
                .into_iter()
                .map(|(id, n)| (QuestionId::new(id), Value::Number(n)))
                .collect(),
            reasons: BTreeMap::new(),
        })
    }

    proptest! {
        #[test]
        fn neither_loses_work(base in sheets(), theirs in sheets(), mine in sheets()) {
            let merged = merge(&base, &theirs, &mine);
            let (by_them, by_me) = (changed(&base, &theirs), changed(&base, &mine));
            // What I changed is there as I typed it; what only they changed is there as they saved
            // it, and named.
            for id in &by_me {
                prop_assert_eq!(merged.sheet.values.get(id), mine.values.get(id));
            }
            for id in by_them.difference(&by_me) {
                prop_assert_eq!(merged.sheet.values.get(id), theirs.values.get(id));
                prop_assert!(merged.theirs.contains(id));
            }
            // What was overwritten of theirs is shown.
            for id in by_them.intersection(&by_me) {
                let clash = merged.clashes.iter().find(|c| c.question == *id);
                prop_assert_eq!(clash.is_some(), theirs.values.get(id) != mine.values.get(id));
                prop_assert!(clash.is_none_or(|c| c.theirs.as_ref() == theirs.values.get(id)));
            }
            prop_assert!(
                changed(&base, &merged.sheet).is_subset(&by_them.union(&by_me).cloned().collect()));
        }

        #[test]
        fn an_edit_alone_goes_through(base in sheets(), mine in sheets()) {
            let merged = merge(&base, &base, &mine);
            prop_assert_eq!(merged, Merge { sheet: mine, theirs: vec![], clashes: vec![] });
        }
    }
}
