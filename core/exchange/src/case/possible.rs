//! Which steps can follow, said once: [`Delivery::decide`] and [`Case::decide`] ask here before
//! they look at the particulars of an action, and pages and the API print the same answer.
//! `testdata/steps.txt` shows it whole.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::delivery::{Action, Context, Delivery, Refused, State};
use super::send::MAX_QUESTIONS;
use super::{Case, CaseAction, Member, OfficeRole, Permit, Right, Stage};

macro_rules! steps {
    ($(#[$doc:meta])* $name:ident { $($(#[$step_doc:meta])* $step:ident: $right:ident;)* }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$step_doc])* $step),* }

        impl $name {
            /// Every step.
            pub const ALL: &'static [$name] = &[$($name::$step),*];

            /// The right it needs.
            pub fn right(self) -> Right {
                match self { $(Self::$step => Right::$right),* }
            }
        }
    };
}

steps! {
    /// A kind of [`Action`] on a delivery, without its particulars.
    Step {
        /// 受領
        Receive: Receive;
        /// 転送, and what the prefecture adds to it later.
        Forward: Forward;
        /// 庁内照会
        Circulate: Circulate;
        /// Saves the answers so far.
        Save: Enter;
        /// A division saves its part.
        SavePart: EnterPart;
        /// 代理入力
        SaveAsProxy: Proxy;
        /// Takes in what came another way.
        TakeIn: TakeIn;
        /// Asks for 庁内承認.
        AskApproval: Submit;
        /// 庁内承認
        Approve: Approve;
        /// Back to the desk.
        Decline: Approve;
        /// 提出
        Submit: Submit;
        /// Takes a submitted answer back.
        Correct: Submit;
        /// 差戻し
        Return: Review;
        /// 承認 by the prefecture.
        Pass: Review;
        /// 国へ提出
        HandUp: Review;
        /// 疑義照会
        Query: Query;
        /// 確定
        Confirm: Query;
        /// Asks for more time.
        AskExtension: AskExtension;
        /// Grants more time.
        GrantExtension: GrantExtension;
        /// Refuses more time.
        RefuseExtension: GrantExtension;
        /// Lets a body change what it handed up.
        Reopen: GrantExtension;
    }
}

steps! {
    /// What can be done with a case as a whole.
    CaseStep {
        /// Changes the draft.
        Edit: RunCase;
        /// 発出
        Send: RunCase;
        /// 確定: no more answers are taken.
        Close: CloseCase;
        /// Open again.
        Reopen: CloseCase;
        /// 公表
        Publish: CloseCase;
        /// Answers a public question.
        Answer: AnswerQuestion;
        /// Asks a public question; with the permit for a delivery.
        Ask: AskQuestion;
    }
}

/// The steps that are possible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Steps<S: Ord = Step>(BTreeSet<S>);

impl<S: Ord> Default for Steps<S> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<S: Ord> FromIterator<S> for Steps<S> {
    fn from_iter<I: IntoIterator<Item = S>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl<S: Ord> Steps<S> {
    /// Whether this one is.
    pub fn has(&self, step: S) -> bool {
        self.0.contains(&step)
    }

    /// Whether one of these is.
    pub fn any(&self, steps: &[S]) -> bool {
        steps.iter().any(|step| self.0.contains(step))
    }

    /// All of them, in the order of the way.
    pub fn iter(&self) -> impl Iterator<Item = &S> {
        self.0.iter()
    }
}

impl Action {
    /// Its kind.
    pub fn step(&self) -> Step {
        match self {
            Self::Receive => Step::Receive,
            Self::Forward { .. } => Step::Forward,
            Self::Circulate { .. } => Step::Circulate,
            Self::Save { .. } => Step::Save,
            Self::SavePart { .. } => Step::SavePart,
            Self::SaveAsProxy { .. } => Step::SaveAsProxy,
            Self::TakeIn { .. } => Step::TakeIn,
            Self::AskApproval => Step::AskApproval,
            Self::Approve => Step::Approve,
            Self::Decline { .. } => Step::Decline,
            Self::Submit { .. } => Step::Submit,
            Self::Correct { .. } => Step::Correct,
            Self::Return { .. } => Step::Return,
            Self::Pass => Step::Pass,
            Self::HandUp => Step::HandUp,
            Self::Query { .. } => Step::Query,
            Self::Confirm => Step::Confirm,
            Self::AskExtension { .. } => Step::AskExtension,
            Self::GrantExtension { .. } => Step::GrantExtension,
            Self::RefuseExtension { .. } => Step::RefuseExtension,
            Self::Reopen { .. } => Step::Reopen,
        }
    }

    /// The right it needs.
    pub fn right(&self) -> Right {
        self.step().right()
    }
}

impl CaseAction {
    /// Its kind.
    pub fn step(&self) -> CaseStep {
        match self {
            Self::Edit(_) => CaseStep::Edit,
            Self::Close => CaseStep::Close,
            Self::Reopen { .. } => CaseStep::Reopen,
            Self::Publish => CaseStep::Publish,
            Self::Answer { .. } => CaseStep::Answer,
        }
    }
}

impl Delivery {
    /// The steps this permit allows now. What a step needs beside it (a reason, a day, an answer
    /// without faults, a deadline that has not passed) is for [`Delivery::decide`] to say.
    pub fn possible(&self, permit: &Permit, context: &Context<'_>) -> Steps {
        Step::ALL
            .iter()
            .copied()
            .filter(|step| self.admits(*step, permit, context).is_ok())
            .collect()
    }

    /// Whether a step can follow, whatever is said with it.
    ///
    /// # Errors
    /// [`Refused`] says what stands in its way.
    pub fn admits(
        &self,
        step: Step,
        permit: &Permit,
        context: &Context<'_>,
    ) -> Result<(), Refused> {
        self.permits(step, permit, context)?;
        open(context.case)?;
        self.follows(step, permit, context)
    }

    /// Whether it has come to the body, or still waits at the prefecture.
    pub fn reached(&self) -> bool {
        self.state != State::Waiting
    }

    /// Whether the answer as it is saved was handed in: a receipt tells of it.
    pub fn handed_in(&self) -> bool {
        let version = self.answer.as_ref().map(|answer| answer.number);
        version.is_some() && self.receipts.last().map(|receipt| receipt.version) == version
    }

    /// Whether files may be added to the answer, or taken from it: as long as the permit's holder
    /// may enter it. A notice takes files too, though it has no form.
    ///
    /// # Errors
    /// [`Refused`] says what stands in the way.
    pub fn takes_files(&self, permit: &Permit, context: &Context<'_>) -> Result<(), Refused> {
        self.permits(Step::Save, permit, context)?;
        open(context.case)?;
        self.stands(Step::Save)
    }

    pub(super) fn permits(
        &self,
        step: Step,
        permit: &Permit,
        context: &Context<'_>,
    ) -> Result<(), Refused> {
        let right = permit.right == step.right()
            && permit.body == Some(self.to.body)
            && permit.case == self.case
            && context.case.id == self.case;
        if right { Ok(()) } else { Err(Refused::WrongPermit) }
    }

    /// Whether a step can follow from where the delivery stands, and from what it has.
    pub(super) fn follows(
        &self,
        step: Step,
        permit: &Permit,
        context: &Context<'_>,
    ) -> Result<(), Refused> {
        if step == Step::Submit {
            self.submits(context.approval)?;
        } else {
            self.stands(step)?;
        }
        let needs = |there: bool, refused: Refused| if there { Ok(()) } else { Err(refused) };
        let form = || needs(context.form.is_some(), Refused::NoForm);
        let answer = || needs(self.answer.is_some(), Refused::NoAnswer);
        let deadline = || needs(self.deadline.is_some(), Refused::NoDeadline);
        match step {
            Step::Circulate | Step::Save | Step::SaveAsProxy | Step::TakeIn => form(),
            Step::SavePart => {
                let given = matches!(&permit.actor.role, OfficeRole::Division(name)
                    if self.parts.contains_key(name));
                needs(given, Refused::WrongPermit).and_then(|()| form())
            }
            // An approval that the body's rule does not ask for would lead nowhere: nothing may be
            // submitted while it waits.
            Step::AskApproval => needs(context.approval, Refused::ApprovalNotAsked)
                .and_then(|()| form())
                .and_then(|()| answer()),
            Step::Submit => form().and_then(|()| answer()),
            // Asked of what was entered, not of the rule in force then: switching approval off and
            // on again changes nothing here.
            Step::Approve => {
                let own = self.entered_by(&permit.actor.person, &permit.actor.login);
                needs(!own, Refused::OwnEntry)
            }
            Step::AskExtension | Step::GrantExtension | Step::Reopen => deadline(),
            Step::RefuseExtension => {
                needs(self.extension.is_some(), Refused::WrongState(self.state))
            }
            Step::Receive
            | Step::Forward
            | Step::Decline
            | Step::Correct
            | Step::Return
            | Step::Pass
            | Step::HandUp
            | Step::Query
            | Step::Confirm => Ok(()),
        }
    }

    /// The states a step follows from.
    fn stands(&self, step: Step) -> Result<(), Refused> {
        use State as S;
        let now = self.state;
        let right = match step {
            Step::Receive => now == S::Sent,
            // Side by side the body has it already; the prefecture's word is added to it.
            Step::Forward => {
                matches!(now, S::Waiting | S::Sent | S::Received | S::Entering)
            }
            Step::Circulate | Step::Save | Step::SavePart | Step::SaveAsProxy => now.editable(),
            Step::TakeIn => !matches!(now, S::HandedUp | S::Confirmed),
            Step::AskApproval => matches!(now, S::Entering | S::Returned | S::Queried),
            Step::Approve | Step::Decline => now == S::ForApproval,
            Step::Submit => now == S::Approved,
            Step::Correct => {
                matches!(now, S::Submitted | S::Passed | S::HandedUp | S::Approved | S::ForApproval)
            }
            Step::Return => matches!(now, S::Submitted | S::Passed),
            Step::Pass => now == S::Submitted,
            Step::HandUp => now == S::Passed,
            Step::Query => matches!(now, S::HandedUp | S::Confirmed),
            Step::Confirm => now == S::HandedUp,
            Step::AskExtension | Step::GrantExtension => now.awaits_the_body(),
            Step::RefuseExtension => true,
            Step::Reopen => {
                matches!(now, S::Submitted | S::Passed | S::HandedUp | S::Confirmed)
            }
        };
        if right { Ok(()) } else { Err(Refused::WrongState(now)) }
    }

    fn submits(&self, approval: bool) -> Result<(), Refused> {
        match self.state {
            State::Approved => Ok(()),
            State::Entering | State::Returned | State::Queried if !approval => Ok(()),
            State::Entering | State::ForApproval | State::Returned | State::Queried => {
                Err(Refused::ApprovalMissing)
            }
            State::Received => Err(Refused::NoAnswer),
            other => Err(Refused::WrongState(other)),
        }
    }
}

pub(super) fn open(case: &Case) -> Result<(), Refused> {
    if case.is_open() { Ok(()) } else { Err(Refused::CaseNotOpen) }
}

impl Case {
    /// The steps of the case as a whole this permit allows now.
    pub fn possible(&self, permit: &Permit) -> Steps<CaseStep> {
        CaseStep::ALL.iter().copied().filter(|step| self.admits(*step, permit).is_ok()).collect()
    }

    /// Whether a step of the case as a whole can follow, whatever is said with it.
    ///
    /// # Errors
    /// [`Refused`] says what stands in its way.
    pub fn admits(&self, step: CaseStep, permit: &Permit) -> Result<(), Refused> {
        self.permits(step, permit)?;
        self.follows(step)
    }

    pub(super) fn permits(&self, step: CaseStep, permit: &Permit) -> Result<(), Refused> {
        // Bodies ask by the permit for their delivery; all else is the ministry's own.
        let of_a_body = step == CaseStep::Ask;
        let right = permit.right == step.right()
            && permit.case == self.id
            && permit.body.is_some() == of_a_body;
        if right { Ok(()) } else { Err(Refused::WrongPermit) }
    }

    pub(super) fn follows(&self, step: CaseStep) -> Result<(), Refused> {
        let right = match step {
            CaseStep::Edit | CaseStep::Send => self.stage == Stage::Draft,
            CaseStep::Close => self.stage == Stage::Sent,
            CaseStep::Reopen | CaseStep::Publish => self.stage == Stage::Closed,
            CaseStep::Answer => !self.questions.is_empty(),
            CaseStep::Ask if self.questions.len() >= MAX_QUESTIONS => {
                return Err(Refused::TooLong);
            }
            CaseStep::Ask => self.stage == Stage::Sent,
        };
        if right { Ok(()) } else { Err(Refused::CaseNotOpen) }
    }

    /// Whether it is out, and answers to it are taken.
    pub fn is_open(&self) -> bool {
        self.stage.is_open()
    }

    /// Whether its results are published.
    pub fn is_published(&self) -> bool {
        self.stage == Stage::Published
    }

    /// Whether it was not sent yet: nobody but the ministry learns that it is there.
    pub fn is_draft(&self) -> bool {
        self.stage.is_draft()
    }
}

impl Stage {
    /// Whether it is out, and answers to it are taken.
    pub fn is_open(self) -> bool {
        self == Self::Sent
    }

    /// Whether it was not sent yet.
    pub fn is_draft(self) -> bool {
        self == Self::Draft
    }
}

impl Member<'_> {
    /// The steps this person can take with a delivery, as whatever this person is.
    pub fn possible(&self, delivery: &Delivery, context: &Context<'_>) -> Steps {
        let admits = |step: &Step| {
            self.permit(step.right(), delivery)
                .is_ok_and(|permit| delivery.admits(*step, &permit, context).is_ok())
        };
        Step::ALL.iter().copied().filter(admits).collect()
    }

    /// The steps this person can take with a case as a whole; a body's by its own delivery.
    pub fn possible_case(&self, case: &Case, own: Option<&Delivery>) -> Steps<CaseStep> {
        let admits = |step: &CaseStep| {
            let permit = match own {
                Some(own) if *step == CaseStep::Ask => self.permit(step.right(), own),
                _ => self.permit_case(step.right(), case),
            };
            permit.is_ok_and(|permit| case.admits(*step, &permit).is_ok())
        };
        CaseStep::ALL.iter().copied().filter(admits).collect()
    }
}
