//! Handles end in any order, nothing leaks, and what must be refused is.

mod common;

use common::{change, create, open, Directory};
use deltos::*;

#[test]
fn close_refuses_while_owned_views_live_and_names_them() {
    let directory = Directory::new();
    let storage = create(&directory.file("a.deltos"));
    change(&storage, |transaction| transaction.create("some/name", &[1u8]).map(drop));
    let view = storage.object("some/name").unwrap().view::<u8>().unwrap().into_owned();
    let refused = storage.close().unwrap_err();
    assert_eq!(refused.error().kind(), ErrorKind::Pinned);
    assert!(refused.to_string().contains("some/name"), "{}", refused);
    let storage = refused.into_storage();
    assert_eq!((storage.pins().unwrap().len(), storage.info().unwrap().view_count), (1, 1));
    drop(view);
    storage.close().unwrap();
}

#[test]
fn what_is_forgotten_does_no_harm() {
    let storage = Storage::anonymous("forgotten").unwrap();
    change(&storage, |transaction| transaction.create("n", &[1u8]).map(drop));
    std::mem::forget(storage.snapshot().unwrap());
    std::mem::forget(storage.object("n").unwrap());
    let view = storage.object("n").unwrap().view::<u8>().unwrap();
    let address = view.as_ptr();
    std::mem::forget(view);
    let mut transaction = storage.begin().unwrap();
    transaction.create("lost", &[1u8]).unwrap();
    std::mem::forget(transaction);
    let refused = storage.close().unwrap_err();
    assert!(matches!(refused.error().kind(), ErrorKind::Busy | ErrorKind::Pinned));
    drop(refused);
    // SAFETY: a view that was never released keeps its memory for ever.
    assert_eq!(unsafe { address.read_volatile() }, 1);
}

#[test]
fn nothing_is_left_after_many_rounds() {
    let directory = Directory::new();
    let path = directory.file("a.deltos");
    let storage = create(&path);
    change(&storage, |transaction| transaction.create("n", &[1u64; 600]).map(drop));
    let counts = || (lines("/proc/self/maps", "a.deltos"), entries("/proc/self/fd", "a.deltos"));
    let round = || {
        let reader = open(&path, Mode::InPlace).unwrap();
        let snapshot = reader.snapshot().unwrap();
        let object = snapshot.object("n").unwrap();
        let views: Vec<_> = (0..10).map(|_| object.view::<u64>().unwrap()).collect();
        let shared = views[0].share(ViewRequest::C).unwrap();
        assert_eq!(snapshot.list("").unwrap().count(), 1);
        drop((object, snapshot, views));
        assert_eq!(reader.info().unwrap().view_count, 1);
        drop(shared);
        assert!(storage.begin().unwrap().object("absent").is_err());
    };
    round();
    let before = counts();
    (0..50).for_each(|_| round());
    assert_eq!(counts(), before);
    let info = storage.info().unwrap();
    assert_eq!((info.view_count, info.snapshot_count), (0, 0));
    storage.close().unwrap();
    assert_eq!(counts(), (0, 0));
}

fn lines(file: &str, text: &str) -> usize {
    std::fs::read_to_string(file).unwrap().lines().filter(|line| line.contains(text)).count()
}

fn entries(directory: &str, text: &str) -> usize {
    let links =
        std::fs::read_dir(directory).unwrap().filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
    links.filter(|target| target.to_string_lossy().contains(text)).count()
}

#[test]
fn a_failed_commit_gives_the_transaction_back() {
    let directory = Directory::new();
    let (path, aside) = (directory.file("a.deltos"), directory.file("b.deltos"));
    let storage = create(&path);
    let mut transaction = storage.begin().unwrap();
    transaction.create("n", &[1u8]).unwrap();
    std::fs::rename(&path, &aside).unwrap();
    create(&path).close().unwrap();
    let failed = transaction.commit(Durability::Sync).unwrap_err();
    assert_eq!(failed.error().kind(), ErrorKind::Replaced);
    let transaction = failed.into_transaction();
    assert!(transaction.contains("n").unwrap());
    std::fs::rename(&aside, &path).unwrap();
    transaction.commit(Durability::Sync).unwrap();
    assert!(storage.object("n").is_ok());
}

#[test]
fn an_aborted_seal_never_lends_a_slice_of_memory_that_is_written_later() {
    let storage = Storage::anonymous("seal").unwrap();
    change(&storage, |transaction| transaction.create("n", &[1u64; 1000]).map(drop));
    let mut transaction = storage.begin().unwrap();
    let mut object = transaction.object("n").unwrap();
    transaction.seal(&mut object).unwrap();
    let view = object.view::<u64>().unwrap();
    let found = transaction.object("n").unwrap().view::<u64>().unwrap();
    transaction.abort();
    storage.object("n").unwrap().view_writable::<u64>().unwrap().set(0, 2);
    for view in [view, found] {
        assert_eq!(view.as_slice().unwrap_err().kind(), ErrorKind::Layout);
    }
}

#[test]
fn a_committed_seal_lends_slices_also_through_the_handle_that_sealed() {
    let storage = Storage::anonymous("seal").unwrap();
    let mut transaction = storage.begin().unwrap();
    let mut object = transaction.create("n", &[1u64; 1000]).unwrap();
    transaction.seal(&mut object).unwrap();
    transaction.commit(Durability::Sync).unwrap();
    assert_eq!(object.view::<u64>().unwrap().as_slice().unwrap(), [1; 1000]);
    assert_eq!(object.view_writable::<u64>().unwrap_err().kind(), ErrorKind::Sealed);
}

#[test]
fn old_views_keep_what_was_replaced_or_deleted() {
    let storage = Storage::anonymous("old").unwrap();
    change(&storage, |transaction| transaction.create("n", &[1u8, 2]).map(drop));
    let object = storage.object("n").unwrap();
    let first = object.view::<u8>().unwrap();
    change(&storage, |transaction| transaction.replace(&object, &[3u8]).map(drop));
    assert_eq!(object.view::<u8>().unwrap_err().kind(), ErrorKind::Stale);
    assert!(!object.info().unwrap().current);
    let second = storage.object("n").unwrap().view::<u8>().unwrap();
    change(&storage, |transaction| transaction.delete("n"));
    assert_eq!((first.to_vec().unwrap(), second.to_vec().unwrap()), (vec![1, 2], vec![3]));
}

#[test]
fn an_error_in_a_transaction_closure_aborts_it() {
    let storage = Storage::anonymous("closure").unwrap();
    let failed = storage.transact(Durability::Sync, |transaction| {
        transaction.create("n", &[1u8])?;
        transaction.create("n", &[2u8]).map(drop)
    });
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Exists);
    assert!(storage.object("n").is_err());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        storage.transact::<(), Error, _>(Durability::Sync, |transaction| {
            transaction.create("n", &[1u8])?;
            panic!("inside")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(storage.info().unwrap().object_count, 0);
    assert!(storage.begin().is_ok());
}

#[test]
fn errors_become_io_errors_with_the_whole_inside() {
    let missing = open(std::path::Path::new("/nowhere/a.deltos"), Mode::Read).unwrap_err();
    let error: std::io::Error = missing.clone().into();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    assert_eq!(error.get_ref().unwrap().downcast_ref::<Error>(), Some(&missing));
    let storage = Storage::anonymous("errors").unwrap();
    let busy = storage.begin().and_then(|_open| storage.begin().map(drop)).unwrap_err();
    assert_eq!(std::io::Error::from(busy).kind(), std::io::ErrorKind::WouldBlock);
    let nul = storage.object("a\0b").unwrap_err();
    assert_eq!(nul.kind(), ErrorKind::Invalid);
    assert!(nul.message().contains("a\\u{0}b"), "{}", nul);
}
