//! VNC.

use crate::{Caps, Detail, Error, Event, Frame, Input, Source, VncTarget};

/// A desktop behind VNC.
#[derive(Debug)]
pub struct Vnc(());

impl Vnc {
    /// Connects.
    pub async fn connect(_: &VncTarget) -> Result<Vnc, Error> {
        Err(Error::Unsupported(Detail::new("VNC is not built in yet")))
    }
}

impl Source for Vnc {
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
