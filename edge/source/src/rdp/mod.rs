//! An RDP server as a source: IronRDP's machines over TLS.
//!
//! No channel for clipboard, drives, printers or sound exists: the only channel opened is the
//! dynamic one, for display control. Codecs that lose detail (RemoteFX) are not offered, so the
//! picture is exact.

mod connect;
pub(crate) mod fuzz;
mod input;
mod locks;
mod picture;

use crate::contract::{
    Caps, Cursor, Event, Frame, Input, MOST_CURSOR_SIDE, MOST_PIXELS, MOST_SIDE, Source,
};
use crate::line::{self, Line};
use crate::target::{Address, Credentials, RdpTarget};
use crate::{Detail, Error, probed::Probed};
use input::Hands;
use ironrdp_connector::connection_activation::{
    ConnectionActivationFactory, ConnectionActivationSequence, ConnectionActivationState,
};
use ironrdp_connector::{ConnectionResult, Sequence};
use ironrdp_core::WriteBuf;
use ironrdp_graphics::image_processing::PixelFormat;
use ironrdp_pdu::rdp::capability_sets::InputFlags;
use ironrdp_session::image::DecodedImage;
use ironrdp_session::{ActiveStage, ActiveStageBuilder, ActiveStageOutput};
use picture::Picture;
use rfb::{Damage, Rect};
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::Instant;

/// Bytes read at a time.
const ROOM: usize = 128 * 1024;
/// Bytes of input that may wait for a server that does not read.
const MOST_OUT: usize = 256 * 1024;
/// A server sends a change as many small updates; those within this time become one damage.
const GATHER: Duration = Duration::from_millis(8);

/// Longest PDU in bytes.
const LONGEST_PDU: usize = 64 * 1024;

/// A server that accepts a new size reactivates its desktop within this time. To one that does not
/// (xrdp 0.9 resizes its screen without a message) the source reconnects with that size.
const RESIZING: Duration = Duration::from_millis(1500);

/// Connecting again, with another size.
type Again = Pin<Box<dyn Future<Output = Result<Rdp, Error>> + Send>>;

/// A desktop behind RDP.
pub struct Rdp {
    target: RdpTarget,
    credentials: Credentials,
    line: Line,
    out: Vec<u8>,
    room: Vec<u8>,
    pending: Vec<u8>,
    stage: ActiveStage,
    activation: ConnectionActivationFactory,
    /// The deactivation-reactivation sequence in progress, as after a change of size.
    renewing: Option<Box<ConnectionActivationSequence>>,
    image: DecodedImage,
    picture: Picture,
    damage: Damage,
    waiting: VecDeque<Event>,
    hands: Hands,
    /// Whether the server takes characters as Unicode.
    unicode: bool,
    /// A size asked for before the server could take it.
    wish: Option<(u16, u16)>,
    /// Whether the server accepts other sizes during the session.
    resizable: bool,
    /// The requested size that is not confirmed yet, and the time limit for it.
    asked: Option<((u16, u16), Instant)>,
    /// The server did not confirm a size before: the next change reconnects at once.
    mute: bool,
    again: Option<Again>,
    ended: Option<Result<(), Error>>,
}

impl fmt::Debug for Rdp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rdp").field("line", &self.line).finish_non_exhaustive()
    }
}

impl Rdp {
    /// Connects and signs in as the user.
    pub async fn connect(
        target: &RdpTarget,
        credentials: Option<&Credentials>,
        size: (u16, u16),
    ) -> Result<Rdp, Error> {
        let credentials = credentials.ok_or_else(|| {
            Error::Refused(Detail::new("the desktop asks for a user and a password"))
        })?;
        let (line, leftover, result) =
            line::in_time(connect::sign_in(target, credentials, size)).await?;
        Rdp::active(target.clone(), credentials.clone(), line, leftover, result)
    }

    fn active(
        target: RdpTarget,
        credentials: Credentials,
        line: Line,
        leftover: Vec<u8>,
        result: ConnectionResult,
    ) -> Result<Rdp, Error> {
        let (width, height) = bounded(result.desktop_size)?;
        let unicode = result.input_flags.contains(InputFlags::UNICODE);
        let stage = ActiveStageBuilder {
            static_channels: result.static_channels,
            user_channel_id: result.user_channel_id,
            io_channel_id: result.io_channel_id,
            message_channel_id: result.message_channel_id,
            share_id: result.share_id,
            compression_type: result.compression_type,
            enable_server_pointer: result.enable_server_pointer,
            pointer_software_rendering: result.pointer_software_rendering,
        }
        .build();
        Ok(Rdp {
            target,
            credentials,
            line,
            out: Vec::new(),
            room: vec![0; ROOM],
            pending: leftover,
            stage,
            activation: result.activation_factory,
            renewing: None,
            image: DecodedImage::new(PixelFormat::BgrX32, width, height),
            picture: Picture::new(width, height),
            damage: Damage::default(),
            waiting: VecDeque::from([Event::Resized { width, height }]),
            hands: Hands::new(unicode),
            unicode,
            wish: None,
            resizable: false,
            asked: None,
            mute: false,
            again: None,
            ended: None,
        })
    }

    async fn turn(&mut self) -> Result<Event, Error> {
        loop {
            self.begin_again();
            if let Some(again) = &mut self.again {
                let new = again.await;
                self.again = None;
                self.replace(new?);
            }
            self.work_off()?;
            if let Some(event) = self.waiting.pop_front() {
                return Ok(event);
            }
            if !self.damage.is_empty() {
                self.gather().await?;
                // A change of size in between came first and covers the damage.
                if self.waiting.is_empty() {
                    return Ok(Event::Damage(std::mem::take(&mut self.damage)));
                }
                continue;
            }
            if let Some(Ok(())) = self.ended {
                return Ok(Event::Closed);
            }
            match self.asked {
                // The next round checks the time.
                Some((_, until)) => {
                    tokio::time::timeout_at(until, self.read()).await.unwrap_or(Ok(()))?
                }
                None => self.read().await?,
            }
        }
    }

    /// Reconnects when the server has not confirmed a size in time.
    fn begin_again(&mut self) {
        let Some((size, _)) =
            self.asked.filter(|(_, until)| self.again.is_none() && Instant::now() >= *until)
        else {
            return;
        };
        self.asked = None;
        if size == (self.picture.width(), self.picture.height()) {
            return;
        }
        let (target, credentials) = (self.target.clone(), self.credentials.clone());
        self.again =
            Some(Box::pin(async move { Rdp::connect(&target, Some(&credentials), size).await }));
    }

    /// Continues with another connection to the same desktop.
    fn replace(&mut self, new: Rdp) {
        // A size requested meanwhile is requested from the new one.
        let wish = self.wish.take();
        *self = Rdp { mute: true, resizable: self.resizable, wish, ..new };
    }

    /// Reads further updates for a short time.
    async fn gather(&mut self) -> Result<(), Error> {
        let until = Instant::now() + GATHER;
        while self.waiting.is_empty() && self.ended.is_none() && Instant::now() < until {
            match tokio::time::timeout(Duration::from_millis(1), self.read()).await {
                Ok(read) => read?,
                Err(_) => break,
            }
            self.work_off()?;
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), Error> {
        let count = self.line.exchange(&mut self.out, &mut self.room).await?;
        self.pending.extend_from_slice(self.room.get(..count).unwrap_or_default());
        Ok(())
    }

    /// Handles every complete PDU.
    fn work_off(&mut self) -> Result<(), Error> {
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        while self.ended.is_none() {
            let used = match self.renewing.take() {
                Some(sequence) => self.renew(sequence, rest)?,
                None => self.pdu(rest)?,
            };
            match used {
                Some(used) => rest = rest.get(used..).unwrap_or_default(),
                None => break,
            }
        }
        self.pending = rest.to_vec();
        Ok(())
    }

    /// One PDU of the session; `None` when it is not there in full.
    fn pdu(&mut self, bytes: &[u8]) -> Result<Option<usize>, Error> {
        let info = ironrdp_pdu::find_size(bytes).map_err(|error| broken(&error))?;
        let Some(info) = info.filter(|info| info.length <= bytes.len()) else {
            return within_limit(bytes);
        };
        let frame = bytes
            .get(..info.length)
            .filter(|frame| !frame.is_empty())
            .ok_or_else(|| misbehaved("an empty PDU"))?;
        let outputs = self
            .stage
            .process(&mut self.image, info.action, frame, None)
            .map_err(|error| broken(&error))?;
        for region in self.stage.take_damage_regions() {
            let rect = Rect::new(
                region.left,
                region.top,
                span(region.left, region.right),
                span(region.top, region.bottom),
            );
            self.picture.update(rect, self.image.data(), &mut self.damage);
        }
        for output in outputs {
            self.act(output)?;
        }
        self.ask_wish();
        self.check_out()?;
        Ok(Some(info.length))
    }

    fn act(&mut self, output: ActiveStageOutput) -> Result<(), Error> {
        match output {
            ActiveStageOutput::ResponseFrame(bytes) => self.out.extend(bytes),
            ActiveStageOutput::PointerBitmap(pointer) => {
                let (width, height) = (pointer.width, pointer.height);
                let fits = width <= MOST_CURSOR_SIDE && height <= MOST_CURSOR_SIDE;
                if fits && pointer.bitmap_data.len() == usize::from(width) * usize::from(height) * 4
                {
                    let (hot_x, hot_y) = (
                        pointer.hotspot_x.min(width.saturating_sub(1)),
                        pointer.hotspot_y.min(height.saturating_sub(1)),
                    );
                    self.pointer(Cursor {
                        hot_x,
                        hot_y,
                        width,
                        height,
                        rgba: pointer.bitmap_data.clone(),
                    });
                }
            }
            ActiveStageOutput::PointerHidden => self.pointer(Cursor::default()),
            ActiveStageOutput::PointerDefault => self.pointer(crate::sample::arrow()),
            ActiveStageOutput::Terminate(_) => self.ended = Some(Ok(())),
            ActiveStageOutput::DeactivateAll => {
                self.renewing = Some(Box::new(self.activation.create()))
            }
            ActiveStageOutput::ServerRedirection(_) => {
                return Err(Error::Unsupported(Detail::new(
                    "the desktop sends its visitors to another host",
                )));
            }
            // Damage comes through take_damage_regions; the rest is information only.
            _ => {}
        }
        Ok(())
    }

    /// Replaces a waiting shape: only the last one is reported.
    fn pointer(&mut self, cursor: Cursor) {
        self.waiting.retain(|event| !matches!(event, Event::Cursor(_)));
        self.waiting.push_back(Event::Cursor(cursor));
    }

    /// One step of the reactivation; `None` when more bytes are needed.
    fn renew(
        &mut self,
        mut sequence: Box<ConnectionActivationSequence>,
        bytes: &[u8],
    ) -> Result<Option<usize>, Error> {
        let (input, used) = match sequence.next_pdu_hint() {
            None => (&[][..], 0),
            Some(hint) => {
                match hint
                    .find_size(bytes)
                    .map_err(|error| broken(&error))?
                    .filter(|(_, length)| *length <= bytes.len())
                {
                    None => {
                        self.renewing = Some(sequence);
                        return within_limit(bytes);
                    }
                    Some((_, 0)) => return Err(misbehaved("an empty PDU")),
                    Some((true, length)) => (bytes.get(..length).unwrap_or_default(), length),
                    Some((false, length)) => {
                        self.renewing = Some(sequence);
                        return Ok(Some(length));
                    }
                }
            }
        };
        let mut answer = WriteBuf::new();
        sequence.step(input, None, &mut answer).map_err(|error| connect::named(&error))?;
        self.out.extend_from_slice(answer.filled());
        let ConnectionActivationState::Finalized {
            desktop_size,
            share_id,
            static_channel_chunk_size,
            enable_server_pointer,
            pointer_software_rendering,
            ..
        } = sequence.connection_activation_state()
        else {
            self.renewing = Some(sequence);
            return Ok(Some(used));
        };
        let (width, height) = bounded(desktop_size)?;
        let (io, user) = (self.activation.io_channel_id(), self.activation.user_channel_id());
        let taken = self.stage.reactivate(
            io,
            user,
            share_id,
            enable_server_pointer,
            pointer_software_rendering,
            static_channel_chunk_size,
        );
        if !taken {
            return Err(misbehaved("a channel size that cannot be"));
        }
        self.image = DecodedImage::new(PixelFormat::BgrX32, width, height);
        self.picture = Picture::new(width, height);
        self.damage = Damage::default();
        self.waiting.retain(|event| !matches!(event, Event::Resized { .. }));
        self.waiting.push_back(Event::Resized { width, height });
        // The server confirms, whatever size it chose.
        self.asked = None;
        Ok(Some(used))
    }

    fn ask_wish(&mut self) {
        self.resizable = self.mute || self.stage.display_control_ready() == Some(true);
        if !self.resizable {
            return;
        }
        let Some((width, height)) = self.wish.take() else { return };
        let now = Instant::now();
        if self.mute {
            self.asked = Some(((width, height), now));
            return;
        }
        self.asked = Some(((width, height), now + RESIZING));
        if let Some(Ok(bytes)) =
            self.stage.encode_resize(u32::from(width), u32::from(height), None, None)
        {
            self.out.extend(bytes);
        }
    }

    fn press(
        &mut self,
        events: &[ironrdp_pdu::input::fast_path::FastPathInputEvent],
    ) -> Result<(), Error> {
        let outputs = self
            .stage
            .process_fastpath_input(&mut self.image, events)
            .map_err(|error| broken(&error))?;
        for output in outputs {
            if let ActiveStageOutput::ResponseFrame(bytes) = output {
                self.out.extend(bytes);
            }
        }
        self.check_out()
    }

    fn check_out(&self) -> Result<(), Error> {
        let piled_up = self.out.len() > MOST_OUT;
        if piled_up { Err(misbehaved("it does not read its input")) } else { Ok(()) }
    }

    async fn take(&mut self, input: Input) -> Result<(), Error> {
        if let Input::Resize { width, height } = input {
            self.wish = Some(fitting((width, height)));
            self.ask_wish();
        } else {
            let limits = (self.picture.width(), self.picture.height());
            let events = self.hands.events(input, limits);
            self.press(&events)?;
        }
        self.line.push(&mut self.out).await
    }
}

impl Source for Rdp {
    async fn next(&mut self) -> Result<Event, Error> {
        if let Some(Err(error)) = &self.ended {
            return Err(error.clone());
        }
        let outcome = self.turn().await;
        if let Err(error) = &outcome {
            self.ended = Some(Err(error.clone()));
        }
        outcome
    }

    async fn input(&mut self, input: Input) -> Result<(), Error> {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        let outcome = self.take(input).await;
        if let Err(error) = &outcome {
            self.ended = Some(Err(error.clone()));
        }
        outcome
    }

    fn frame(&self) -> Frame<'_> {
        self.picture.frame()
    }

    fn caps(&self) -> Caps {
        Caps { resize: self.resizable, text: self.unicode, credentials: true }
    }

    fn name(&self) -> &str {
        "RDP"
    }
}

/// Probes what a server shows before sign-in.
pub(crate) async fn probe(address: &Address) -> Result<Probed, Error> {
    connect::probe(address).await
}

/// A size that RDP can express, 200 to 8192 and the width even, and whose picture is not too large.
fn fitting((width, height): (u16, u16)) -> (u16, u16) {
    let width = width.clamp(200, MOST_SIDE) & !1;
    let most = u16::try_from(MOST_PIXELS / usize::from(width)).unwrap_or(MOST_SIDE);
    (width, height.clamp(200, MOST_SIDE.min(most)))
}

fn bounded(size: ironrdp_connector::DesktopSize) -> Result<(u16, u16), Error> {
    let ironrdp_connector::DesktopSize { width, height } = size;
    let pixels = usize::from(width) * usize::from(height);
    if pixels == 0 {
        return Err(misbehaved("a picture without pixels"));
    }
    if width > MOST_SIDE || height > MOST_SIDE || pixels > MOST_PIXELS {
        return Err(Error::TooLarge(Detail::new("the picture")));
    }
    Ok((width, height))
}

fn span(first: u16, last: u16) -> u16 {
    last.saturating_sub(first).saturating_add(1)
}

fn within_limit(bytes: &[u8]) -> Result<Option<usize>, Error> {
    // The rest is less than one PDU, and no PDU is longer than its 16-bit length.
    if bytes.len() > 2 * LONGEST_PDU {
        Err(Error::TooLarge(Detail::new("a PDU")))
    } else {
        Ok(None)
    }
}

fn misbehaved(what: &str) -> Error {
    Error::PeerMisbehaved(Detail::new(what))
}

fn broken(error: &dyn std::error::Error) -> Error {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    Error::PeerMisbehaved(Detail::new(format_args!("{error}{cause}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_size_is_asked_for_that_would_be_refused() {
        assert_eq!(fitting((7680, 2160)), (7680, 2160), "two 4K screens side by side");
        assert_eq!(fitting((8192, 8192)), (8192, 2048));
        assert_eq!(fitting((4097, u16::MAX)), (4096, 4096));
        assert_eq!(fitting((0, 0)), (200, 200));
        for width in (1..u16::MAX).step_by(97) {
            let (width, height) = fitting((width, 8192));
            bounded(ironrdp_connector::DesktopSize { width, height }).unwrap();
        }
    }
}
