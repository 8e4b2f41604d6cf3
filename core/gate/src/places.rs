//! A server's places for connections, and which one is closed when none is left.
//!
//! A new connection gets in as long as there is a stranger's connection to close: of the address
//! with most connections, the one whose request has come least far. So a flood displaces itself,
//! and nobody displaces a connection that authenticated in time. Every step costs the logarithm of
//! the number held, however large the flood.

use std::collections::{BTreeMap, BTreeSet};

use crate::Address;

/// The number of a connection. A number is never given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place(u64);

/// An authenticated holder: a person, a token, an agent, a ticket. The bytes are any name that is
/// unique to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Holder(pub [u8; 16]);

/// How far a stranger's request has come. Connections in the first stage are closed first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stage {
    /// No request came yet, or every request is answered.
    Silent,
    /// The head came, and not yet the body.
    Asking,
    /// The whole request came and is being answered.
    Answering,
}

/// How many connections at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Places in all.
    pub total: usize,
    /// Most strangers; the places beyond are kept for authenticated holders.
    pub strangers: usize,
    /// Places for strangers only, so that a new connection gets in although all known holders are
    /// here.
    pub newcomers: usize,
    /// Most strangers of one address.
    pub each: usize,
    /// Places of one holder that are safe from being closed.
    pub holder: usize,
}

impl Limits {
    /// Limits for `total` places: a quarter is kept for known holders, a sixteenth for newcomers,
    /// and one address has at most a tenth as strangers.
    #[must_use]
    pub fn of(total: usize) -> Self {
        let total = total.max(16);
        Self {
            total,
            strangers: total - total / 4,
            newcomers: total / 16,
            each: (total / 10).max(1),
            holder: (total / 64).clamp(8, 64),
        }
    }
}

#[derive(Debug)]
struct Held {
    /// The address among whose strangers it counts; `None` where none counts, such as an idle
    /// connection of our own proxy.
    address: Option<Address>,
    stage: Stage,
    holder: Option<Holder>,
}

/// The connections of one server and the places they take.
#[derive(Debug)]
pub struct Places {
    limits: Limits,
    next: u64,
    held: BTreeMap<Place, Held>,
    /// Strangers of each address, the one to be closed first in front.
    strangers: BTreeMap<Option<Address>, BTreeSet<(Stage, Place)>>,
    /// Addresses by how many strangers they have.
    crowds: BTreeSet<(usize, Option<Address>)>,
    strange: usize,
    holders: BTreeMap<Holder, usize>,
}

impl Places {
    /// All places are free.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            next: 0,
            held: BTreeMap::new(),
            strangers: BTreeMap::new(),
            crowds: BTreeSet::new(),
            strange: 0,
            holders: BTreeMap::new(),
        }
    }

    /// How many places are taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether all places are free.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// A connection arrives from an address. Returns its place, and the place that has to be closed
    /// for it.
    ///
    /// # Errors
    /// [`Full`] when every connection is a known holder's and none may be closed.
    pub fn open(&mut self, address: Option<Address>) -> Result<(Place, Option<Place>), Full> {
        let mut gone = self.over_each(address);
        if gone.is_none()
            && (self.strange >= self.limits.strangers || self.held.len() >= self.limits.total)
        {
            gone = Some(self.most_crowded().ok_or(Full)?);
        }
        if let Some(gone) = gone {
            self.close(gone);
        }
        let place = Place(self.next);
        self.next += 1;
        self.held.insert(place, Held { address, stage: Stage::Silent, holder: None });
        self.add_stranger(address, Stage::Silent, place);
        Ok((place, gone))
    }

    /// A request begins over this place, from an address; what was known of the place before does
    /// not count any more. Returns the place to be closed for it. One connection of a proxy carries
    /// requests of many people, and each counts at its own address.
    pub fn asks(&mut self, place: Place, address: Option<Address>, stage: Stage) -> Option<Place> {
        self.forget_holder(place);
        let held = self.held.get(&place)?;
        let before = (held.address, held.stage);
        let moved = before.0 != address;
        self.remove_stranger(before.0, before.1, place);
        let gone = if moved { self.over_each(address) } else { None };
        if let Some(gone) = gone {
            self.close(gone);
        }
        if let Some(held) = self.held.get_mut(&place) {
            (held.address, held.stage) = (address, stage);
            self.add_stranger(address, stage, place);
        }
        gone
    }

    /// A stranger's request reached the next stage.
    pub fn reach(&mut self, place: Place, stage: Stage) {
        let Some(held) = self.held.get_mut(&place) else { return };
        let (address, before, known) = (held.address, held.stage, held.holder.is_some());
        held.stage = stage;
        if !known {
            self.remove_stranger(address, before, place);
            self.add_stranger(address, stage, place);
        }
    }

    /// The sender of the request over this place authenticated: the place is safe until the next
    /// request. False, and nothing changes, when this holder or all holders together have as many
    /// places as they may.
    pub fn admit(&mut self, place: Place, holder: Holder) -> bool {
        let known = self.held.len() - self.strange;
        let Some(held) = self.held.get_mut(&place) else { return false };
        if held.holder == Some(holder) {
            return true;
        }
        let count = self.holders.get(&holder).copied().unwrap_or(0);
        if held.holder.is_some()
            || count >= self.limits.holder
            || known + self.limits.newcomers >= self.limits.total
        {
            return false;
        }
        held.holder = Some(holder);
        let (address, stage) = (held.address, held.stage);
        self.holders.insert(holder, count + 1);
        self.remove_stranger(address, stage, place);
        true
    }

    /// The place is free again.
    pub fn close(&mut self, place: Place) {
        self.forget_holder(place);
        if let Some(held) = self.held.remove(&place) {
            self.remove_stranger(held.address, held.stage, place);
        }
    }

    /// The connection to close when the machine itself runs out of descriptors: of the address with
    /// most, the one that has come least far and is oldest.
    #[must_use]
    pub fn most_crowded(&self) -> Option<Place> {
        let (_, address) = self.crowds.last()?;
        self.first_of(*address)
    }

    fn first_of(&self, address: Option<Address>) -> Option<Place> {
        self.strangers.get(&address)?.first().map(|(_, place)| *place)
    }

    /// The place to close when one more connection comes from an address that has as many as it
    /// may.
    fn over_each(&self, address: Option<Address>) -> Option<Place> {
        let full = address.is_some()
            && self.strangers.get(&address).is_some_and(|all| all.len() >= self.limits.each);
        if full { self.first_of(address) } else { None }
    }

    /// Counts the place among its address's strangers again.
    fn forget_holder(&mut self, place: Place) {
        let Some(held) = self.held.get_mut(&place) else { return };
        let Some(holder) = held.holder.take() else { return };
        let (address, stage) = (held.address, held.stage);
        if let Some(count) = self.holders.get_mut(&holder) {
            *count -= 1;
            if *count == 0 {
                self.holders.remove(&holder);
            }
        }
        self.add_stranger(address, stage, place);
    }

    fn add_stranger(&mut self, address: Option<Address>, stage: Stage, place: Place) {
        let all = self.strangers.entry(address).or_default();
        let before = all.len();
        if all.insert((stage, place)) {
            self.strange += 1;
            self.crowds.remove(&(before, address));
            self.crowds.insert((before + 1, address));
        }
    }

    fn remove_stranger(&mut self, address: Option<Address>, stage: Stage, place: Place) {
        let Some(all) = self.strangers.get_mut(&address) else { return };
        let before = all.len();
        if all.remove(&(stage, place)) {
            self.strange -= 1;
            self.crowds.remove(&(before, address));
            if before > 1 {
                self.crowds.insert((before - 1, address));
            } else {
                self.strangers.remove(&address);
            }
        }
    }
}

/// Every connection is a known holder's, and none may be closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { total: 20, strangers: 12, newcomers: 2, each: 6, holder: 3 };

    fn from(last: u8) -> Option<Address> {
        Some(Address::of(std::net::IpAddr::from([192, 0, 2, last])))
    }

    fn somebody(n: u8) -> Holder {
        Holder([n; 16])
    }

    #[test]
    fn one_address_displaces_its_own_and_nobody_elses() {
        let mut places = Places::new(LIMITS);
        let (other, _) = places.open(from(2)).unwrap();
        let first: Vec<Place> = (0..6).map(|_| places.open(from(1)).unwrap().0).collect();
        for oldest in &first {
            assert_eq!(places.open(from(1)).unwrap().1, Some(*oldest));
        }
        assert_eq!(places.len(), 7);
        places.reach(other, Stage::Silent);
        assert!(places.held.contains_key(&other));
    }

    #[test]
    fn when_strangers_fill_their_share_the_fullest_address_gives_way() {
        let mut places = Places::new(LIMITS);
        let crowd: Vec<Place> = (0..5).map(|_| places.open(from(1)).unwrap().0).collect();
        for n in 2..9 {
            assert_eq!(places.open(from(n)).unwrap().1, None, "{n}");
        }
        assert_eq!(places.len(), 12);
        assert_eq!(places.open(from(20)).unwrap().1, Some(crowd[0]));
    }

    #[test]
    fn who_showed_more_gives_way_later() {
        let mut places = Places::new(LIMITS);
        let all: Vec<Place> = (0..6).map(|_| places.open(from(1)).unwrap().0).collect();
        places.asks(all[0], from(1), Stage::Answering);
        places.asks(all[1], from(1), Stage::Asking);
        let order: Vec<Place> = (0..4).map(|_| places.open(from(1)).unwrap().1.unwrap()).collect();
        assert_eq!(order, all[2..6]);
        // All that was asked is answered: it is as silent as one that never asked, and the oldest
        // of them.
        places.reach(all[0], Stage::Silent);
        assert_eq!(places.open(from(1)).unwrap().1, Some(all[0]));
    }

    #[test]
    fn whoever_is_known_gives_way_to_no_flood_and_newcomers_still_come_in() {
        let mut places = Places::new(LIMITS);
        let mut known = Vec::new();
        for n in 0..30 {
            let (place, gone) = places.open(from(7)).unwrap();
            assert!(gone.is_none_or(|gone| !known.contains(&gone)));
            if places.admit(place, somebody(n)) {
                known.push(place);
            }
        }
        assert_eq!(known.len(), LIMITS.total - LIMITS.newcomers);
        for n in 0..100 {
            let (_, gone) = places.open(from(n)).unwrap();
            assert!(gone.is_none_or(|gone| !known.contains(&gone)), "{n}");
        }
        assert_eq!(places.len(), LIMITS.total);
    }

    #[test]
    fn one_holder_keeps_so_many_and_no_more() {
        let mut places = Places::new(LIMITS);
        let all: Vec<Place> = (0..5).map(|_| places.open(from(1)).unwrap().0).collect();
        let kept: Vec<bool> = all.iter().map(|place| places.admit(*place, somebody(1))).collect();
        assert_eq!(kept, [true, true, true, false, false]);
        places.close(all[0]);
        assert!(places.admit(all[3], somebody(1)));
    }

    #[test]
    fn the_next_request_over_a_line_proves_itself_again_and_counts_where_it_comes_from() {
        let mut places = Places::new(LIMITS);
        let proxy: Vec<Place> = (0..9).map(|_| places.open(None).unwrap().0).collect();
        assert!(places.admit(proxy[0], somebody(1)));
        for place in &proxy[..6] {
            assert_eq!(places.asks(*place, from(1), Stage::Asking), None);
        }
        // The seventh of one address displaces the first of it, not the proxy's idle lines.
        assert_eq!(places.asks(proxy[6], from(1), Stage::Asking), Some(proxy[0]));
        assert_eq!(places.asks(proxy[7], from(2), Stage::Asking), None);
    }

    proptest! {
        #[test]
        fn its_books_agree_and_its_bounds_hold(
            steps in prop::collection::vec((0u8..6, 0u8..5, 0usize..40), 1..300)) {
            let mut places = Places::new(LIMITS);
            let mut ever = Vec::new();
            for (what, address, which) in steps {
                let place = ever.get(which % ever.len().max(1)).copied();
                let stage = [Stage::Silent, Stage::Asking, Stage::Answering][which % 3];
                match (what, place) {
                    (0 | 1, _) => if let Ok((place, _)) = places.open(
                        (address > 0).then(|| from(address).unwrap())) { ever.push(place) },
                    (2, Some(place)) => {
                        places.asks(place, (address > 0).then(|| from(address).unwrap()), stage); }
                    (3, Some(place)) => places.reach(place, stage),
                    (4, Some(place)) => { places.admit(place, somebody(address)); }
                    (_, Some(place)) => places.close(place),
                    _ => {}
                }
                let strangers: usize = places.strangers.values().map(BTreeSet::len).sum();
                prop_assert_eq!(strangers, places.strange);
                let known = places.held.values().filter(|held| held.holder.is_some()).count();
                prop_assert_eq!(known + strangers, places.len());
                prop_assert_eq!(known, places.holders.values().sum::<usize>());
                prop_assert!(places.len() <= LIMITS.total);
                prop_assert_eq!(places.crowds.len(), places.strangers.len());
            }
        }
    }
}
