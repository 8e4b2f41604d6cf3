//! The size a desktop had before a session asked for another one. Pure.

/// Width and height in pixels.
type Size = (u16, u16);

/// What is known of one desktop's size, over sessions that follow each other.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// The size it had, or was given at the office meanwhile.
    found: Option<Size>,
    /// The size it got because a session asked.
    ours: Option<Size>,
    /// A session has asked, and no size has come since.
    asked: bool,
}

impl Sizes {
    /// A session asks for a size.
    pub(crate) fn asked(&mut self) {
        self.asked = true;
    }

    /// The desktop has this size.
    pub(crate) fn resized(&mut self, size: Size) {
        if std::mem::take(&mut self.asked) && self.found.is_some() {
            self.ours = Some(size);
        } else if self.ours != Some(size) {
            // Opened, or changed by somebody at the office.
            (self.found, self.ours) = (Some(size), None);
        }
    }

    /// The size to be given back, if it is another one now. What is found next is a new matter.
    pub(crate) fn give_back(&mut self) -> Option<Size> {
        let Sizes { found, ours, .. } = std::mem::take(self);
        found.filter(|found| ours.is_some_and(|ours| ours != *found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICE: Size = (1920, 1080);
    const HOME: Size = (1024, 700);

    /// Opened at the office's size and given the home's.
    fn taken() -> Sizes {
        let mut sizes = Sizes::default();
        sizes.resized(OFFICE);
        sizes.asked();
        sizes.resized(HOME);
        sizes
    }

    #[test]
    fn the_size_is_given_back_once() {
        let mut sizes = taken();
        assert_eq!((sizes.give_back(), sizes.give_back()), (Some(OFFICE), None));
        let mut sizes = taken();
        sizes.asked();
        sizes.resized((800, 600));
        assert_eq!(sizes.give_back(), Some(OFFICE), "whatever came in between");
    }

    #[test]
    fn nothing_is_given_back_that_was_not_taken() {
        let mut sizes = Sizes::default();
        sizes.asked();
        assert_eq!(sizes.give_back(), None, "never opened");
        sizes.resized(OFFICE);
        assert_eq!(sizes.give_back(), None);
        let mut sizes = taken();
        sizes.asked();
        sizes.resized(OFFICE);
        assert_eq!(sizes.give_back(), None, "it has it already");
    }

    #[test]
    fn a_size_set_at_the_office_meanwhile_stays() {
        let mut sizes = taken();
        sizes.resized((2560, 1440));
        assert_eq!(sizes.give_back(), None);
        let mut sizes = taken();
        sizes.resized((2560, 1440));
        sizes.asked();
        sizes.resized(HOME);
        assert_eq!(sizes.give_back(), Some((2560, 1440)));
    }

    #[test]
    fn a_desktop_that_is_opened_again_is_still_the_one_that_was_found() {
        let mut sizes = taken();
        sizes.resized(HOME);
        assert_eq!(sizes.give_back(), Some(OFFICE));
    }
}
