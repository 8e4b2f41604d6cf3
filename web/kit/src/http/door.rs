//! The door of this server: who has a place, and who is shown out when there are too many. Who
//! gives way, `gate::Places` decides.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gate::{Address, Holder, Limits, Place, Places, Stage};
use tokio::sync::Notify;

/// The door. One for a listener.
#[derive(Debug)]
pub struct Door(Mutex<Book>);

#[derive(Debug)]
struct Book {
    places: Places,
    /// How each connection hears that it is to give way.
    told: HashMap<Place, Arc<Notify>>,
}

/// A connection's place; free again when the connection and every request over it are gone. Whoever
/// finds out who asks says so here.
#[derive(Clone, Debug)]
pub struct Standing(Arc<Held>);

#[derive(Debug)]
struct Held {
    door: Arc<Door>,
    place: Place,
    /// Whose it is between requests: the address itself, or nobody's in particular when our own
    /// proxy is there.
    base: Option<Address>,
    told: Arc<Notify>,
}

impl Door {
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Book { places: Places::new(limits), told: HashMap::new() })))
    }

    /// A place for somebody from this address; none when all that are here are known.
    pub(super) fn enter(self: &Arc<Self>, base: Option<Address>) -> Option<Standing> {
        let told = Arc::new(Notify::new());
        let mut book = self.book();
        let (place, gone) = book.places.open(base).ok()?;
        book.told.insert(place, told.clone());
        book.show_out(gone);
        Some(Standing(Arc::new(Held { door: self.clone(), place, base, told })))
    }

    /// The machine itself has no more: one gives way all the same.
    pub(super) fn relieve(&self) {
        let mut book = self.book();
        if let Some(gone) = book.places.most_crowded() {
            book.places.close(gone);
            book.show_out(Some(gone));
        }
    }

    /// How many are here.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.book().places.len()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Its calls do not panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn show_out(&mut self, gone: Option<Place>) {
        if let Some(told) = gone.and_then(|gone| self.told.remove(&gone)) {
            told.notify_one();
        }
    }
}

impl Standing {
    /// Whoever asks proved to be somebody: no stranger pushes this connection out, until its next
    /// request.
    pub fn admit(&self, holder: [u8; 16]) {
        self.0.door.book().places.admit(self.0.place, Holder(holder));
    }

    /// A request comes, from this address when our own proxy said so.
    pub(super) fn asks(&self, forwarded: Option<Address>, stage: Stage) {
        let mut book = self.0.door.book();
        let gone = book.places.asks(self.0.place, forwarded.or(self.0.base), stage);
        book.show_out(gone);
    }

    /// Its body is all there.
    pub(super) fn answering(&self) {
        self.0.door.book().places.reach(self.0.place, Stage::Answering);
    }

    /// It is answered.
    pub(super) fn rests(&self) {
        self.0.door.book().places.asks(self.0.place, self.0.base, Stage::Silent);
    }

    /// Returns when it has to give way.
    pub async fn shown_out(&self) {
        self.0.told.notified().await;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut book = self.door.book();
        book.places.close(self.place);
        book.told.remove(&self.place);
    }
}
