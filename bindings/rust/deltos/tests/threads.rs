//! What may cross threads, and what happens when it does.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread;

use common::{change, create, Directory};
use deltos::*;

fn send<T: Send>() {}
fn send_and_sync<T: Send + Sync>() {}

#[test]
fn types_cross_threads_where_that_is_true() {
    send_and_sync::<Storage>();
    send_and_sync::<Snapshot<'static>>();
    send_and_sync::<Object<'static>>();
    send_and_sync::<AnyView<'static>>();
    send_and_sync::<View<'static, f64>>();
    send_and_sync::<WritableView<'static, f64>>();
    send_and_sync::<Metadata<'static>>();
    send_and_sync::<Error>();
    send_and_sync::<Entries<'static, Snapshot<'static>>>();
    send_and_sync::<HashMap<'static, str, Tree>>();
    send_and_sync::<MapEntry<'static, str, Row>>();
    send_and_sync::<SortedMap<'static, str>>();
    send_and_sync::<SortedRange<'static, str, Snapshot<'static>>>();
    send::<Transaction<'static>>();
    send::<CommitError<'static>>();
}

/// Resolves when `T` lacks the trait, and is ambiguous (and so does not compile) when it has it.
macro_rules! lacks {
    ($type:ty, $trait:ident) => {{
        trait Ambiguous<A> {
            fn check() {}
        }
        impl<T: ?Sized> Ambiguous<()> for T {}
        struct Has;
        impl<T: ?Sized + $trait> Ambiguous<Has> for T {}
        <$type as Ambiguous<_>>::check()
    }};
}

#[test]
fn types_do_not_cross_threads_where_that_is_false() {
    lacks!(Transaction<'static>, Sync);
    lacks!(CommitError<'static>, Sync);
    lacks!(Entries<'static, Transaction<'static>>, Send);
    lacks!(SortedRange<'static, str, Transaction<'static>>, Send);
    lacks!(HashMapBuilder<'static, str, u64>, Sync);
}

#[test]
fn threads_read_while_one_commits() {
    let directory = Directory::new();
    let storage = create(&directory.file("a.deltos"));
    change(&storage, |transaction| transaction.create("pair", &[0u64, 0]).map(drop));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut last = 0;
                while !done.load(Ordering::Acquire) {
                    let pair = match storage.object("pair").unwrap().view::<u64>() {
                        Ok(view) => view.to_vec().unwrap(),
                        Err(error) if error.kind() == ErrorKind::Stale => continue, // replaced a moment ago
                        Err(error) => panic!("{}", error),
                    };
                    assert_eq!(pair[0], pair[1], "a replacement is seen whole");
                    assert!(pair[0] >= last, "and never goes back");
                    last = pair[0];
                }
            });
        }
        for round in 1..=200u64 {
            let old = storage.object("pair").unwrap();
            change(&storage, |transaction| transaction.replace(&old, &[round, round]).map(drop));
        }
        done.store(true, Ordering::Release);
    });
    storage.close().unwrap();
}

#[test]
fn a_second_transaction_is_refused_at_once_and_not_waited_for() {
    let storage = Storage::anonymous("busy").unwrap();
    let transaction = storage.begin().unwrap();
    thread::scope(|scope| {
        let refused = scope.spawn(|| storage.begin().map(drop).unwrap_err().kind());
        assert_eq!(refused.join().unwrap(), ErrorKind::Busy);
    });
    drop(transaction);
    assert!(storage.begin().is_ok());
}

#[test]
fn a_transaction_goes_on_in_another_thread() {
    let storage = Storage::anonymous("moved").unwrap();
    let mut transaction = storage.begin().unwrap();
    transaction.create("here", &[1u8]).unwrap();
    thread::scope(|scope| {
        scope.spawn(move || {
            transaction.create("there", &[2u8]).unwrap();
            transaction.commit(Durability::Sync).unwrap();
        });
    });
    assert_eq!(storage.info().unwrap().object_count, 2);
}

#[test]
fn threads_add_through_one_view_and_lose_nothing() {
    let storage = Storage::anonymous("sum").unwrap();
    change(&storage, |transaction| transaction.create_zeroed::<u64>("sum", &[1]).map(drop));
    let view = storage.object("sum").unwrap().view_writable::<u64>().unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10_000 {
                    view.atomics().unwrap()[0].fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(view.get(0), Some(40_000));
}

#[test]
fn an_owned_view_outlives_its_storage_in_another_thread() {
    let storage = Storage::anonymous("owned").unwrap();
    change(&storage, |transaction| transaction.create("n", &[1u32, 2, 3]).map(drop));
    let view = Arc::new(storage.object("n").unwrap().view::<u32>().unwrap().into_owned());
    drop(storage);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let view = view.clone();
            thread::spawn(move || view.to_vec().unwrap().iter().sum::<u32>())
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 6));
}
