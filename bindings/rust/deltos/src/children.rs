//! What a node holds, one after the other; the library is asked for many at a time.

use std::fmt;
use std::iter::FusedIterator;

use deltos_sys as sys;

use crate::{Node, Result, ValueKind};

const FIRST_BATCH: usize = 8;
const LARGEST_BATCH: usize = 2048; // even a dict's: it takes two items for a pair

/// Items of a node, fetched in batches that grow.
#[derive(Clone)]
struct Children<'v> {
    node: Node<'v>,
    /// Items for each element: 2 for pairs.
    parts: usize,
    next: usize,
    batch: Vec<sys::deltos_item>,
    at: usize,
}

// SAFETY: what items point to is immutable.
unsafe impl Send for Children<'_> {}
// SAFETY: as above.
unsafe impl Sync for Children<'_> {}

impl<'v> Children<'v> {
    fn of(node: Node<'v>, parts: usize) -> Self {
        Children { node, parts, next: 0, batch: Vec::new(), at: 0 }
    }

    fn left(&self) -> usize {
        (self.batch.len() - self.at) / self.parts + (self.node.len() - self.next.min(self.node.len()))
    }

    /// The items of the next element; none at the end.
    fn take(&mut self) -> Result<Option<&[sys::deltos_item]>> {
        if self.at == self.batch.len() && !self.fetch()? {
            return Ok(None);
        }
        let from = self.at;
        self.at += self.parts;
        Ok(self.batch.get(from..self.at))
    }

    fn fetch(&mut self) -> Result<bool> {
        let left = self.node.len().saturating_sub(self.next);
        let room = (self.batch.len() * 2).clamp(FIRST_BATCH, LARGEST_BATCH).min(left * self.parts);
        self.at = 0;
        self.batch.resize(room, crate::scalar::item(sys::DELTOS_VALUE_NULL));
        let fetched = if room == 0 { Ok(0) } else { self.node.children_from(self.next, &mut self.batch) };
        let whole = *fetched.as_ref().unwrap_or(&0) / self.parts;
        self.batch.truncate(whole * self.parts);
        self.next = if whole == 0 { self.node.len() } else { self.next + whole };
        fetched.map(|_| whole > 0)
    }
}

/// All that a container holds, keys and values of a dict in turn: how a whole tree is gone through without recursion,
/// which a thread's stack might not have room for.
pub(crate) struct Parts<'v>(Children<'v>);

impl<'v> Parts<'v> {
    /// `None` for what is no container.
    pub(crate) fn of(node: Node<'v>) -> Option<Self> {
        match node.kind() {
            ValueKind::List | ValueKind::Tuple | ValueKind::Set => Some(Parts(Children::of(node, 1))),
            ValueKind::Dict => Some(Parts(Children::of(node, 2))),
            _ => None,
        }
    }

    pub(crate) fn node(&self) -> Node<'v> {
        self.0.node
    }

    pub(crate) fn next(&mut self) -> Result<Option<Node<'v>>> {
        if self.0.at == self.0.batch.len() && !self.0.fetch()? {
            return Ok(None);
        }
        self.0.at += 1;
        Ok(Some(self.0.node.beside(self.0.batch[self.0.at - 1])))
    }
}

/// The elements of a list, tuple or set: see [`Node::elements`]. After a failure there are no more.
#[derive(Clone)]
pub struct Elements<'v>(Children<'v>);

impl<'v> Elements<'v> {
    pub(crate) fn of(node: Node<'v>) -> Self {
        Elements(Children::of(node, 1))
    }

    /// Goes on at an element, by its number.
    #[must_use]
    pub fn skip_to(mut self, index: usize) -> Self {
        self.0 = Children { next: index, ..Children::of(self.0.node, 1) };
        self
    }
}

impl<'v> Iterator for Elements<'v> {
    type Item = Result<Node<'v>>;

    fn next(&mut self) -> Option<Self::Item> {
        let node = self.0.node;
        self.0.take().map(|items| items.map(|items| node.beside(items[0]))).transpose()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.0.left()))
    }
}

impl FusedIterator for Elements<'_> {}

impl fmt::Debug for Elements<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Elements").field("left", &self.0.left()).finish_non_exhaustive()
    }
}

/// The pairs of a dict: see [`Node::pairs`]. After a failure there are no more.
#[derive(Clone)]
pub struct Pairs<'v>(Children<'v>);

impl<'v> Pairs<'v> {
    pub(crate) fn of(node: Node<'v>) -> Self {
        Pairs(Children::of(node, 2))
    }

    /// Goes on at a pair, by its number.
    #[must_use]
    pub fn skip_to(mut self, index: usize) -> Self {
        self.0 = Children { next: index, ..Children::of(self.0.node, 2) };
        self
    }
}

impl<'v> Iterator for Pairs<'v> {
    type Item = Result<(Node<'v>, Node<'v>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let node = self.0.node;
        let pair = |items: &[sys::deltos_item]| (node.beside(items[0]), node.beside(items[1]));
        self.0.take().map(|items| items.map(pair)).transpose()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.0.left()))
    }
}

impl FusedIterator for Pairs<'_> {}

impl fmt::Debug for Pairs<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Pairs").field("left", &self.0.left()).finish_non_exhaustive()
    }
}
