//! RDP.

use crate::{Caps, Credentials, Detail, Error, Event, Frame, Input, RdpTarget, Source};

/// A desktop behind RDP.
#[derive(Debug)]
pub struct Rdp(());

impl Rdp {
    /// Connects.
    pub async fn connect(_: &RdpTarget, _: Option<&Credentials>, _: (u16, u16)) -> Result<Rdp, Error> {
        Err(Error::Unsupported(Detail::new("RDP is not built in yet")))
    }
}

impl Source for Rdp {
    async fn next(&mut self) -> Result<Event, Error> {
        Ok(Event::Closed)
    }

    async fn input(&mut self, _: Input) -> Result<(), Error> {
        Ok(())
    }

    fn frame(&self) -> Frame<'_> {
        Frame { width: 0, height: 0, stride: 0, pixels: &[] }
    }

    fn caps(&self) -> Caps {
        Caps::default()
    }

    fn name(&self) -> &str {
        ""
    }
}

pub(crate) async fn probe(_: &crate::Address) -> Result<crate::probe::Probed, Error> {
    Err(Error::Unsupported(Detail::new("RDP is not built in yet")))
}
