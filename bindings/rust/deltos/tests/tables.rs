//! Tables: rows by pointer, ragged rows, foreign and owned memory, stored ones across reopen.

mod common;

use std::os::raw::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use common::{change, create, open, Directory};
use deltos::{AnyView, DType, Durability, ErrorKind, Mode, ObjectKind, Table, TableAxis, ViewRequest};
use proptest::prelude::*;

#[test]
fn rows_of_a_new_table_are_zeros_at_multiples_of_64() {
    let rows = Table::zeros::<f64>((5, 3)).unwrap().rows::<f64>().unwrap();
    assert_eq!((rows.len(), rows.lengths()), (5, &[3, 3, 3, 3, 3][..]));
    assert!(rows.as_ptrs().iter().all(|&row| row as usize % 64 == 0));
    assert!(rows.iter().all(|row| row.iter().all(|cell| cell.load() == 0.0)));
}

#[test]
fn a_stored_table_is_seen_by_a_reader_and_again_after_reopening() {
    let directory = Directory::new();
    let path = directory.file("a.deltos");
    let storage = create(&path);
    change(&storage, |transaction| {
        let table = transaction.create_table::<u32>("ragged", &[2, 0, 3])?;
        table.rows_writable::<u32>()?.set(2, 1, 7);
        Ok(())
    });
    let reader = open(&path, Mode::Read).unwrap();
    let seen = reader.table("ragged").unwrap().rows::<u32>().unwrap();
    storage.table("ragged").unwrap().rows_writable::<u32>().unwrap().set(0, 1, 9);
    assert_eq!((seen.get(0, 1), seen.get(2, 1), seen.get(1, 0)), (Some(9), Some(7), None));
    drop(seen);
    storage.close().unwrap();
    let again = open(&path, Mode::Read).unwrap();
    let table = again.snapshot().unwrap().table("ragged").unwrap();
    assert_eq!(table.rows::<u32>().unwrap().get(0, 1), Some(9));
    assert_eq!(deltos::Object::info(&table).unwrap().kind, ObjectKind::Table);
    assert_eq!(table.to_dense().unwrap_err().kind(), ErrorKind::Layout);
    assert_eq!(table.rows_writable::<u32>().unwrap_err().kind(), ErrorKind::ReadOnly);
}

#[test]
fn rows_are_lent_as_slices_only_when_nobody_writes_them() {
    let storage = deltos::Storage::anonymous("tables").unwrap();
    change(&storage, |transaction| transaction.create_table::<u16>("t", (2, 2)).map(drop));
    let open = storage.table("t").unwrap().rows::<u16>().unwrap();
    assert_eq!(open.slice(0).unwrap_err().kind(), ErrorKind::Layout);
    drop(open);

    let mut transaction = storage.begin().unwrap();
    let mut table = transaction.table("t").unwrap();
    transaction.seal(&mut table).unwrap();
    let within = table.rows::<u16>().unwrap();
    assert_eq!(within.slice(0).unwrap_err().kind(), ErrorKind::Layout, "an abort takes the seal back");
    let row = table.row::<u16>(0).unwrap();
    assert_eq!(row.as_slice().unwrap_err().kind(), ErrorKind::Layout, "an abort takes the seal back");
    let derived = Table::from_view(&row, TableAxis::Rows).unwrap();
    assert_eq!(derived.rows::<u16>().unwrap().slice(0).unwrap_err().kind(), ErrorKind::Layout);
    transaction.commit(Durability::Async).unwrap();

    let sealed = storage.table("t").unwrap();
    assert_eq!(sealed.rows::<u16>().unwrap().slice(1).unwrap(), Some(&[0, 0][..]));
    assert_eq!(sealed.rows::<u16>().unwrap().slice(2).unwrap(), None);
    assert_eq!(sealed.rows_writable::<u16>().unwrap_err().kind(), ErrorKind::Sealed);
}

#[test]
fn a_foreign_table_is_given_back_once_and_a_panic_does_not_cross_into_c() {
    let released = Arc::new(AtomicUsize::new(0));
    for panics in [false, true] {
        let mut memory = [[1u64, 2], [3, 4]];
        let pointers: Vec<*mut c_void> = memory.iter_mut().map(|row| row.as_mut_ptr().cast()).collect();
        let told = released.clone();
        // SAFETY: memory and pointers outlive the table.
        let table = unsafe {
            Table::wrap(pointers.as_ptr(), (2, 2), DType::U64, false, move || {
                told.fetch_add(1, Ordering::Relaxed);
                if panics {
                    std::panic::resume_unwind(Box::new("unheard"));
                }
            })
        }
        .unwrap();
        let rows = table.rows_writable::<u64>().unwrap();
        assert_eq!(rows.as_mut_ptrs()[1], pointers[1].cast());
        drop(table);
        rows.set(1, 1, 40);
        assert_eq!(released.load(Ordering::Relaxed), usize::from(panics), "the rows keep it");
        drop(rows);
        assert_eq!((released.load(Ordering::Relaxed), memory[1][1]), (usize::from(panics) + 1, 40));
    }
}

#[test]
fn a_null_row_is_refused_and_nothing_is_released() {
    let pointers = [std::ptr::null_mut::<c_void>()];
    // SAFETY: the library refuses it.
    let refused = unsafe { Table::wrap(pointers.as_ptr(), (1, 1), "d", true, || panic!("released")) };
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn views_are_refused_as_rows_unless_they_fit_together() {
    let one = AnyView::from_owner(vec![1u8, 2], &[2]).unwrap();
    let longer = AnyView::from_owner(vec![1u8, 2, 3], &[3]).unwrap();
    let other = AnyView::from_owner(vec![1i8, 2], &[2]).unwrap();
    assert_eq!(Table::from_views(&[&one, &longer]).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(Table::from_views(&[&one, &other]).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(Table::from_views(&[]).unwrap_err().kind(), ErrorKind::Invalid);
    assert!(Table::from_views(&[&one]).unwrap().rows_writable::<u8>().is_err(), "what is read-only stays so");
    let cube = AnyView::from_owner(vec![0u8; 8], &[2, 2, 2]).unwrap();
    assert_eq!(Table::from_view(&cube, TableAxis::Rows).unwrap_err().kind(), ErrorKind::Layout);
    let grid = AnyView::from_owner(vec![0u8; 4], &[2, 2]).unwrap();
    assert_eq!(Table::from_view(&grid, TableAxis::Columns).unwrap_err().kind(), ErrorKind::Layout);
}

#[test]
fn a_table_is_exported_only_to_who_follows_pointers() {
    let table = Table::from_rows(vec![vec![1u8, 2], vec![3, 4]]).unwrap();
    assert_eq!(table.any_view(ViewRequest::STRIDES | ViewRequest::FORMAT).unwrap_err().kind(), ErrorKind::Layout);
    let view = table.any_view(ViewRequest::FULL_RO).unwrap();
    assert_eq!((view.shape(), view.suboffsets()), (Some(&[2, 2][..]), Some(&[0, -1][..])));
    assert_eq!(view.typed::<u8>().unwrap_err().kind(), ErrorKind::Layout);
    assert_eq!(table.info().unwrap().exports, 0);
}

#[test]
fn rows_of_another_type_or_not_aligned_are_refused() {
    let bytes = AnyView::from_owner(vec![0u8; 9], &[9]).unwrap();
    let mut table = Table::from_view(&bytes, TableAxis::Rows).unwrap();
    assert_eq!(table.rows::<u16>().unwrap_err().kind(), ErrorKind::Type);
    table.reinterpret("H").unwrap();
    let info = table.info().unwrap();
    assert_eq!((info.columns, info.itemsize), (Some(4), 2));
    let odd: Vec<*mut c_void> = vec![bytes.as_ptr().wrapping_add(1) as *mut c_void];
    // SAFETY: the bytes outlive the table.
    let table = unsafe { Table::wrap(odd.as_ptr(), (1, 4), "H", true, || ()) }.unwrap();
    assert_eq!(table.rows::<u16>().unwrap_err().kind(), ErrorKind::Layout);
}

#[test]
fn what_is_shown_does_not_change_under_exports() {
    let mut table = Table::zeros::<u32>((2, 2)).unwrap();
    let rows = table.rows_writable::<u32>().unwrap();
    assert_eq!(table.reinterpret("B").unwrap_err().kind(), ErrorKind::Pinned);
    assert_eq!(table.make_readonly().unwrap_err().kind(), ErrorKind::Pinned);
    drop(rows);
    table.make_readonly().unwrap();
    assert!(table.info().unwrap().readonly);
}

#[test]
fn tables_and_rows_may_move_to_and_be_shared_between_threads() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Table<'_>>();
    is_send_and_sync::<deltos::Rows<'_, f64>>();
    is_send_and_sync::<deltos::WritableRows<'_, f64>>();
    is_send_and_sync::<deltos::AnyRows<'_>>();
    let rows = Table::zeros::<u64>((4, 100)).unwrap().rows_writable::<u64>().unwrap();
    std::thread::scope(|scope| {
        for row in 0..4 {
            let rows = &rows;
            scope.spawn(move || (0..100).for_each(|column| rows.set(row, column, (row * column) as u64)));
        }
    });
    assert_eq!(rows.get(3, 99), Some(297));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn owned_rows_come_back_as_they_were(model in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..6), 0..6)) {
        let table = Table::from_rows(model.clone()).unwrap();
        let rows = table.rows::<u32>().unwrap();
        let found: Vec<Vec<u32>> = (0..rows.len()).map(|row| rows.slice(row).unwrap().unwrap().to_vec()).collect();
        prop_assert_eq!(&found, &model);
        let lengths: Vec<usize> = model.iter().map(Vec::len).collect();
        prop_assert_eq!(rows.lengths(), &lengths[..]);
    }

    #[test]
    fn a_stored_table_holds_what_a_vector_of_vectors_does(
        lengths in prop::collection::vec(0usize..70, 0..8),
        stores in prop::collection::vec((any::<usize>(), any::<usize>(), any::<u64>()), 0..40),
    ) {
        let storage = deltos::Storage::anonymous("model").unwrap();
        change(&storage, |transaction| transaction.create_table::<u64>("t", &lengths).map(drop));
        let mut model: Vec<Vec<u64>> = lengths.iter().map(|&length| vec![0; length]).collect();
        let table = storage.table("t").unwrap();
        let rows = table.rows_writable::<u64>().unwrap();
        for (row, column, value) in stores {
            let full: Vec<usize> = (0..lengths.len()).filter(|&row| lengths[row] > 0).collect();
            if full.is_empty() {
                continue;
            }
            let row = full[row % full.len()];
            let column = column % lengths[row];
            rows.set(row, column, value);
            model[row][column] = value;
        }
        for (row, expected) in model.iter().enumerate() {
            prop_assert_eq!(&table.row::<u64>(row).unwrap().to_vec().unwrap(), expected);
        }
    }
}
