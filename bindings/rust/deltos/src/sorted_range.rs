//! Ranges of keys, and the pairs of sorted maps in them, from both ends.

use std::cmp::Ordering;
use std::fmt;
use std::iter::FusedIterator;
use std::mem::zeroed;
use std::ops::{Bound, Range, RangeBounds, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};
use std::ptr::null_mut;

use deltos_sys as sys;

use crate::error::call;
use crate::map_core::lent;
use crate::sorted_map::pair_of;
use crate::storage::made;
use crate::{KeyKind, MapQuery, MapState, Result, SortedKey, SortedMap, SortedPair};

const FIRST_BATCH: usize = 8;
const LARGEST_BATCH: usize = 256;

/// Which keys are meant: any range of [`std::ops`] over what keys are looked for with, a pair of [`Bound`]s, or [`Prefix`].
/// Bounds need not be keys that are there; where they cross, the range is empty.
pub trait KeyRange<K: ?Sized> {
    #[doc(hidden)]
    fn bounds(&self) -> Result<KeyBounds>;
}

/// All keys that begin so: a range of keys that are bytes or text.
///
/// ```
/// # use deltos::{Prefix, Storage};
/// # let storage = Storage::anonymous("example")?;
/// let mut transaction = storage.begin()?;
/// let cities = transaction.create_sorted_map::<str>("cities")?;
/// cities.put_many(&mut transaction, &["Ulm", "Utrecht", "Wien"], &["DE", "NL", "AT"])?;
/// assert_eq!(cities.count(&transaction, Prefix("U"))?, 2);
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix<Q>(pub Q);

impl<Q> Prefix<Q> {
    /// Those of them that are in a range, too.
    ///
    /// ```
    /// # use deltos::{Prefix, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let cities = transaction.create_sorted_map::<str>("cities")?;
    /// cities.put_many(&mut transaction, &["Ulm", "Utrecht", "Wien"], &["DE", "NL", "AT"])?;
    /// assert_eq!(cities.count(&transaction, Prefix("U").within("Um"..))?, 1);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn within<R>(self, range: R) -> PrefixWithin<Q, R> {
        PrefixWithin { prefix: self, range }
    }
}

/// All keys of a range that begin so: see [`Prefix::within`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixWithin<Q, R> {
    prefix: Prefix<Q>,
    range: R,
}

/// A range as it is given to the library.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct KeyBounds {
    from: Option<Vec<u8>>,
    to: Option<Vec<u8>>,
    prefix: Option<Vec<u8>>,
    is_open_from: bool,
    is_closed_to: bool,
}

impl KeyBounds {
    fn of<K: ?Sized, Q: MapQuery<K>>(from: Bound<&Q>, to: Bound<&Q>) -> Result<Self> {
        let bytes = |bound| match bound {
            Bound::Unbounded => Ok(None),
            Bound::Included(key) | Bound::Excluded(key) => MapQuery::<K>::key(key).map(|key| Some(key.to_vec())),
        };
        Ok(KeyBounds {
            is_open_from: matches!(from, Bound::Excluded(_)),
            is_closed_to: matches!(to, Bound::Included(_)),
            from: bytes(from)?,
            to: bytes(to)?,
            prefix: None,
        })
    }

    pub(crate) fn lend<R>(&self, reverse: bool, run: impl FnOnce(&sys::deltos_range) -> R) -> R {
        let raw = |bytes: &Vec<u8>| sys::deltos_bytes { data: bytes.as_ptr().cast(), size: bytes.len() as u64 };
        let bounds = [&self.from, &self.to, &self.prefix].map(|bound| bound.as_ref().map(raw));
        let [from, to, prefix] =
            [0, 1, 2].map(|at| bounds[at].as_ref().map_or(std::ptr::null(), |bound| bound as *const _));
        // SAFETY: numbers and pointers, of which zero is one.
        let mut range: sys::deltos_range = unsafe { zeroed() };
        (range.from, range.to, range.prefix) = (from, to, prefix);
        range.open_from = u8::from(self.is_open_from);
        range.closed_to = u8::from(self.is_closed_to);
        range.reverse = u8::from(reverse);
        run(&range)
    }
}

macro_rules! ranges {
    ($($type:ty,)*) => {
        $(
            impl<K: ?Sized, Q: MapQuery<K>> KeyRange<K> for $type {
                fn bounds(&self) -> Result<KeyBounds> {
                    KeyBounds::of::<K, Q>(RangeBounds::<Q>::start_bound(self), RangeBounds::<Q>::end_bound(self))
                }
            }
        )*
    };
}

ranges! {
    Range<Q>, RangeFrom<Q>, RangeInclusive<Q>, RangeTo<Q>, RangeToInclusive<Q>, (Bound<Q>, Bound<Q>),
}

impl<K: ?Sized> KeyRange<K> for RangeFull {
    fn bounds(&self) -> Result<KeyBounds> {
        Ok(KeyBounds::default())
    }
}

impl<K: ?Sized, Q: MapQuery<K>> KeyRange<K> for Prefix<Q> {
    fn bounds(&self) -> Result<KeyBounds> {
        Ok(KeyBounds { prefix: Some(self.0.key()?.to_vec()), ..KeyBounds::default() })
    }
}

impl<K: ?Sized, Q: MapQuery<K>, R: KeyRange<K>> KeyRange<K> for PrefixWithin<Q, R> {
    fn bounds(&self) -> Result<KeyBounds> {
        Ok(KeyBounds { prefix: self.prefix.bounds()?.prefix, ..self.range.bounds()? })
    }
}

/// A walk in one direction.
struct Walk {
    cursor: *mut sys::deltos_cursor,
    batch: Vec<sys::deltos_pair>,
    at: usize,
    /// The pair that was given last.
    last: Option<sys::deltos_pair>,
}

// SAFETY: nothing ties a cursor to a thread; of a transaction's, `SortedRange` borrows the transaction, which is not `Sync`.
unsafe impl Send for Walk {}
// SAFETY: nothing can be done with a shared one.
unsafe impl Sync for Walk {}

impl Walk {
    fn start<K: SortedKey + ?Sized>(
        map: &SortedMap<'_, K>,
        state: *const sys::deltos_snapshot,
        bounds: &KeyBounds,
        reverse: bool,
    ) -> Result<Walk> {
        let mut raw = null_mut();
        bounds.lend(reverse, |range| {
            // SAFETY: the handles live, and the range during the call.
            unsafe { call!(deltos_sorted_map_range(state, map.as_raw(), range, &mut raw)) }
        })?;
        Ok(Walk { cursor: made(raw)?.as_ptr(), batch: Vec::new(), at: 0, last: None })
    }

    /// The pair that comes next; none at the end, and then for ever.
    fn next(&mut self) -> Result<Option<sys::deltos_pair>> {
        if self.at == self.batch.len() {
            let room = (self.batch.len() * 2).clamp(FIRST_BATCH, LARGEST_BATCH);
            let mut count = 0;
            self.at = 0;
            self.batch.clear();
            self.batch.reserve(room);
            // SAFETY: the handle is ours, and there is so much room; as many are filled in as are told.
            unsafe {
                call!(deltos_cursor_next_pairs(self.cursor, self.batch.as_mut_ptr(), room as u64, &mut count))?;
                self.batch.set_len(room.min(count as usize));
            }
        }
        let pair = self.batch.get(self.at).copied();
        self.at += usize::from(pair.is_some());
        Ok(pair)
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        // SAFETY: the handle is ours, and there are so many bytes.
        unsafe { call!(deltos_cursor_seek_pair(self.cursor, key.as_ptr().cast(), key.len() as u64)) }?;
        self.batch.clear();
        (self.at, self.last) = (0, None);
        Ok(())
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        // SAFETY: the handle is ours.
        unsafe { sys::deltos_cursor_release(&mut self.cursor) };
    }
}

/// The pairs of a [`SortedMap`] in a range of keys, in order, from both ends: see [`SortedMap::range`]. After a failure
/// there are no more. `S` is the state that is read, a snapshot or a transaction.
pub struct SortedRange<'a, K: ?Sized, S> {
    map: &'a SortedMap<'a, K>,
    state: &'a S,
    bounds: KeyBounds,
    front: Walk,
    /// Begun when it is first asked for.
    back: Option<Walk>,
    is_over: bool,
}

impl<'a, K: SortedKey + ?Sized, S: MapState> SortedRange<'a, K, S> {
    pub(crate) fn start(map: &'a SortedMap<'a, K>, state: &'a S, bounds: KeyBounds) -> Result<Self> {
        map.check()?;
        let front = Walk::start(map, state.raw_state(), &bounds, false)?;
        Ok(SortedRange { map, state, bounds, front, back: None, is_over: false })
    }

    /// Goes to another place: the next pair is the first one of the range whose key is not below this one. Going back is
    /// allowed.
    ///
    /// # Errors
    /// As [`SortedMap::get`].
    ///
    /// ```
    /// # use deltos::Storage;
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let names = transaction.create_sorted_map::<u64>("names")?;
    /// names.load(&mut transaction, (0..1000u64).map(|n| (n, n.to_string())))?;
    /// let mut pairs = names.iter(&transaction)?;
    /// pairs.seek(&990)?;
    /// assert_eq!(pairs.next().unwrap()?.0, 990);
    /// assert_eq!(pairs.count(), 9);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn seek<Q: MapQuery<K> + ?Sized>(&mut self, key: &Q) -> Result<()> {
        self.front.seek(&key.key()?)?;
        self.is_over = false;
        Ok(())
    }

    /// The next pair from one end, unless it has been given from the other one.
    fn step(&mut self, forwards: bool) -> Result<Option<SortedPair<'a, K>>> {
        let pair = if forwards {
            let (walk, met) = (&mut self.front, self.back.as_ref().and_then(|back| back.last));
            walk.step(|pair| met.map_or(true, |met| order::<K>(pair, &met) == Ordering::Less))?
        } else {
            let met = self.front.last;
            let walk = match &mut self.back {
                Some(back) => back,
                none => none.insert(Walk::start(self.map, self.state.raw_state(), &self.bounds, true)?),
            };
            walk.step(|pair| met.map_or(true, |met| order::<K>(pair, &met) == Ordering::Greater))?
        };
        // SAFETY: what is lent lives as long as the snapshot, or until the next change of the transaction: both are
        // borrowed as long as `'a`.
        pair.map(|pair| unsafe { pair_of::<K>(&pair) }).transpose()
    }

    fn stepped(&mut self, forwards: bool) -> Option<Result<SortedPair<'a, K>>> {
        if self.is_over {
            return None;
        }
        let pair = self.step(forwards);
        self.is_over = !matches!(pair, Ok(Some(_)));
        pair.transpose()
    }
}

impl Walk {
    /// The next pair, if it is wanted.
    fn step(&mut self, is_wanted: impl FnOnce(&sys::deltos_pair) -> bool) -> Result<Option<sys::deltos_pair>> {
        let pair = self.next()?.filter(is_wanted);
        self.last = pair.or(self.last);
        Ok(pair)
    }
}

/// How two keys that are lent follow one another.
fn order<K: SortedKey + ?Sized>(one: &sys::deltos_pair, other: &sys::deltos_pair) -> Ordering {
    if K::KIND == Some(KeyKind::U64) {
        return one.number.cmp(&other.number);
    }
    // SAFETY: both live as long as the state that lends them.
    unsafe { lent(one.key).unwrap_or(&[]).cmp(lent(other.key).unwrap_or(&[])) }
}

impl<'a, K: SortedKey + ?Sized, S: MapState> Iterator for SortedRange<'a, K, S> {
    type Item = Result<SortedPair<'a, K>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.stepped(true)
    }
}

impl<K: SortedKey + ?Sized, S: MapState> DoubleEndedIterator for SortedRange<'_, K, S> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.stepped(false)
    }
}

impl<K: SortedKey + ?Sized, S: MapState> FusedIterator for SortedRange<'_, K, S> {}

impl<K: ?Sized, S> fmt::Debug for SortedRange<'_, K, S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SortedRange").field("bounds", &self.bounds).finish_non_exhaustive()
    }
}
