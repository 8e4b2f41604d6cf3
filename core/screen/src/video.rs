//! Finding and coding the part of the picture that moves like a video.

use std::time::Duration;

use crate::geometry::Rect;
use crate::plane::Plane;
use crate::tiles::TILE;

/// Changes of a tile closer together than this raise its heat.
const SOON: Duration = Duration::from_millis(260);
/// A tile with this heat belongs to a video.
const HOT: u8 = 6;
/// Fewest tiles of a video.
const LEAST: usize = 12;
/// A video unchanged for this long is over; then the exact picture is sent.
pub(crate) const REST: Duration = Duration::from_millis(300);
/// Bits for each pixel of each picture that give a good quality.
const QUALITY: f64 = 0.40;
/// Share of the line's rate that a video may use, so that a key press does not wait long behind a
/// picture.
const SHARE: f64 = 0.4;
/// Pictures a second assumed for bitrates.
const PICTURES: f64 = 25.0;

/// How often and where each tile of the source changes.
#[derive(Default)]
pub(crate) struct Heat {
    columns: usize,
    tiles: Vec<Warmth>,
}

#[derive(Clone, Copy, Default)]
struct Warmth {
    heat: u8,
    vivid: bool,
    at: Duration,
    /// Left, top, right and bottom of the changes inside the tile while it was warm.
    span: [u8; 4],
}

impl Heat {
    pub(crate) fn new(columns: usize, count: usize) -> Self {
        Self { columns, tiles: vec![Warmth::default(); count] }
    }

    /// A tile changed inside `span`. Returns whether it is so warm that the caller should report
    /// [`Heat::vivid`].
    pub(crate) fn changed(&mut self, i: usize, span: [u8; 4], now: Duration) -> bool {
        let tile = &mut self.tiles[i];
        if tile.heat > 0 && now.saturating_sub(tile.at) < SOON {
            // Several changes within a picture's time count once.
            if now.saturating_sub(tile.at) > Duration::from_millis(12) {
                tile.heat = (tile.heat + 1).min(20);
            }
            let old = tile.span;
            tile.span = [
                old[0].min(span[0]),
                old[1].min(span[1]),
                old[2].max(span[2]),
                old[3].max(span[3]),
            ];
        } else {
            *tile = Warmth { heat: 1, vivid: false, at: now, span };
        }
        tile.at = now;
        tile.heat + 2 >= HOT
    }

    /// Notes whether a warm tile has many colours.
    pub(crate) fn vivid(&mut self, i: usize, vivid: bool) {
        self.tiles[i].vivid = vivid;
    }

    /// Resets all heat: the changes came from a scroll.
    pub(crate) fn cool(&mut self) {
        self.tiles.iter_mut().for_each(|tile| tile.heat = 0);
    }

    /// The exact rectangle that moves, if it is large enough.
    pub(crate) fn moving(&self, now: Duration, width: u16, height: u16) -> Option<Rect> {
        let live = |tile: &Warmth| tile.heat >= HOT && now.saturating_sub(tile.at) < SOON;
        let mut bounds: Option<[usize; 4]> = None;
        let mut count = 0;
        for (i, _) in self.tiles.iter().enumerate().filter(|(_, tile)| tile.vivid && live(tile)) {
            let (x, y) = (i % self.columns, i / self.columns);
            let [l, t, r, b] = bounds.unwrap_or([x, y, x, y]);
            bounds = Some([l.min(x), t.min(y), r.max(x), b.max(y)]);
            count += 1;
        }
        let [l, t, r, b] = bounds?;
        if count < LEAST || count * 3 < (r - l + 1) * (b - t + 1) {
            return None;
        }
        // Neighbours that change with it, though with fewer changes.
        let rows = self.tiles.len() / self.columns;
        let (l, t, r, b) = (
            l.saturating_sub(1),
            t.saturating_sub(1),
            (r + 1).min(self.columns - 1),
            (b + 1).min(rows - 1),
        );
        let (mut left, mut top, mut right, mut bottom) = (usize::MAX, usize::MAX, 0, 0);
        for y in t..=b {
            for x in l..=r {
                let tile = &self.tiles[y * self.columns + x];
                if live(tile) {
                    let at = |i: usize| usize::from(tile.span[i]);
                    (left, top) = (left.min(x * TILE + at(0)), top.min(y * TILE + at(1)));
                    (right, bottom) =
                        (right.max(x * TILE + at(2) + 1), bottom.max(y * TILE + at(3) + 1));
                }
            }
        }
        // 4:2:0 needs even sides. One row or column too many does no harm; one too few would be
        // sent beside the video.
        let even = |from: &mut usize, to: &mut usize, limit: usize| {
            if (*to - *from) % 2 == 1 {
                if *to < limit {
                    *to += 1
                } else if *from > 0 {
                    *from -= 1
                } else {
                    *to -= 1
                }
            }
        };
        even(&mut left, &mut right, width.into());
        even(&mut top, &mut bottom, height.into());
        (right - left >= 32 && bottom - top >= 32 && right - left <= 3840 && bottom - top <= 2160)
            .then(|| {
                Rect::new(left as u16, top as u16, (right - left) as u16, (bottom - top) as u16)
            })
    }
}

/// The rectangle of a first, lossy picture of these tiles, if the coder accepts its size.
pub(crate) fn look(tiles: impl Iterator<Item = Rect>) -> Option<Rect> {
    let (left, top, right, bottom) =
        tiles.fold((u32::MAX, u32::MAX, 0, 0), |(l, t, r, b), tile| {
            (l.min(tile.x.into()), t.min(tile.y.into()), r.max(tile.right()), b.max(tile.bottom()))
        });
    let (width, height) = (right.saturating_sub(left) & !1, bottom.saturating_sub(top) & !1);
    ((32..=3840).contains(&width) && (32..=2160).contains(&height))
        .then(|| Rect::new(left as u16, top as u16, width as u16, height as u16))
}

/// A video being sent.
pub(crate) struct Video {
    pub(crate) rect: Rect,
    /// When the source changed last inside it.
    pub(crate) changed_at: Duration,
    /// Whether there is a picture that was not sent.
    pub(crate) pending: bool,
    bits: f64,
    since: Duration,
    coder: Option<Coder>,
    planes: Vec<u8>,
}

impl Video {
    pub(crate) fn new(rect: Rect, now: Duration, rate: Option<f64>) -> Self {
        Self {
            rect,
            changed_at: now,
            pending: true,
            bits: bits(rect, rate),
            since: now,
            coder: None,
            planes: Vec::new(),
        }
    }

    /// The next picture as an H.264 access unit (Annex B), and whether it is a key picture. The
    /// unit is empty when the coder skips the picture; `None` when it fails.
    pub(crate) fn encode(
        &mut self,
        plane: &Plane,
        now: Duration,
        rate: Option<f64>,
    ) -> Option<(Vec<u8>, bool)> {
        self.pending = false;
        let wanted = bits(self.rect, rate);
        // A new rate needs a new coder and so a key picture; small changes of the line do not
        // count.
        let off = wanted / self.bits;
        if now.saturating_sub(self.since) > Duration::from_secs(2) && !(0.6..1.7).contains(&off)
            || off < 0.4
        {
            (self.bits, self.since, self.coder) = (wanted, now, None);
        }
        if self.coder.is_none() {
            self.coder = Some(Coder::new(self.bits)?);
        }
        convert(plane, self.rect, &mut self.planes);
        self.coder.as_mut()?.encode(&self.planes, self.rect, now)
    }
}

/// The bits a second for a video of this size on this line (bytes a second).
fn bits(rect: Rect, rate: Option<f64>) -> f64 {
    let good = f64::from(rect.width) * f64::from(rect.height) * QUALITY * PICTURES;
    let most = rate.map_or(1_500_000.0, |rate| rate * 8.0 * SHARE);
    good.min(most).clamp(60_000.0, 20_000_000.0)
}

/// BT.709, limited range, 4:2:0: the three planes one after the other.
fn convert(plane: &Plane, rect: Rect, out: &mut Vec<u8>) {
    let (width, height) = (usize::from(rect.width), usize::from(rect.height));
    out.clear();
    out.resize(width * height * 3 / 2, 0);
    let (luma, chroma) = out.split_at_mut(width * height);
    let (blue, red) = chroma.split_at_mut(width * height / 4);
    let part =
        |color: u32| ((color >> 16 & 255) as i32, (color >> 8 & 255) as i32, (color & 255) as i32);
    for y in (0..height).step_by(2) {
        let above = plane.row(rect.x.into(), usize::from(rect.y) + y, width);
        let below = plane.row(rect.x.into(), usize::from(rect.y) + y + 1, width);
        let (upper, lower) = luma[y * width..][..2 * width].split_at_mut(width);
        for x in (0..width).step_by(2) {
            let mut sum = (0, 0, 0);
            for (row, out) in [(above, &mut *upper), (below, &mut *lower)] {
                for i in x..x + 2 {
                    let (r, g, b) = part(row[i]);
                    out[i] =
                        ((11_966 * r + 40_254 * g + 4_064 * b + (16 << 16) + 32_768) >> 16) as u8;
                    sum = (sum.0 + r, sum.1 + g, sum.2 + b);
                }
            }
            let (r, g, b) = sum;
            let at = y / 2 * (width / 2) + x / 2;
            blue[at] = ((-6_596 * r - 22_189 * g + 28_784 * b + (128 << 18) + 131_072) >> 18)
                .clamp(0, 255) as u8;
            red[at] = ((28_784 * r - 26_145 * g - 2_639 * b + (128 << 18) + 131_072) >> 18)
                .clamp(0, 255) as u8;
        }
    }
}

#[cfg(feature = "h264")]
struct Coder(openh264::encoder::Encoder);

#[cfg(feature = "h264")]
impl Coder {
    fn new(bits: f64) -> Option<Self> {
        use openh264::encoder::{
            BitRate, Complexity, Encoder, EncoderConfig, FrameRate, QpRange, RateControlMode,
            UsageType, VuiConfig,
        };
        let config = EncoderConfig::new()
            .bitrate(BitRate::from_bps(bits as u32))
            .max_frame_rate(FrameRate::from_hz(PICTURES as f32))
            .rate_control_mode(RateControlMode::Bitrate)
            .skip_frames(false)
            .usage_type(UsageType::CameraVideoRealTime)
            .complexity(Complexity::Low)
            .scene_change_detect(false)
            .background_detection(false)
            .qp(QpRange::new(18, 45))
            .num_threads(1)
            .vui(VuiConfig::bt709());
        Encoder::with_api_config(openh264::OpenH264API::from_source(), config).ok().map(Self)
    }

    fn encode(&mut self, planes: &[u8], rect: Rect, now: Duration) -> Option<(Vec<u8>, bool)> {
        let (width, height) = (usize::from(rect.width), usize::from(rect.height));
        let (luma, chroma) = planes.split_at(width * height);
        let (blue, red) = chroma.split_at(width * height / 4);
        let source = openh264::formats::YUVSlices::new(
            (luma, blue, red),
            (width, height),
            (width, width / 2, width / 2),
        );
        let stream = self
            .0
            .encode_at(&source, openh264::Timestamp::from_millis(now.as_millis() as u64))
            .ok()?;
        let key = matches!(
            stream.frame_type(),
            openh264::encoder::FrameType::IDR | openh264::encoder::FrameType::I
        );
        let bytes = stream.to_vec();
        Some((bytes, key))
    }
}

/// Without H.264 there are no videos.
#[cfg(not(feature = "h264"))]
struct Coder;

#[cfg(not(feature = "h264"))]
impl Coder {
    fn new(_: f64) -> Option<Self> {
        None
    }

    fn encode(&mut self, _: &[u8], _: Rect, _: Duration) -> Option<(Vec<u8>, bool)> {
        None
    }
}
