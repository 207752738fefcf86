//! Random lives of a storage against a model of what it must hold: handles begin and end in any order, over several
//! openings of one file.

mod common;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use common::{create, open, Directory};
use deltos::*;
use proptest::prelude::*;

const NAMES: [&str; 4] = ["a", "a/b", "b", "long/name"];

#[derive(Clone, Debug)]
enum Act {
    Begin,
    Commit(usize),
    Abort,
    Create(usize, Vec<u8>),
    CreateWith(usize, Vec<u8>),
    Replace(usize, Vec<u8>),
    ReplaceWithCopy(usize),
    Seal(usize),
    Unseal(usize),
    Delete(usize),
    Rename(usize, usize, bool),
    SetMetadata(usize, u32),
    TakeSnapshot,
    RefreshSnapshot(usize),
    DropSnapshot(usize),
    View(usize, bool),
    Store(usize, usize, u8),
    DropView(usize),
    Sync,
}

fn acts() -> impl Strategy<Value = Act> {
    let name = 0..NAMES.len();
    let content = || prop_oneof![8 => prop::collection::vec(any::<u8>(), 0..40), 1 => Just(vec![7; 9000])];
    prop_oneof![
        4 => Just(Act::Begin),
        4 => (0..3usize).prop_map(Act::Commit),
        1 => Just(Act::Abort),
        4 => (name.clone(), content()).prop_map(|(at, bytes)| Act::Create(at, bytes)),
        2 => (name.clone(), content()).prop_map(|(at, bytes)| Act::CreateWith(at, bytes)),
        2 => (name.clone(), content()).prop_map(|(at, bytes)| Act::Replace(at, bytes)),
        1 => name.clone().prop_map(Act::ReplaceWithCopy),
        2 => name.clone().prop_map(Act::Seal),
        1 => name.clone().prop_map(Act::Unseal),
        2 => name.clone().prop_map(Act::Delete),
        2 => (name.clone(), name.clone(), any::<bool>()).prop_map(|(from, to, over)| Act::Rename(from, to, over)),
        1 => (name.clone(), any::<u32>()).prop_map(|(at, value)| Act::SetMetadata(at, value)),
        2 => Just(Act::TakeSnapshot),
        1 => any::<usize>().prop_map(Act::RefreshSnapshot),
        1 => any::<usize>().prop_map(Act::DropSnapshot),
        4 => (name, any::<bool>()).prop_map(|(at, writable)| Act::View(at, writable)),
        3 => (any::<usize>(), any::<usize>(), any::<u8>()).prop_map(|(at, byte, value)| Act::Store(at, byte, value)),
        2 => any::<usize>().prop_map(Act::DropView),
        1 => Just(Act::Sync),
    ]
}

/// Content in one place: who sees it through whatever handle sees the same bytes.
type Place = Rc<RefCell<Vec<u8>>>;

#[derive(Clone)]
struct Thing {
    place: Place,
    sealed: bool,
    unit: Option<u32>,
}

type State = BTreeMap<&'static str, Thing>;

fn place(bytes: &[u8]) -> Place {
    Rc::new(RefCell::new(bytes.to_vec()))
}

struct Seen {
    view: AnyView<'static>,
    place: Place,
}

/// One opening of the storage.
struct Life<'s> {
    storage: &'s Storage,
    committed: State,
    pending: Option<(Transaction<'s>, State)>,
    snapshots: Vec<(Snapshot<'s>, State)>,
    views: Vec<Seen>,
    /// A seal is under way: it keeps writable views of its neighbours away too.
    sealing: bool,
}

fn kind_of<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

impl<'s> Life<'s> {
    fn act(&mut self, act: &Act) {
        match act {
            Act::Begin => self.begin(),
            Act::Commit(durability) => self.commit(*durability),
            Act::Abort => {
                self.pending = None;
                self.sealing = false;
            }
            Act::TakeSnapshot => self.snapshots.push((self.storage.snapshot().unwrap(), self.committed.clone())),
            Act::RefreshSnapshot(at) if !self.snapshots.is_empty() => {
                let at = at % self.snapshots.len();
                self.snapshots[at].0.refresh().unwrap();
                self.snapshots[at].1 = self.committed.clone();
            }
            Act::DropSnapshot(at) if !self.snapshots.is_empty() => {
                drop(self.snapshots.swap_remove(at % self.snapshots.len()));
            }
            Act::View(at, writable) => self.view(NAMES[*at], *writable),
            Act::Store(at, byte, value) if !self.views.is_empty() => {
                let seen = &self.views[at % self.views.len()];
                let length = seen.place.borrow().len();
                if length > 0 && !seen.view.is_readonly() {
                    seen.view.store_bytes(byte % length, &[*value]).unwrap();
                    seen.place.borrow_mut()[byte % length] = *value;
                }
            }
            Act::DropView(at) if !self.views.is_empty() => drop(self.views.swap_remove(at % self.views.len())),
            Act::Sync => match kind_of(self.storage.sync()) {
                None => (),
                Some(kind) => assert!(self.pending.is_some() && kind == ErrorKind::Busy, "{:?}", kind),
            },
            Act::RefreshSnapshot(_) | Act::DropSnapshot(_) | Act::Store(..) | Act::DropView(_) => (),
            change => self.change(change),
        }
    }

    fn begin(&mut self) {
        let begun = self.storage.begin();
        match &self.pending {
            Some(_) => assert_eq!(kind_of(begun), Some(ErrorKind::Busy)),
            None => self.pending = Some((begun.unwrap(), self.committed.clone())),
        }
    }

    fn commit(&mut self, durability: usize) {
        if let Some((transaction, state)) = self.pending.take() {
            transaction.commit([Durability::Sync, Durability::Lazy, Durability::Async][durability]).unwrap();
            self.committed = state;
            self.sealing = false;
        }
    }

    /// A change of structure, which needs a transaction.
    fn change(&mut self, act: &Act) {
        let writable_views = self.views.iter().any(|seen| !seen.view.is_readonly());
        let is_written =
            |place: &Place| self.views.iter().any(|seen| !seen.view.is_readonly() && Rc::ptr_eq(&seen.place, place));
        let (transaction, state) = match &mut self.pending {
            Some((transaction, state)) => (transaction, state),
            None => return,
        };
        match act {
            Act::Create(at, bytes) | Act::CreateWith(at, bytes) => {
                let created = match act {
                    Act::Create(..) => transaction.create(NAMES[*at], bytes),
                    _ => transaction
                        .create_with::<u8>(NAMES[*at], &[bytes.len()], |memory| memory.copy_from_slice(bytes)),
                };
                if state.contains_key(NAMES[*at]) {
                    return assert_eq!(kind_of(created), Some(ErrorKind::Exists));
                }
                created.unwrap();
                state.insert(NAMES[*at], Thing { place: place(bytes), sealed: false, unit: None });
            }
            Act::Replace(at, _) | Act::ReplaceWithCopy(at) | Act::Seal(at) | Act::Unseal(at) => {
                let object = transaction.object(NAMES[*at]);
                let thing = match state.get_mut(NAMES[*at]) {
                    Some(thing) => thing,
                    None => return assert_eq!(kind_of(object), Some(ErrorKind::NotFound)),
                };
                let mut object = object.unwrap();
                match act {
                    Act::Replace(_, bytes) => {
                        transaction.replace(&object, bytes).unwrap();
                        (thing.place, thing.sealed) = (place(bytes), false);
                    }
                    Act::ReplaceWithCopy(_) => {
                        transaction.replace_with_copy(&object).unwrap();
                        let copy = place(&thing.place.borrow());
                        (thing.place, thing.sealed) = (copy, false);
                    }
                    Act::Seal(_) => match kind_of(transaction.seal(&mut object)) {
                        None => {
                            assert!(thing.sealed || !is_written(&thing.place));
                            self.sealing = true;
                            thing.sealed = true;
                        }
                        Some(kind) => {
                            assert_eq!(kind, ErrorKind::Pinned);
                            assert!(writable_views && !thing.sealed, "only writable views keep from sealing");
                        }
                    },
                    _ => {
                        transaction.unseal(&mut object).unwrap();
                        if thing.sealed {
                            let copy = place(&thing.place.borrow());
                            (thing.place, thing.sealed) = (copy, false);
                        }
                    }
                }
            }
            Act::Delete(at) => {
                let deleted = kind_of(transaction.delete(NAMES[*at]));
                assert_eq!(deleted, state.remove(NAMES[*at]).map_or(Some(ErrorKind::NotFound), |_| None));
            }
            Act::Rename(from, to, over) => {
                let (from, to) = (NAMES[*from], NAMES[*to]);
                let renamed = if *over { transaction.rename_over(from, to) } else { transaction.rename(from, to) };
                match (state.contains_key(from), state.contains_key(to)) {
                    (false, _) => assert_eq!(kind_of(renamed), Some(ErrorKind::NotFound)),
                    (true, true) if !over && from != to => assert_eq!(kind_of(renamed), Some(ErrorKind::Exists)),
                    _ if from == to => (),
                    _ => {
                        renamed.unwrap();
                        let thing = state.remove(from).unwrap();
                        state.insert(to, thing);
                    }
                }
            }
            Act::SetMetadata(at, value) => {
                let set = transaction.set_metadata(NAMES[*at], "unit", MetadataValue::scalar(*value));
                match state.get_mut(NAMES[*at]) {
                    None => assert_eq!(kind_of(set), Some(ErrorKind::NotFound)),
                    Some(thing) => {
                        set.unwrap();
                        thing.unit = Some(*value);
                    }
                }
            }
            other => unreachable!("{:?} is no change", other),
        }
    }

    /// A view of what is committed, or of what the open transaction holds.
    fn view(&mut self, name: &'static str, writable: bool) {
        let (object, state) = match &self.pending {
            Some((transaction, state)) => (transaction.object(name), state),
            None => (self.storage.object(name), &self.committed),
        };
        let thing = match state.get(name) {
            Some(thing) => thing,
            None => return assert_eq!(kind_of(object), Some(ErrorKind::NotFound)),
        };
        let request = if writable { ViewRequest::FULL } else { ViewRequest::FULL_RO };
        match object.unwrap().any_view(request) {
            Ok(view) => {
                assert!(!(writable && thing.sealed), "sealed memory is never writable");
                self.views.push(Seen { view: view.into_owned(), place: thing.place.clone() });
            }
            Err(error) if thing.sealed => assert!(writable && error.kind() == ErrorKind::Sealed, "{}", error),
            Err(error) => assert!(writable && self.sealing && error.kind() == ErrorKind::Busy, "{}", error),
        }
    }

    fn check(&self) {
        for seen in &self.views {
            let mut bytes = vec![0; seen.view.nbytes()];
            seen.view.load_bytes(0, &mut bytes).unwrap();
            assert_eq!(bytes, *seen.place.borrow());
            if let Ok(bytes) = seen.view.as_bytes() {
                assert_eq!(bytes, *seen.place.borrow());
            }
        }
        for (snapshot, state) in &self.snapshots {
            let names: Vec<String> = snapshot.list("").unwrap().map(|entry| entry.unwrap().name).collect();
            assert_eq!(names, state.keys().copied().collect::<Vec<_>>());
        }
        check_state(&self.storage.snapshot().unwrap(), &self.committed);
        let info = self.storage.info().unwrap();
        assert_eq!(info.view_count, self.views.len() as u64);
        assert_eq!(info.object_count, self.committed.len() as u64);
    }
}

fn check_state(snapshot: &Snapshot<'_>, state: &State) {
    let names: Vec<String> = snapshot.list("").unwrap().map(|entry| entry.unwrap().name).collect();
    assert_eq!(names, state.keys().copied().collect::<Vec<_>>());
    for (name, thing) in state {
        let object = snapshot.object(name).unwrap();
        assert_eq!(object.info().unwrap().sealed, thing.sealed);
        assert_eq!(object.view::<u8>().unwrap().to_vec().unwrap(), *thing.place.borrow());
        let unit = snapshot.metadata(name, "unit").unwrap().map(|value| value.scalar::<u32>().unwrap());
        assert_eq!(unit, thing.unit);
    }
}

/// Opens, lives, and closes; views may outlive the closing.
fn live(storage: Storage, committed: State, acts: &[Act]) -> State {
    let (committed, views) = {
        let mut life = Life {
            storage: &storage,
            committed,
            pending: None,
            snapshots: Vec::new(),
            views: Vec::new(),
            sealing: false,
        };
        for act in acts {
            life.act(act);
            life.check();
        }
        (life.committed, life.views)
    };
    match storage.close() {
        Ok(()) => assert!(views.is_empty()),
        Err(refused) => {
            assert!(!views.is_empty() && refused.error().kind() == ErrorKind::Pinned);
            drop(refused);
            for seen in &views {
                let mut bytes = vec![0; seen.view.nbytes()];
                seen.view.load_bytes(0, &mut bytes).unwrap();
                assert_eq!(bytes, *seen.place.borrow(), "memory outlives the storage");
            }
        }
    }
    committed
}

/// `./dev test --long` lives more lives. Failures print what they were; nothing is written into the sources.
fn config() -> ProptestConfig {
    let cases = if std::env::var_os("DELTOS_LONG").is_some() { 1000 } else { 40 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_storage_holds_what_its_model_holds(lives in prop::collection::vec(prop::collection::vec(acts(), 1..40), 1..4)) {
        let directory = Directory::new();
        let path = directory.file("a.deltos");
        create(&path).close().unwrap();
        let mut state = State::new();
        for acts in &lives {
            state = live(open(&path, Mode::Write).unwrap(), state, acts);
        }
        let reader = open(&path, Mode::Read).unwrap();
        check_state(&reader.snapshot().unwrap(), &state);
        prop_assert!(reader.verify(VerifyLevel::Full).unwrap().is_sound());
    }
}
