//! What may be done with a request: said once, for the pages and calls that offer it and for the
//! decision itself.

use audit::{Decision, Kind};
use jiff::Timestamp;
use people::{Deed, Login, Permit, StaffId};
use serde::{Deserialize, Serialize};

use super::{Request, State, Step};
use crate::time::tokyo;

/// What can be done with a request that was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// 再申請 after a return.
    Resubmit,
    /// 承認
    Approve,
    /// 差戻し
    Return,
    /// 不承認
    Refuse,
    /// 取消
    Cancel,
}

impl Action {
    /// Every action, in the order pages show them.
    pub const ALL: [Self; 5] =
        [Self::Resubmit, Self::Approve, Self::Return, Self::Refuse, Self::Cancel];

    /// What goes on record.
    fn kind(self) -> Kind {
        match self {
            Self::Resubmit => Kind::TELEWORK_ASKED,
            Self::Approve => Kind::TELEWORK_APPROVED,
            Self::Return => Kind::TELEWORK_RETURNED,
            Self::Refuse => Kind::TELEWORK_REFUSED,
            Self::Cancel => Kind::TELEWORK_CANCELLED,
        }
    }

    /// Where a request goes.
    fn leads_to(self) -> State {
        match self {
            Self::Resubmit => State::Requested,
            Self::Approve => State::Approved,
            Self::Return => State::Returned,
            Self::Refuse => State::Refused,
            Self::Cancel => State::Cancelled,
        }
    }
}

/// By what right. Made by the server from the person's role and the division's superior, never from
/// the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Her own request, or one entered for her (proxy).
    Own,
    /// The division's superior.
    Superior,
    /// Standing in for the superior named.
    Deputy(StaffId),
}

/// What a decision depends on besides the request and the permit.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// By what right.
    pub right: Right,
    /// Sign-in name of whose request it is, for the record.
    pub login: &'a Login,
    /// Whether the month of its day is closed: then nothing of the month changes.
    pub closed: bool,
    /// The moment.
    pub now: Timestamp,
}

/// What follows from a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The request as it now stands.
    pub request: Request,
    /// The PC must close at once: an approved day was taken back while it may be in use.
    pub closes_session: bool,
}

impl Request {
    /// What can be done with it now: [`Request::decide`] does each of these, given a reason where
    /// [`Request::needs_reason`] asks for one, and refuses all others.
    pub fn possible(&self, permit: &Permit, context: &Context<'_>) -> Vec<Action> {
        let allowed = |action: &Action| self.allows(*action, permit, context).is_ok();
        Action::ALL.into_iter().filter(allowed).collect()
    }

    /// Whether an action is done with a reason only.
    pub fn needs_reason(&self, action: Action) -> bool {
        match action {
            Action::Return | Action::Refuse => true,
            Action::Cancel => self.state == State::Approved,
            Action::Resubmit | Action::Approve => false,
        }
    }

    /// Decides one action. `seen` is the version the person looked at.
    ///
    /// # Errors
    /// [`Denied`] names what stands in the way; the request is unchanged.
    pub fn decide(
        &self,
        action: Action,
        why: &str,
        seen: usize,
        permit: &Permit,
        context: &Context<'_>,
    ) -> Result<Decision<Decided>, Denied> {
        if seen != self.version() {
            return Err(Denied::Changed {
                by: self.history.last().map_or(Some(self.staff), |s| s.by),
                state: self.state,
            });
        }
        self.allows(action, permit, context)?;
        let why = why.trim();
        if self.needs_reason(action) && why.is_empty() {
            return Err(Denied::NoReason);
        }
        let deputy_for = if let Right::Deputy(whom) = context.right { Some(whom) } else { None };
        let mut request = self.clone();
        request.state = action.leads_to();
        request.history.push(Step {
            state: request.state,
            by: Some(permit.actor()),
            deputy_for,
            at: context.now,
            why: if action == Action::Approve { String::new() } else { why.into() },
        });
        let closes_session = self.state == State::Approved && tokyo(context.now).date() >= self.day;
        let event =
            permit.event(action.kind(), context.login).with("day", self.day).with("why", why);
        let event = match deputy_for {
            Some(whom) => event.with("deputy_for", whom),
            None => event,
        };
        Ok(Decision::new(Decided { request, closes_session }, event))
    }

    /// The one place that says what is possible.
    fn allows(&self, action: Action, permit: &Permit, context: &Context<'_>) -> Result<(), Denied> {
        let own = context.right == Right::Own;
        let deed = if own { Deed::AskForTelework } else { Deed::DecideTelework };
        if permit.deed() != deed || (own && permit.actor() != self.staff) {
            return Err(Denied::WrongPermit);
        }
        if !own && permit.actor() == self.staff {
            return Err(Denied::OwnRequest);
        }
        if context.closed {
            return Err(Denied::MonthClosed);
        }
        match (action, self.state) {
            (Action::Approve | Action::Return | Action::Refuse, State::Requested) if own => {
                Err(Denied::NotSuperior)
            }
            (Action::Approve | Action::Return | Action::Refuse, State::Requested) => Ok(()),
            (Action::Resubmit, State::Returned)
            | (Action::Cancel, State::Requested | State::Returned)
                if own =>
            {
                Ok(())
            }
            (Action::Cancel, State::Approved) if self.is_over(context.now) => Err(Denied::Past),
            (Action::Cancel, State::Approved) => Ok(()),
            (_, state) => Err(Denied::WrongState(state)),
        }
    }
}

/// Why an action is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Somebody else decided since the page was opened.
    #[error("changed meanwhile")]
    Changed {
        /// Who; nobody, where the program did it.
        by: Option<StaffId>,
        /// To what.
        state: State,
    },
    /// Nobody approves her own day.
    #[error("one's own request")]
    OwnRequest,
    /// Only the superior or a deputy decides.
    #[error("not the superior")]
    NotSuperior,
    /// The deputy decides while the superior is away or has handed over, and now neither is so.
    #[error("the superior {superior} is there")]
    NotAway {
        /// Who decides.
        superior: StaffId,
    },
    /// The division has no superior, and a deputy decides nothing in the place of nobody.
    #[error("the division has no superior")]
    NoSuperior,
    /// The action does not fit the state.
    #[error("not possible in this state")]
    WrongState(State),
    /// A reason is needed.
    #[error("a reason is needed")]
    NoReason,
    /// The day is over.
    #[error("the day is over")]
    Past,
    /// The month is closed, and nothing of it changes until it is opened again.
    #[error("the month is closed")]
    MonthClosed,
    /// The permit is for something else: a fault of the program.
    #[error("a permit for something else")]
    WrongPermit,
}

#[cfg(test)]
mod tests {
    use super::super::tests::request;
    use super::*;
    use crate::testing::{permit, who};
    use crate::time::Hours;
    use jiff::civil::{Date, date, time};
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn login() -> Login {
        "sato".parse().unwrap()
    }

    /// What one of them decides, by name and right.
    fn act(
        request: &Request,
        by: &str,
        right: Right,
        (action, why): (Action, &str),
        seen: usize,
        now: Timestamp,
    ) -> Result<Decided, Denied> {
        let context = Context { right, login: &login(), closed: false, now };
        let permit = permit(by, deed(right));
        request.decide(action, why, seen, &permit, &context).map(|decision| decision.value)
    }

    fn deed(right: Right) -> Deed {
        if right == Right::Own { Deed::AskForTelework } else { Deed::DecideTelework }
    }

    #[test]
    fn the_superior_approves_and_nobody_else_does() {
        let r = request(who("sato"), date(2026, 4, 10));
        let now = at("2026-04-09T03:00:00Z");
        let approve = |by, right| act(&r, by, right, (Action::Approve, ""), 1, now);
        assert_eq!(approve("sato", Right::Own), Err(Denied::NotSuperior));
        assert_eq!(approve("sato", Right::Superior), Err(Denied::OwnRequest));
        assert_eq!(approve("kato", Right::Own), Err(Denied::WrongPermit), "it is not hers");
        let done = approve("kato", Right::Deputy(who("ito"))).unwrap();
        assert_eq!(done.request.state, State::Approved);
        assert_eq!(done.request.history[1].deputy_for, Some(who("ito")));
        assert!(!done.closes_session);
    }

    #[test]
    fn of_two_approvers_at_once_the_second_learns_what_the_first_did() {
        let r = request(who("sato"), date(2026, 4, 10));
        let now = at("2026-04-09T03:00:00Z");
        let first =
            act(&r, "ito", Right::Superior, (Action::Refuse, "窓口が足りない"), 1, now).unwrap();
        let deputy = Right::Deputy(who("ito"));
        let second = act(&first.request, "kato", deputy, (Action::Approve, ""), 1, now);
        assert_eq!(second, Err(Denied::Changed { by: Some(who("ito")), state: State::Refused }));
    }

    #[test]
    fn approval_after_the_day_began_stands_and_a_cancelled_running_day_closes_the_pc() {
        let r = request(who("sato"), date(2026, 4, 10));
        let during = at("2026-04-10T01:00:00Z");
        let approved =
            act(&r, "ito", Right::Superior, (Action::Approve, ""), 1, during).unwrap().request;
        let cancel = |by, right, why, now| act(&approved, by, right, (Action::Cancel, why), 2, now);
        assert_eq!(cancel("sato", Right::Own, " ", during), Err(Denied::NoReason));
        assert!(cancel("ito", Right::Superior, "出勤が必要", during).unwrap().closes_session);
        let after = at("2026-04-10T08:16:00Z");
        assert_eq!(cancel("sato", Right::Own, "x", after), Err(Denied::Past));
    }

    #[test]
    fn an_approved_day_is_cancelled_until_its_hours_end_past_midnight_too() {
        let mut r = request(who("sato"), date(2026, 4, 10));
        r.state = State::Approved;
        let steps = |r: &Request, now: &str| {
            let context =
                Context { right: Right::Own, login: &login(), closed: false, now: at(now) };
            r.possible(&permit("sato", Deed::AskForTelework), &context)
        };
        // 17:14 and 17:15 in Tokyo: the day is the same, the hours are over.
        assert_eq!(steps(&r, "2026-04-10T08:14:00Z"), [Action::Cancel]);
        assert_eq!(steps(&r, "2026-04-10T08:15:00Z"), []);
        r.hours = Hours { start: time(22, 0, 0, 0), end: time(5, 0, 0, 0) };
        // 04:59 and 05:00 on the next day.
        assert_eq!(steps(&r, "2026-04-10T19:59:00Z"), [Action::Cancel]);
        assert_eq!(steps(&r, "2026-04-10T20:00:00Z"), []);
    }

    #[test]
    fn a_day_that_was_taken_back_before_a_copy_was_put_back_is_taken_back_by_the_program() {
        let r = request(who("sato"), date(2026, 4, 10));
        let now = at("2026-04-09T03:00:00Z");
        assert_eq!(r.taken_back(now, "x"), None, "what is not approved opens nothing");
        let approve = (Action::Approve, "");
        let approved = act(&r, "ito", Right::Superior, approve, 1, now).unwrap().request;
        let back = approved.taken_back(at("2026-04-11T03:00:00Z"), "x").unwrap();
        assert_eq!((back.state, back.version()), (State::Cancelled, 3));
        assert_eq!(
            (back.history[1].by, back.history[2].by),
            (Some(who("ito")), None),
            "and nobody is said to have done it"
        );
        let late = act(&back, "ito", Right::Superior, approve, 2, now);
        assert_eq!(late, Err(Denied::Changed { by: None, state: State::Cancelled }));
    }

    #[test]
    fn a_returned_request_goes_round_again() {
        let r = request(who("sato"), date(2026, 4, 10));
        let now = at("2026-04-09T03:00:00Z");
        let give_back = |why| act(&r, "ito", Right::Superior, (Action::Return, why), 1, now);
        assert_eq!(give_back(""), Err(Denied::NoReason));
        let back = give_back("業務を書いてください").unwrap().request;
        let again = act(&back, "sato", Right::Own, (Action::Resubmit, ""), 2, now).unwrap().request;
        assert_eq!(again.state, State::Requested);
        assert_eq!(
            act(&again, "sato", Right::Own, (Action::Resubmit, ""), 3, now),
            Err(Denied::WrongState(State::Requested))
        );
    }

    #[test]
    fn the_record_says_what_was_done_by_whom_and_for_whom() {
        let r = request(who("sato"), date(2026, 4, 10));
        let right = Right::Deputy(who("ito"));
        for (action, kind) in [
            (Action::Approve, Kind::TELEWORK_APPROVED),
            (Action::Return, Kind::TELEWORK_RETURNED),
            (Action::Refuse, Kind::TELEWORK_REFUSED),
        ] {
            let now = at("2026-04-09T03:00:00Z");
            let context = Context { right, login: &login(), closed: false, now };
            let kato = permit("kato", Deed::DecideTelework);
            let decision = r.decide(action, " 理由 ", 1, &kato, &context).unwrap();
            let event = kato
                .event(kind, "sato")
                .with("day", "2026-04-10")
                .with("why", "理由")
                .with("deputy_for", who("ito"));
            assert_eq!(decision.events, [event], "{action:?}");
        }
    }

    /// State, whether by her own right, whether the hours are over: what is offered. By hand, as
    /// the rules of the body are told to staff.
    #[test]
    fn the_table_of_what_is_offered() {
        use Action::{Approve, Cancel, Refuse, Resubmit, Return};
        let table: [(State, bool, bool, &[Action]); 14] = [
            (State::Requested, true, false, &[Cancel]),
            (State::Requested, true, true, &[Cancel]),
            (State::Requested, false, false, &[Approve, Return, Refuse]),
            (State::Requested, false, true, &[Approve, Return, Refuse]),
            (State::Approved, true, false, &[Cancel]),
            (State::Approved, true, true, &[]),
            (State::Approved, false, false, &[Cancel]),
            (State::Approved, false, true, &[]),
            (State::Returned, true, false, &[Resubmit, Cancel]),
            (State::Returned, false, false, &[]),
            (State::Refused, true, false, &[]),
            (State::Refused, false, false, &[]),
            (State::Cancelled, true, false, &[]),
            (State::Cancelled, false, false, &[]),
        ];
        for (state, own, over, steps) in table {
            let r = Request { state, ..request(who("sato"), date(2026, 4, 10)) };
            let now = at(if over { "2026-04-11T00:00:00Z" } else { "2026-04-09T00:00:00Z" });
            let (by, right) = if own { ("sato", Right::Own) } else { ("ito", Right::Superior) };
            let mut context = Context { right, login: &login(), closed: false, now };
            let permit = permit(by, deed(right));
            assert_eq!(r.possible(&permit, &context), steps, "{state:?} {own} {over}");
            context.closed = true;
            assert_eq!(r.possible(&permit, &context), [], "the month is closed");
        }
    }

    fn any_request() -> impl Strategy<Value = Request> {
        let states =
            [State::Requested, State::Approved, State::Returned, State::Refused, State::Cancelled];
        (0..states.len(), any::<bool>()).prop_map(move |(state, night)| {
            let day: Date = date(2026, 4, 10);
            let mut request = Request { state: states[state], ..request(who("sato"), day) };
            if night {
                request.hours = Hours { start: time(22, 0, 0, 0), end: time(5, 0, 0, 0) };
            }
            request
        })
    }

    proptest! {
        /// Every action in every state, by everybody and by any permit, at any hour around the day:
        /// what is offered is done, and what is not offered is refused by a name that no other
        /// reason and no other version would change.
        #[test]
        fn what_is_offered_is_what_is_decided(
            request in any_request(),
            by in 0..3usize,
            right in 0..3usize,
            deed in 0..3usize,
            closed: bool,
            minutes in -2_000i64..4_000,
        ) {
            let permit = permit(
                ["sato", "ito", "kato"][by],
                [Deed::AskForTelework, Deed::DecideTelework, Deed::ManageTelework][deed],
            );
            let right = [Right::Own, Right::Superior, Right::Deputy(who("ito"))][right];
            let now = at("2026-04-10T00:00:00Z") + jiff::Span::new().minutes(minutes);
            let context = Context { right, login: &login(), closed, now };
            let steps = request.possible(&permit, &context);
            for action in Action::ALL {
                let decided = request.decide(action, "理由", 1, &permit, &context);
                prop_assert_eq!(steps.contains(&action), decided.is_ok(), "{:?}", action);
                let silent = request.decide(action, " ", 1, &permit, &context);
                let asks = steps.contains(&action) && request.needs_reason(action);
                prop_assert_eq!(silent == Err(Denied::NoReason), asks);
                prop_assert!(decided != Err(Denied::NoReason));
                let stale = request.decide(action, "理由", 0, &permit, &context);
                let is_stale = matches!(stale, Err(Denied::Changed { .. }));
                prop_assert!(is_stale);
            }
        }
    }
}
