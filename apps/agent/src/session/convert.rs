//! Between the words of the wire, the source and the encoder. They mean the same and are kept apart
//! on purpose: no crate of the pipe has to know its neighbour's.

use wire::session::{self, EndReason, ToAgent};

/// The input a message stands for, when it is one.
pub(super) fn input(message: &ToAgent) -> Option<source::Input> {
    Some(match message {
        ToAgent::Pointer(m) => source::Input::Pointer { x: m.x, y: m.y, buttons: m.buttons.bits() },
        ToAgent::Wheel(m) => source::Input::Wheel { x: m.x, y: m.y, dx: m.dx, dy: m.dy },
        ToAgent::Key(m) => source::Input::Key { down: m.down, usage: m.usage, keysym: m.keysym },
        ToAgent::Text(text) => source::Input::Text(text.clone()),
        _ => return None,
    })
}

pub(super) fn cursor(cursor: source::Cursor) -> session::Cursor {
    let source::Cursor { hot_x, hot_y, width, height, rgba } = cursor;
    // A hot spot outside its shape would be refused at home.
    session::Cursor { hot_x: hot_x.min(width), hot_y: hot_y.min(height), width, height, rgba }
}

pub(super) fn picture(frame: source::Frame<'_>) -> screen::Picture<'_> {
    screen::Picture {
        width: frame.width,
        height: frame.height,
        stride: frame.stride,
        pixels: frame.pixels,
    }
}

pub(super) fn rects(rects: &[source::Rect]) -> Vec<screen::Rect> {
    rects.iter().map(|r| rect(*r)).collect()
}

pub(super) fn moves(moves: &[source::Move]) -> Vec<screen::Move> {
    moves
        .iter()
        .map(|m| screen::Move { from_x: m.from_x, from_y: m.from_y, to: rect(m.to) })
        .collect()
}

/// What the viewer is told of a reason that came from outside.
pub(super) fn told(reason: pairing::control::EndReason) -> EndReason {
    use pairing::control::EndReason as From;
    match reason {
        From::Idle => EndReason::Idle,
        From::PeriodOver => EndReason::PeriodOver,
        From::Revoked => EndReason::Revoked,
        From::TakenOver => EndReason::TakenOver,
        From::DesktopRefused => EndReason::DesktopRefused,
        From::PeerMisbehaved => EndReason::PeerMisbehaved,
        From::AgentStopping | From::LineLost => EndReason::AgentStopping,
        From::Administrator | From::Viewer | From::Other => EndReason::ByAdministrator,
    }
}

/// What goes on record for a reason of the wire.
pub(super) fn recorded(reason: EndReason) -> pairing::control::EndReason {
    use pairing::control::EndReason as To;
    match reason {
        EndReason::Idle => To::Idle,
        EndReason::PeriodOver => To::PeriodOver,
        EndReason::Revoked => To::Revoked,
        EndReason::ByAdministrator => To::Administrator,
        EndReason::TakenOver => To::TakenOver,
        EndReason::DesktopRefused => To::DesktopRefused,
        EndReason::AgentStopping => To::AgentStopping,
        EndReason::PeerMisbehaved => To::PeerMisbehaved,
    }
}

fn rect(rect: source::Rect) -> screen::Rect {
    screen::Rect::new(rect.x, rect.y, rect.width, rect.height)
}
