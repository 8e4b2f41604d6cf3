//! Desktops that do as the test says: the sample inside, failures outside.

use source::{Caps, Credentials, Detail, Error, Event, Frame, Input, Sample, Source};
use std::collections::VecDeque;
use std::sync::Mutex;
use tokio::sync::watch;

/// What the desktops of a test do.
pub struct Desks {
    /// How the next tries to open one end; after them all succeed.
    pub fails: Mutex<VecDeque<Error>>,
    /// Credentials that were offered.
    pub offered: Mutex<Vec<(String, String)>>,
    /// Set to cut every open desktop off.
    pub cut: watch::Sender<u32>,
}

pub struct TestDesk {
    sample: Sample,
    cut: watch::Receiver<u32>,
    dead: bool,
}

impl Default for Desks {
    fn default() -> Self {
        Self { fails: Mutex::default(), offered: Mutex::default(), cut: watch::Sender::new(0) }
    }
}

impl Desks {
    pub fn open(
        &self,
        credentials: Option<&Credentials>,
        size: (u16, u16),
    ) -> Result<TestDesk, Error> {
        if let Some(given) = credentials {
            self.offered.lock().unwrap().push((given.user.clone(), given.password.clone()));
        }
        if let Some(error) = self.fails.lock().unwrap().pop_front() {
            return Err(error);
        }
        Ok(TestDesk { sample: Sample::new(size.0, size.1), cut: self.cut.subscribe(), dead: false })
    }

    pub fn fail_with(&self, errors: impl IntoIterator<Item = Error>) {
        self.fails.lock().unwrap().extend(errors);
    }

    pub fn cut(&self) {
        self.cut.send_modify(|times| *times += 1);
    }
}

pub fn gone() -> Error {
    Error::Unreachable(Detail::new("cut by the test"))
}

impl Source for TestDesk {
    async fn next(&mut self) -> Result<Event, Error> {
        if self.dead {
            return Err(gone());
        }
        tokio::select! {
            _ = self.cut.changed() => {
                self.dead = true;
                Err(gone())
            }
            event = self.sample.next() => event,
        }
    }

    async fn input(&mut self, input: Input) -> Result<(), Error> {
        self.sample.input(input).await
    }

    fn frame(&self) -> Frame<'_> {
        self.sample.frame()
    }

    fn caps(&self) -> Caps {
        self.sample.caps()
    }

    fn name(&self) -> &str {
        self.sample.name()
    }
}
