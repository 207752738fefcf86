//! Presence: which rows have a value in a slot.

use std::fmt;
use std::ptr::{null_mut, NonNull};

use deltos_sys as sys;

use crate::error::call;
use crate::{Presence, RecordLayout, RecordTable, Result, Slot, View, ViewRequest};

/// Which rows have a value in a slot, read where the table keeps it: see [`RecordTable::presence`].
///
/// ```
/// use deltos::{Column, Presence, RecordBuilder, RecordLayout, RecordTable, Schema, SlotDef, SlotType};
///
/// let slots = [SlotDef::fixed::<f64>("height").nullable(), SlotDef::new("name", SlotType::Str)];
/// let mut trees = RecordBuilder::in_memory(&Schema::new("tree", &slots)?, RecordLayout::Columns)?;
/// let heights = Column::from(&[1.5, 0.0]).presence([Presence::Present, Presence::Null]);
/// trees.add(&[heights, Column::texts(["oak", "elm"])])?;
/// let trees = RecordTable::unpack(trees.pack()?)?;
/// let heights = trees.presence(0)?;
/// assert_eq!((heights.get(0), heights.get(1), heights.get(2)), (Some(Presence::Present), Some(Presence::Null), None));
/// assert_eq!(heights.valid().unwrap().get(0), Some(0b01)); // the bitmap itself
/// assert!(trees.presence(1)?.valid().is_none()); // always there
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct PresenceBits<'s> {
    /// Of the records that the slot is in, outermost first, and of the slot.
    levels: Vec<Level<'s>>,
    rows: usize,
}

struct Level<'s> {
    valid: Option<Bits<'s>>,
    null: Option<Bits<'s>>,
    /// What is meant where there is no value, and no bit that says it.
    absent: Presence,
}

struct Bits<'s> {
    view: View<'s, u8>,
    /// In rows: which bit of each byte. In columns every byte is for eight rows.
    bit: Option<usize>,
}

impl Bits<'_> {
    fn is_set(&self, row: usize) -> bool {
        let (byte, bit) = self.bit.map_or((row / 8, row % 8), |bit| (row, bit));
        self.view.get(byte).map_or(false, |byte| byte >> bit & 1 == 1)
    }
}

impl Level<'_> {
    fn at(&self, row: usize) -> Presence {
        match (&self.valid, &self.null) {
            (None, _) => Presence::Present,
            (Some(valid), _) if valid.is_set(row) => Presence::Present,
            (_, Some(null)) => [Presence::Unset, Presence::Null][usize::from(null.is_set(row))],
            _ => self.absent,
        }
    }
}

impl<'s> PresenceBits<'s> {
    /// Of a row. Within a record that is not there, a slot is as that is.
    pub fn get(&self, row: usize) -> Option<Presence> {
        let mut levels = self.levels.iter().map(|level| level.at(row));
        (row < self.rows).then(|| levels.find(|&found| found != Presence::Present).unwrap_or(Presence::Present))
    }

    /// Of all rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Presence> + '_ {
        (0..self.rows).map(move |row| self.get(row).unwrap_or(Presence::Unset))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The slot's own bits, 1 where there is a value, as they lie. In columns: a bitmap, lowest bit first. In rows: for
    /// each row the byte that has its bit, which is number [`valid_bit`](Slot::valid_bit)` % 8` of it. `None` where
    /// every row has a value.
    pub fn valid(&self) -> Option<&View<'s, u8>> {
        self.levels.last()?.valid.as_ref().map(|bits| &bits.view)
    }

    /// The same for the bits that say, where there is no value, whether it is null (1) or unset (0). `None` where a slot
    /// cannot be both.
    pub fn null(&self) -> Option<&View<'s, u8>> {
        self.levels.last()?.null.as_ref().map(|bits| &bits.view)
    }
}

impl fmt::Debug for PresenceBits<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.iter().take(8)).finish()
    }
}

impl<'s> RecordTable<'s> {
    /// Which rows have a value in a slot, without a copy.
    ///
    /// # Errors
    /// [`Range`](crate::ErrorKind::Range).
    pub fn presence(&self, slot: usize) -> Result<PresenceBits<'s>> {
        let (info, slots) = (self.info()?, self.schema()?.slots()?);
        let mut levels = vec![self.level(slot, slots.get(slot), info.layout)?];
        let mut at = slots.get(slot).and_then(|slot| slot.parent);
        while let Some(parent) = at {
            levels.push(self.level(parent, slots.get(parent), info.layout)?);
            at = slots.get(parent).and_then(|slot| slot.parent);
        }
        levels.reverse();
        Ok(PresenceBits { levels, rows: info.rows })
    }

    /// A slot that there is not is for the library to refuse.
    fn level(&self, number: usize, slot: Option<&Slot>, layout: RecordLayout) -> Result<Level<'s>> {
        let is_nullable = slot.map_or(false, |slot| slot.nullable);
        let valid = self.bits(number, sys::DELTOS_PRESENCE_VALID, slot.and_then(|slot| slot.valid_bit), layout)?;
        let null = self.bits(number, sys::DELTOS_PRESENCE_NULL, slot.and_then(|slot| slot.null_bit), layout)?;
        Ok(Level { valid, null, absent: if is_nullable { Presence::Null } else { Presence::Unset } })
    }

    fn bits(&self, slot: usize, which: i32, bit: Option<usize>, layout: RecordLayout) -> Result<Option<Bits<'s>>> {
        let (table, slot, request) = (self.as_raw(), slot as u64, ViewRequest::FULL_RO.bits());
        let mut raw = null_mut();
        // SAFETY: the handle lives.
        unsafe { call!(deltos_record_table_presence(table, slot, which, request, &mut raw)) }?;
        let bit = bit.filter(|_| layout == RecordLayout::Rows).map(|bit| bit % 8);
        let adopt = |raw| Ok(Bits { view: self.adopt_view(raw)?.typed()?, bit });
        NonNull::new(raw).map(adopt).transpose()
    }
}
