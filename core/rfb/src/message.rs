//! What the client sends (RFC 6143, 7.5; rfbproto for the extensions), and the numbers of the
//! encodings.

use crate::decode::desktop::Screen;

/// An encoding or extension that the client asks the server for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Encoding {
    /// Pixels as they are.
    Raw = 0,
    /// Pixels from elsewhere in the picture.
    CopyRect = 1,
    /// Tight without JPEG.
    Tight = 7,
    /// Zlib run-length.
    Zrle = 16,
    /// Two-coloured pointer shape.
    XCursor = -240,
    /// Pointer shape with a mask.
    Cursor = -239,
    /// Pointer shape with alpha.
    CursorWithAlpha = -314,
    /// The desktop's size may change.
    DesktopSize = -223,
    /// The desktop's size may be changed.
    ExtendedDesktopSize = -308,
    /// An update may end before its announced number of rectangles.
    LastRect = -224,
    /// Key events with scancodes.
    QemuExtendedKey = -258,
    /// The desktop's name may change.
    DesktopName = -307,
    /// Fences: markers in the stream that the other side returns.
    Fence = -312,
    /// Updates without a request for each.
    ContinuousUpdates = -313,
    /// More than eight buttons.
    ExtendedMouseButtons = -316,
    /// Text offered to the desktop in Unicode, fetched when a program there wants it.
    ExtendedClipboard = -1_063_131_698,
}

/// The pixel format asked for: 32 bits, depth 24, little-endian, blue lowest.
pub(crate) fn set_pixel_format(out: &mut Vec<u8>) {
    out.extend([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
}

pub(crate) fn set_encodings(out: &mut Vec<u8>, encodings: &[Encoding]) {
    let count = encodings.len().min(64) as u16;
    out.extend([2, 0]);
    out.extend(count.to_be_bytes());
    for encoding in encodings.iter().take(usize::from(count)) {
        out.extend((*encoding as i32).to_be_bytes());
    }
}

pub(crate) fn update_request(out: &mut Vec<u8>, incremental: bool, width: u16, height: u16) {
    out.extend([3, u8::from(incremental), 0, 0, 0, 0]);
    out.extend(width.to_be_bytes());
    out.extend(height.to_be_bytes());
}

pub(crate) fn key(out: &mut Vec<u8>, down: bool, keysym: u32) {
    out.extend([4, u8::from(down), 0, 0]);
    out.extend(keysym.to_be_bytes());
}

pub(crate) fn qemu_key(out: &mut Vec<u8>, down: bool, keysym: u32, scancode: u32) {
    out.extend([255, 0, 0, u8::from(down)]);
    out.extend(keysym.to_be_bytes());
    out.extend(scancode.to_be_bytes());
}

pub(crate) fn pointer(out: &mut Vec<u8>, buttons: u16, x: u16, y: u16, extended: bool) {
    let low = (buttons & 0x7f) as u8;
    let high = (buttons >> 7) as u8;
    out.extend([5, if extended { low | 0x80 } else { low | (high & 1) << 7 }]);
    out.extend(x.to_be_bytes());
    out.extend(y.to_be_bytes());
    if extended {
        out.push(high);
    }
}

pub(crate) fn set_desktop_size(out: &mut Vec<u8>, width: u16, height: u16, screen: Screen) {
    out.extend([251, 0]);
    out.extend(width.to_be_bytes());
    out.extend(height.to_be_bytes());
    out.extend([1, 0]);
    out.extend(screen.id.to_be_bytes());
    out.extend([0; 4]);
    out.extend(width.to_be_bytes());
    out.extend(height.to_be_bytes());
    out.extend(screen.flags.to_be_bytes());
}

/// Flag of a fence that wants an answer.
pub(crate) const FENCE_REQUEST: u32 = 1 << 31;
/// The flags that an answer may carry: block before, block after, sync next.
pub(crate) const FENCE_KNOWN: u32 = 0b111;

pub(crate) fn fence(out: &mut Vec<u8>, flags: u32, payload: &[u8]) {
    let payload = payload.get(..64).unwrap_or(payload);
    out.extend([248, 0, 0, 0]);
    out.extend(flags.to_be_bytes());
    out.push(payload.len() as u8);
    out.extend(payload);
}

pub(crate) fn continuous_updates(out: &mut Vec<u8>, on: bool, width: u16, height: u16) {
    out.extend([150, u8::from(on), 0, 0, 0, 0]);
    out.extend(width.to_be_bytes());
    out.extend(height.to_be_bytes());
}

/// Formats and actions of the extended clipboard.
pub(crate) const CLIP_TEXT: u32 = 1;
pub(crate) const CLIP_CAPS: u32 = 1 << 24;
pub(crate) const CLIP_REQUEST: u32 = 1 << 25;
pub(crate) const CLIP_NOTIFY: u32 = 1 << 27;
pub(crate) const CLIP_PROVIDE: u32 = 1 << 28;

/// A ClientCutText in its extended form, which a negative length marks.
pub(crate) fn clipboard(out: &mut Vec<u8>, flags: u32, payload: &[u8]) {
    out.extend([6, 0, 0, 0]);
    out.extend((-(payload.len() as i32 + 4)).to_be_bytes());
    out.extend(flags.to_be_bytes());
    out.extend(payload);
}
