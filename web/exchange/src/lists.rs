//! What the lists of a case count and show, by the state of a body's copy. What can be done with
//! one is not said here: `exchange::case` says what is possible.

use exchange::case::State;
use jiff::civil::Date;
use people::BodyCode;
use serde::Deserialize;
use store::exchange::{BoardCount, BoardFilter, WatchRow};

use kit::http::Lang;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct Asked {
    pub(crate) show: String,
    pub(crate) prefecture: String,
    pub(crate) q: String,
    pub(crate) page: Option<u32>,
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

/// Lists by name: English name of the list, Japanese, English, states.
const SHOWS: [(&str, &str, &str, &[State]); 7] = [
    ("waiting", "転送待ち", "To be passed on", &[State::Waiting]),
    ("unreceived", "未受領", "Not received", &[State::Sent]),
    (
        "answering",
        "回答中",
        "Being answered",
        &[State::Received, State::Entering, State::ForApproval, State::Approved],
    ),
    ("returned", "差戻し・疑義照会", "Returned or asked back", &[State::Returned, State::Queried]),
    ("review", "都道府県審査中", "At the prefecture", &[State::Submitted]),
    ("passed", "都道府県承認", "Passed", &[State::Passed]),
    ("done", "国へ提出・確定", "Handed up", &[State::HandedUp, State::Confirmed]),
];

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

pub(super) fn shows(lang: Lang, counts: &[BoardCount], current: &str) -> Vec<Show> {
    let sum = |states: &[State]| {
        counts.iter().filter(|c| states.contains(&c.state)).map(|c| c.count).sum()
    };
    let late = counts.iter().filter(|c| c.overdue).map(|c| c.count).sum();
    let asking = counts.iter().map(|c| c.asking).sum();
    let mut list = vec![
        Show {
            name: "",
            text: lang.t("すべて", "All"),
            count: sum(&State::ALL),
            current: current.is_empty(),
        },
        Show {
            name: "late",
            text: lang.t("期限を過ぎた団体", "Late"),
            count: late,
            current: current == "late",
        },
        Show {
            name: "asking",
            text: lang.t("延長の依頼", "Ask for time"),
            count: asking,
            current: current == "asking",
        },
    ];
    for (name, ja, en, states) in SHOWS {
        list.push(Show {
            name,
            text: lang.t(ja, en),
            count: sum(states),
            current: current == name,
        });
    }
    list
}

/// The list that was asked for, without its page.
pub(crate) fn filter(asked: &Asked, via: Option<BodyCode>, today: Date) -> BoardFilter {
    let digits =
        asked.prefecture.len() == 2 && asked.prefecture.bytes().all(|b| b.is_ascii_digit());
    let mut filter = BoardFilter {
        via,
        prefecture: digits.then(|| asked.prefecture.clone()),
        ..Default::default()
    };
    match asked.show.as_str() {
        "late" => {
            filter.due_before = Some(today);
            filter.states =
                State::ALL.into_iter().filter(|state| state.awaits_the_body()).collect();
        }
        "asking" => filter.asking = true,
        name => {
            filter.states = SHOWS
                .iter()
                .find(|(known, ..)| *known == name)
                .map(|(.., states)| states.to_vec())
                .unwrap_or_default();
        }
    }
    if !asked.q.trim().is_empty() {
        let text: String = asked.q.chars().take(100).collect();
        filter.bodies =
            Some(people::search_bodies(&text, 2_000).into_iter().map(|body| body.code).collect());
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
