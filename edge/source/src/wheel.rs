//! Adds up parts of a wheel notch to whole notches.

/// Most notches of one input.
const MOST_NOTCHES: i32 = 32;

/// Takes whole notches of 120 parts; the rest stays in `part`.
pub(crate) fn notches(part: &mut i32, more: i16) -> i32 {
    *part += i32::from(more);
    let whole = *part / 120;
    *part %= 120;
    whole.clamp(-MOST_NOTCHES, MOST_NOTCHES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up() {
        let mut part = 0;
        assert_eq!(
            [60, 59, 1, -120, -1, 1].map(|more| notches(&mut part, more)),
            [0, 0, 1, -1, 0, 0]
        );
        assert_eq!(
            (notches(&mut part, i16::MIN), part),
            (-MOST_NOTCHES, i32::from(i16::MIN) % 120)
        );
    }
}
