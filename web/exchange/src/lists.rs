//! What the lists of a case count and show, by the state of a body's copy. What can be done with
//! one is not said here: `exchange::case` says what is possible.

use exchange::case::State;
use jiff::civil::Date;
use people::{Bodies, BodyCode};
use store::exchange::{BoardCount, BoardFilter, WatchRow};

use kit::http::Lang;

/// Which list of a board.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum List {
    #[default]
    All,
    /// Past their day, and the next step is theirs.
    Late,
    /// Asking for more time.
    Asking,
    Waiting,
    Unreceived,
    Answering,
    Returned,
    Review,
    Passed,
    Done,
}

impl List {
    const ALL: [List; 10] = [
        Self::All,
        Self::Late,
        Self::Asking,
        Self::Waiting,
        Self::Unreceived,
        Self::Answering,
        Self::Returned,
        Self::Review,
        Self::Passed,
        Self::Done,
    ];

    /// By the word of an address; all, where there is no such list.
    pub(crate) fn named(word: &str) -> Self {
        Self::ALL.into_iter().find(|list| list.word() == word).unwrap_or_default()
    }

    /// The word in addresses.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Late => "late",
            Self::Asking => "asking",
            Self::Waiting => "waiting",
            Self::Unreceived => "unreceived",
            Self::Answering => "answering",
            Self::Returned => "returned",
            Self::Review => "review",
            Self::Passed => "passed",
            Self::Done => "done",
        }
    }

    /// What it is called: Japanese, English.
    fn called(self) -> (&'static str, &'static str) {
        match self {
            Self::All => ("すべて", "All"),
            Self::Late => ("期限を過ぎた団体", "Late"),
            Self::Asking => ("延長の依頼", "Ask for time"),
            Self::Waiting => ("転送待ち", "To be passed on"),
            Self::Unreceived => ("未受領", "Not received"),
            Self::Answering => ("回答中", "Being answered"),
            Self::Returned => ("差戻し・疑義照会", "Returned or asked back"),
            Self::Review => ("都道府県審査中", "At the prefecture"),
            Self::Passed => ("都道府県承認", "Passed"),
            Self::Done => ("国へ提出・確定", "Handed up"),
        }
    }

    /// The states of those in it, where it is a list of states.
    fn states(self) -> Option<&'static [State]> {
        Some(match self {
            Self::All | Self::Late | Self::Asking => return None,
            Self::Waiting => &[State::Waiting],
            Self::Unreceived => &[State::Sent],
            Self::Answering => {
                &[State::Received, State::Entering, State::ForApproval, State::Approved]
            }
            Self::Returned => &[State::Returned, State::Queried],
            Self::Review => &[State::Submitted],
            Self::Passed => &[State::Passed],
            Self::Done => &[State::HandedUp, State::Confirmed],
        })
    }

    /// How many are in it.
    fn count(self, counts: &[BoardCount]) -> u64 {
        match self {
            Self::All => counts.iter().map(|one| one.count).sum(),
            Self::Late => counts.iter().filter(|one| one.overdue).map(|one| one.count).sum(),
            Self::Asking => counts.iter().map(|one| one.asking).sum(),
            list => {
                let states = list.states().unwrap_or_default();
                let inside = counts.iter().filter(|one| states.contains(&one.state));
                inside.map(|one| one.count).sum()
            }
        }
    }
}

/// What is looked for on a board.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looked {
    pub(crate) list: List,
    /// The first two digits of a prefecture's code.
    pub(crate) prefecture: Option<String>,
    /// A part of the name, or a code.
    pub(crate) q: String,
}

pub(super) struct Show {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
    pub(super) count: u64,
    pub(super) current: bool,
}

/// How many bodies are addressed, done, and late with the next step theirs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) all: u64,
    pub(super) done: u64,
    pub(super) late: u64,
}

/// How many bodies of a prefecture stand where.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Watched {
    pub(super) waiting: u64,
    pub(super) with_them: u64,
    pub(super) to_review: u64,
    pub(super) to_hand_up: u64,
    pub(super) done: u64,
}

/// Done is: handed up, or, for what is not answered, received.
pub(super) fn tally<'a>(counts: impl Iterator<Item = &'a BoardCount>, wants_answer: bool) -> Tally {
    let mut tally = Tally::default();
    for count in counts {
        tally.all += count.count;
        let received = !wants_answer && !matches!(count.state, State::Waiting | State::Sent);
        if received || matches!(count.state, State::HandedUp | State::Confirmed) {
            tally.done += count.count;
        }
        if count.overdue {
            tally.late += count.count;
        }
    }
    tally
}

/// The lists with how many are in each.
pub(super) fn shows(lang: Lang, counts: &[BoardCount], current: List) -> Vec<Show> {
    let show = |list: List| {
        let (ja, en) = list.called();
        Show {
            name: list.word(),
            text: lang.t(ja, en),
            count: list.count(counts),
            current: list == current,
        }
    };
    List::ALL.into_iter().map(show).collect()
}

/// The list that was asked for, without its page.
pub(crate) fn filter(
    known: &Bodies,
    looked: &Looked,
    via: Option<BodyCode>,
    today: Date,
) -> BoardFilter {
    let digits = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_digit());
    let mut filter = BoardFilter {
        via,
        prefecture: looked.prefecture.clone().filter(digits),
        ..Default::default()
    };
    match looked.list {
        List::Late => {
            filter.due_before = Some(today);
            filter.states =
                State::ALL.into_iter().filter(|state| state.awaits_the_body()).collect();
        }
        List::Asking => filter.asking = true,
        list => filter.states = list.states().unwrap_or_default().to_vec(),
    }
    if !looked.q.trim().is_empty() {
        let text: String = looked.q.chars().take(100).collect();
        filter.bodies =
            Some(known.search(&text, 2_000).into_iter().map(|body| body.code).collect());
    }
    filter
}

/// How many bodies stand where, for a prefecture's list of cases.
pub(super) fn watched(row: &WatchRow) -> Watched {
    let count = |states: &[State]| {
        row.counts.iter().filter(|(state, _)| states.contains(state)).map(|(_, n)| n).sum()
    };
    Watched {
        waiting: count(&[State::Waiting]),
        with_them: row
            .counts
            .iter()
            .filter(|(state, _)| state.awaits_the_body())
            .map(|(_, n)| n)
            .sum(),
        to_review: count(&[State::Submitted]),
        to_hand_up: count(&[State::Passed]),
        done: count(&[State::HandedUp, State::Confirmed]),
    }
}

/// Whether some still wait at the prefecture, so that passing on is what comes first.
pub(super) fn some_wait(counts: &[BoardCount]) -> bool {
    counts.iter().any(|count| count.state == State::Waiting)
}
