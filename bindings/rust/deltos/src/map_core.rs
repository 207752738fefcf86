//! The calls of hash maps, in the types of the library: what [`HashMap`](crate::HashMap) and its iterators share.

use std::mem::{size_of, zeroed};
use std::ptr::null_mut;

use deltos_sys as sys;

use crate::error::call;
use crate::storage::made;
use crate::view::slice_of;
use crate::{
    AnyView, Column, Error, ErrorKind, HashMapInfo, KeyKind, MapShape, MapValueKind, Object, RecordRow, RecordTable,
    Result, Value, ViewRequest,
};

/// A hash map of whatever kind.
pub struct Core<'s> {
    pub(crate) object: Object<'s>,
    pub(crate) info: HashMapInfo,
    rows: Option<Rows<'s>>,
}

/// The records of a map.
pub(crate) struct Rows<'s> {
    pub(crate) table: RecordTable<'s>,
    /// All of them.
    view: AnyView<'s>,
    count: usize,
}

/// A value of an entry: the entry, the value's number, and its bytes.
pub struct Found<'m, 'e> {
    pub(crate) entry: &'e sys::deltos_map_entry,
    pub(crate) index: u64,
    pub(crate) bytes: &'m [u8],
}

pub(crate) fn no_entry() -> sys::deltos_map_entry {
    // SAFETY: numbers and pointers, of which zero is one.
    unsafe { zeroed() }
}

/// What a hash map lends; `None` where the library says that there is nothing.
///
/// # Safety
/// The bytes live as long as `'m`.
pub(crate) unsafe fn lent<'m>(bytes: sys::deltos_bytes) -> Option<&'m [u8]> {
    (!bytes.data.is_null()).then(|| slice_of(bytes.data.cast::<u8>(), bytes.size as usize))
}

impl<'s> Core<'s> {
    pub(crate) fn of(object: Object<'s>) -> Result<Self> {
        let info = stat(&object)?;
        let rows = rows_of(&object, &info)?;
        Ok(Core { object, info, rows })
    }

    /// After a refresh of the handle.
    pub(crate) fn reload(&mut self) -> Result<()> {
        self.rows = None; // those of the map that is gone
        self.info = stat(&self.object)?;
        self.rows = rows_of(&self.object, &self.info)?;
        Ok(())
    }

    /// Fails unless the map is of these kinds; `None` stands for all of them.
    pub(crate) fn check(&self, key: Option<KeyKind>, value: Option<MapValueKind>) -> Result<()> {
        let (has_key, has_value) = (self.info.key, self.info.value);
        if key.map_or(true, |key| key == has_key) && value.map_or(true, |value| value == has_value) {
            return Ok(());
        }
        let message = format!("the map has keys of {:?} and values of {:?}; open it as that", has_key, has_value);
        Err(Error::new(ErrorKind::Type, message))
    }

    /// Fails where only hashes of keys are kept, and they are asked for as a kind of keys.
    pub(crate) fn check_keys(&self, key: Option<KeyKind>) -> Result<()> {
        if self.info.shape != MapShape::Approximate || key.is_none() {
            return Ok(());
        }
        let message = "an approximate map has no keys, only their hashes: key_bytes and key_column tell them";
        Err(Error::new(ErrorKind::Type, message))
    }

    fn as_raw(&self) -> *const sys::deltos_object {
        self.object.as_raw()
    }

    pub(crate) fn find(&self, key: &[u8]) -> Result<Option<sys::deltos_map_entry>> {
        let (data, size, mut entry) = (key.as_ptr().cast(), key.len() as u64, no_entry());
        // SAFETY: the handle lives, and there are so many bytes.
        unsafe { call!(deltos_hash_map_find(self.as_raw(), data, size, &mut entry)) }?;
        Ok(Some(entry).filter(|entry| entry.count > 0))
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<&[u8]>> {
        let (data, size, mut value) = (key.as_ptr().cast(), key.len() as u64, nothing());
        // SAFETY: the handle lives as long as `self`, which the value borrows, and there are so many bytes.
        unsafe {
            call!(deltos_hash_map_get(self.as_raw(), data, size, &mut value))?;
            Ok(lent(value))
        }
    }

    pub(crate) fn get_number(&self, key: &[u8]) -> Result<Option<u64>> {
        let (data, size) = (key.as_ptr().cast(), key.len() as u64);
        let (mut number, mut present) = (0, 0);
        // SAFETY: the handle lives, and there are so many bytes.
        unsafe { call!(deltos_hash_map_get_number(self.as_raw(), data, size, &mut number, &mut present)) }?;
        Ok((present != 0).then_some(number))
    }

    /// As many entries as keys; those of keys that are absent have no values.
    pub(crate) fn find_many(&self, keys: &Column<'_>) -> Result<Vec<sys::deltos_map_entry>> {
        let (column, mut entries) = (keys.as_raw(), vec![no_entry(); keys.len()]);
        let (map, first) = (self.as_raw(), entries.as_mut_ptr());
        // SAFETY: the handle lives, the column tells the truth, and there is room for as many as it has.
        unsafe { call!(deltos_hash_map_find_many(map, &column, first, null_mut(), null_mut())) }?;
        Ok(entries)
    }

    /// Tells of each key whether it is there.
    pub(crate) fn contains_many(&self, keys: &Column<'_>) -> Result<Vec<bool>> {
        let (column, mut present) = (keys.as_raw(), vec![0; keys.len()]);
        let (map, first) = (self.as_raw(), present.as_mut_ptr());
        // SAFETY: as above.
        unsafe { call!(deltos_hash_map_find_many(map, &column, null_mut(), first, null_mut())) }?;
        Ok(present.into_iter().map(|present| present != 0).collect())
    }

    /// Tells how many of the keys are there.
    pub(crate) fn count_many(&self, keys: &Column<'_>) -> Result<u64> {
        let (map, column, mut hits) = (self.as_raw(), keys.as_raw(), 0);
        // SAFETY: the handle lives, and the column tells the truth.
        unsafe { call!(deltos_hash_map_find_many(map, &column, null_mut(), null_mut(), &mut hits)) }?;
        Ok(hits)
    }

    pub(crate) fn get_many(&self, keys: &Column<'_>) -> Result<Vec<Option<&[u8]>>> {
        let (column, mut values) = (keys.as_raw(), vec![nothing(); keys.len()]);
        // SAFETY: as in `find_many`; the handle lives as long as `self`, which the values borrow.
        unsafe {
            call!(deltos_hash_map_get_many(self.as_raw(), &column, values.as_mut_ptr(), null_mut()))?;
            Ok(values.into_iter().map(|value| lent(value)).collect())
        }
    }

    pub(crate) fn get_many_numbers(&self, keys: &Column<'_>) -> Result<Vec<Option<u64>>> {
        let (mut numbers, mut present) = (vec![0; keys.len()], vec![0; keys.len()]);
        self.numbers_of(keys, 0, &mut numbers, Some(&mut present))?;
        let found = numbers.into_iter().zip(present);
        Ok(found.map(|(number, present)| (present != 0).then_some(number)).collect())
    }

    /// Fills in as many numbers as there are keys, and tells how many of these are there.
    pub(crate) fn numbers_of(
        &self,
        keys: &Column<'_>,
        absent: u64,
        numbers: &mut [u64],
        present: Option<&mut [u8]>,
    ) -> Result<u64> {
        let room = present.as_ref().map_or(numbers.len(), |present| present.len().min(numbers.len()));
        if room != keys.len() || numbers.len() != keys.len() {
            let message = format!("there is room for {} numbers of {} keys; give as much", room, keys.len());
            return Err(Error::new(ErrorKind::TooSmall, message));
        }
        let (map, column, first) = (self.as_raw(), keys.as_raw(), numbers.as_mut_ptr());
        let told = present.map_or(null_mut(), |present| present.as_mut_ptr());
        let mut hits = 0;
        // SAFETY: the handle lives, the column tells the truth, and there is as much room as it has keys.
        unsafe { call!(deltos_hash_map_get_many_numbers(map, &column, absent, first, told, &mut hits)) }?;
        Ok(hits)
    }

    /// Some values of an entry from one on; none at the end.
    pub(crate) fn values(
        &self,
        entry: &sys::deltos_map_entry,
        first: u64,
        values: &mut Vec<sys::deltos_bytes>,
        room: usize,
    ) -> Result<()> {
        values.clear();
        values.reserve(room);
        let (map, mut count) = (self.as_raw(), 0);
        // SAFETY: the handle lives, and there is so much room; as many are filled in as are told.
        unsafe {
            call!(deltos_hash_map_values(map, entry, first, values.as_mut_ptr(), room as u64, &mut count))?;
            values.set_len(room.min(count as usize));
        }
        Ok(())
    }

    /// All values of an entry as numbers.
    pub(crate) fn numbers(&self, entry: &sys::deltos_map_entry) -> Result<Vec<u64>> {
        const ROOM: usize = 4096; // what a damaged entry says of its values is not believed
        let (map, mut numbers) = (self.as_raw(), Vec::<u64>::new());
        loop {
            let (from, mut count) = (numbers.len(), 0);
            numbers.reserve(ROOM.min(entry.count as usize).max(1));
            let room = numbers.capacity() - from;
            // SAFETY: the handle lives, and there is so much room; as many are filled in as are told.
            unsafe {
                let to = numbers.as_mut_ptr().add(from);
                call!(deltos_hash_map_numbers(map, entry, from as u64, to, room as u64, &mut count))?;
                numbers.set_len(from + room.min(count as usize));
            }
            if count == 0 || numbers.len() as u64 >= entry.count {
                return Ok(numbers);
            }
        }
    }

    pub(crate) fn value(&self, entry: &sys::deltos_map_entry, index: u64) -> Result<Value<'s>> {
        let mut raw = null_mut();
        // SAFETY: the handle lives.
        unsafe { call!(deltos_hash_map_value(self.as_raw(), entry, index, &mut raw)) }?;
        Value::of(Object::adopt(made(raw)?, self.object.is_frozen(), None))
    }

    /// Some entries from a position on, which moves; none at the end.
    pub(crate) fn entries(
        &self,
        position: &mut u64,
        entries: &mut Vec<sys::deltos_map_entry>,
        room: usize,
    ) -> Result<()> {
        entries.clear();
        entries.reserve(room);
        let (map, mut count) = (self.as_raw(), 0);
        // SAFETY: the handle lives, and there is so much room; as many are filled in as are told.
        unsafe {
            call!(deltos_hash_map_entries(map, position, entries.as_mut_ptr(), room as u64, &mut count))?;
            entries.set_len(room.min(count as usize));
        }
        Ok(())
    }

    /// The entry at a position of [`order`](Core::order).
    pub(crate) fn entry_at(&self, mut position: u64) -> Result<sys::deltos_map_entry> {
        let (map, mut entry, mut count) = (self.as_raw(), no_entry(), 0);
        // SAFETY: the handle lives, and there is room for one.
        unsafe { call!(deltos_hash_map_entries(map, &mut position, &mut entry, 1, &mut count)) }?;
        let missing = || Error::new(ErrorKind::Corrupt, format!("the map is damaged: no key at position {}", position));
        Some(entry).filter(|_| count > 0).ok_or_else(missing)
    }

    /// The positions of all keys in their order.
    pub(crate) fn order(&self) -> Result<Vec<u64>> {
        let (map, room, mut count) = (self.as_raw(), self.info.keys, 0);
        let mut positions = Vec::<u64>::new();
        let no_memory = |_| Error::new(ErrorKind::NoMemory, format!("no memory for the order of {} keys", room));
        positions.try_reserve_exact(room as usize).map_err(no_memory)?;
        // SAFETY: the handle lives, and there is so much room; as many are filled in as are told.
        unsafe {
            call!(deltos_hash_map_order(map, positions.as_mut_ptr(), room, &mut count))?;
            positions.set_len(room.min(count) as usize);
        }
        Ok(positions)
    }

    pub(crate) fn column(&self, which: i32, request: ViewRequest) -> Result<AnyView<'s>> {
        let mut raw = null_mut();
        // SAFETY: the handle lives.
        unsafe { call!(deltos_hash_map_column(self.as_raw(), which, request.bits(), &mut raw)) }?;
        Ok(AnyView::adopt(made(raw)?, self.object.is_frozen()))
    }

    /// The records, where values are that.
    pub(crate) fn rows(&self) -> Result<&Rows<'s>> {
        let message = "the values of this map are no records; get reads them";
        self.rows.as_ref().ok_or_else(|| Error::new(ErrorKind::Type, message))
    }

    /// A row as a struct, of which any bytes are a value.
    pub(crate) fn row_as<T: RecordRow>(&self, number: u64) -> Result<&T> {
        let rows = self.rows()?;
        let (number, size) = (rows.number(number)?, size_of::<T>());
        let first = rows.view.as_ptr().cast::<T>();
        if rows.view.itemsize() != size || first as usize % std::mem::align_of::<T>() != 0 {
            return Err(Error::new(
                ErrorKind::Type,
                format!("the records of this map are no structs of {} bytes", size),
            ));
        }
        // SAFETY: so many rows lie there, each as long as the struct and aligned; they are immutable and live as long as
        // the view, which `self` has.
        Ok(unsafe { &*first.add(number) })
    }
}

impl Rows<'_> {
    /// The number of a row that a map tells, if there is such a row.
    pub(crate) fn number(&self, number: u64) -> Result<usize> {
        let missing = || {
            let message = format!("the map is damaged: row {} of {} records", number, self.count);
            Error::new(ErrorKind::Corrupt, message)
        };
        usize::try_from(number).ok().filter(|&number| number < self.count).ok_or_else(missing)
    }
}

fn nothing() -> sys::deltos_bytes {
    sys::deltos_bytes { data: std::ptr::null(), size: 0 }
}

fn stat(object: &Object<'_>) -> Result<HashMapInfo> {
    // SAFETY: numbers, of which zero is one; the handle lives.
    let raw = unsafe {
        let mut raw: sys::deltos_hash_map_info = zeroed();
        raw.struct_size = size_of::<sys::deltos_hash_map_info>() as u32;
        call!(deltos_hash_map_stat(object.as_raw(), &mut raw))?;
        raw
    };
    Ok(HashMapInfo {
        key: KeyKind::of(raw.key)?,
        value: MapValueKind::of(raw.value)?,
        shape: MapShape::of(raw.shape)?,
        keys: raw.keys,
        pairs: raw.pairs,
        index_bytes: raw.index_bytes,
        image_bytes: raw.image_bytes,
    })
}

fn rows_of<'s>(object: &Object<'s>, info: &HashMapInfo) -> Result<Option<Rows<'s>>> {
    if info.value != MapValueKind::Record {
        return Ok(None);
    }
    let table = records_of(object)?;
    let view = table.any_rows(ViewRequest::FULL_RO)?;
    view.check_immutable()?;
    view.check_contiguous()?;
    let count = view.shape().and_then(|shape| shape.first().copied()).unwrap_or(0);
    Ok(Some(Rows { table, view, count }))
}

pub(crate) fn records_of<'s>(object: &Object<'s>) -> Result<RecordTable<'s>> {
    let mut raw = null_mut();
    // SAFETY: the handle lives.
    unsafe { call!(deltos_hash_map_records(object.as_raw(), &mut raw)) }?;
    Ok(RecordTable::of(Object::adopt(made(raw)?, object.is_frozen(), None)))
}
