//! Desktops that do as the test says: the sample inside, failures outside.

use source::{Caps, Credentials, Detail, Error, Event, Frame, Input, Sample, Source};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use tokio::time::Instant;

/// What the desktops of a test do.
pub struct Desks {
    /// How the next tries to open one end; after them all succeed.
    pub fails: Mutex<VecDeque<Error>>,
    /// Credentials that were offered.
    pub offered: Mutex<Vec<(String, String)>>,
    /// Set to cut every open desktop off.
    pub cut: watch::Sender<u32>,
    /// What the desktops were told, with the time since the first of it, in ms.
    pub told: Arc<Mutex<Vec<(u64, Input)>>>,
    /// The sizes they were left with.
    pub left: Arc<Mutex<Vec<Option<(u16, u16)>>>>,
    /// What those that are opened from now on can do, where not what the sample can.
    pub caps: Mutex<Option<Caps>>,
}

pub struct TestDesk {
    sample: Sample,
    cut: watch::Receiver<u32>,
    dead: bool,
    told: Arc<Mutex<Vec<(u64, Input)>>>,
    left: Arc<Mutex<Vec<Option<(u16, u16)>>>>,
    caps: Option<Caps>,
    begun: Instant,
}

impl Default for Desks {
    fn default() -> Self {
        Self {
            fails: Mutex::default(),
            offered: Mutex::default(),
            cut: watch::Sender::new(0),
            told: Arc::default(),
            left: Arc::default(),
            caps: Mutex::default(),
        }
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
        Ok(TestDesk {
            sample: Sample::new(size.0, size.1),
            cut: self.cut.subscribe(),
            dead: false,
            told: self.told.clone(),
            left: self.left.clone(),
            caps: *self.caps.lock().unwrap(),
            begun: Instant::now(),
        })
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
        let at = self.begun.elapsed().as_millis() as u64;
        self.told.lock().unwrap().push((at, input.clone()));
        self.sample.input(input).await
    }

    async fn leave(&mut self, size: Option<(u16, u16)>) {
        self.left.lock().unwrap().push(size);
    }

    fn frame(&self) -> Frame<'_> {
        self.sample.frame()
    }

    fn caps(&self) -> Caps {
        self.caps.unwrap_or_else(|| self.sample.caps())
    }

    fn name(&self) -> &str {
        self.sample.name()
    }
}
