//! The watermark: the grant's text drawn into a mask that the encoder burns into every picture.

use pairing::{Grant, Policy, UnixMs};
use screen::{Config, Watermark};
use source::text::{advance, line_height, render};

/// Size of the letters, in pixels of an em.
const EM: u32 = 20;
/// Largest side of a mask.
const MAX_SIDE: u32 = 2048;
/// What is written when the policy asks for a mark and names no text.
const PLAIN: &str = "{user} {body} {time}";

/// What the encoder is told by the grant.
///
/// # Errors
/// [`screen::Error`]: a mark that is asked for and cannot be made must not be left out.
pub(super) fn config(grant: &Grant, body: &str, now: UnixMs) -> Result<Config, screen::Error> {
    let policy = &grant.policy;
    let watermark =
        if policy.watermark { Some(mark(&text(grant, body, now), policy)?) } else { None };
    Ok(Config { watermark })
}

/// The text twice, the second time half a width further, so that no part of the picture is without
/// it.
fn mark(text: &str, policy: &Policy) -> Result<Watermark, screen::Error> {
    let spacing = u32::from(policy.spacing).clamp(16, 512);
    let text = fitting(text, MAX_SIDE - spacing);
    let (drawn, line) = (render(&text, EM), line_height(EM));
    let (width, height) = (drawn.width + spacing, 2 * (line + spacing));
    let mut mask = vec![false; width as usize * height as usize];
    for (first_row, shift) in [(0, 0), (line + spacing, width / 2)] {
        for y in 0..drawn.height {
            for x in 0..drawn.width {
                if drawn.alpha[(y * drawn.width + x) as usize] >= 128 {
                    mask[((first_row + y) * width + (x + shift) % width) as usize] = true;
                }
            }
        }
    }
    // Percent of the most the mark may stand out.
    let contrast = (u32::from(policy.contrast) * 128 / 100).clamp(1, 128) as u8;
    Watermark::new(width as u16, height as u16, mask, contrast)
}

/// As much of the text as is at most `width` pixels wide.
fn fitting(text: &str, width: u32) -> String {
    let mut kept = text.to_owned();
    while advance(&kept, EM) > width {
        kept.pop();
    }
    kept
}

/// The text with its names filled in. `{time}` is the time in Japan at which the session began.
fn text(grant: &Grant, body: &str, now: UnixMs) -> String {
    let user = if grant.name.is_empty() { &grant.login } else { &grant.name };
    let time = jiff::Timestamp::from_millisecond(now.0.cast_signed())
        .map(|time| {
            time.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9)))
                .strftime("%Y-%m-%d %H:%M")
                .to_string()
        })
        .unwrap_or_default();
    let pattern =
        Some(grant.policy.watermark_text.trim()).filter(|text| !text.is_empty()).unwrap_or(PLAIN);
    // One pass, so that a name that looks like a placeholder stays a name.
    let (mut text, mut rest) = (String::new(), pattern);
    while let Some(at) = rest.find('{') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = [("{user}", user.as_str()), ("{body}", body), ("{time}", time.as_str())];
        match known.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                text.push_str(value);
                rest = &rest[name.len()..];
            }
            None => {
                text.push('{');
                rest = &rest[1..];
            }
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use pairing::{AgentId, BodyCode, ChannelKey, GrantId, MeetingId, UserId, Zone};

    #[test]
    fn names_are_filled_in_once() {
        let at = UnixMs(1_790_000_000_000);
        assert_eq!(
            text(&grant("{user} / {body} / {time} {x}", "田中 {body}"), "千代田区", at),
            "田中 {body} / 千代田区 / 2026-09-21 23:13 {x}"
        );
        assert_eq!(text(&grant(" ", ""), "千代田区", at), "tanaka 千代田区 2026-09-21 23:13");
    }

    #[test]
    fn a_mark_is_made_of_any_text() {
        for pattern in ["{user}", "漢", "", "あ{time}\n"] {
            assert!(
                config(&grant(pattern, "田中"), "千代田区", UnixMs(0)).unwrap().watermark.is_some()
            );
        }
        let long = grant(&"漢字".repeat(160), "田中");
        assert!(config(&long, "千代田区", UnixMs(0)).unwrap().watermark.is_some());
        let mut off = grant("x", "y");
        off.policy.watermark = false;
        assert!(config(&off, "", UnixMs(0)).unwrap().watermark.is_none());
    }

    fn grant(text: &str, name: &str) -> Grant {
        let key = ChannelKey([1; 32]);
        Grant {
            id: GrantId([0; 16]),
            meeting: MeetingId([0; 16]),
            body: BodyCode::new(*b"131016").unwrap(),
            user: UserId([0; 16]),
            login: "tanaka".into(),
            name: name.into(),
            device: key.device_id(),
            device_key: key,
            agent: AgentId([0; 16]),
            target: "pc".parse().unwrap(),
            zone: Zone::Lgwan,
            issued: UnixMs(0),
            not_before: UnixMs(0),
            not_after: UnixMs(1),
            policy: Policy {
                idle: 0,
                warn: 0,
                watermark: true,
                contrast: 20,
                spacing: 40,
                watermark_text: text.into(),
                resize: true,
            },
        }
    }
}
