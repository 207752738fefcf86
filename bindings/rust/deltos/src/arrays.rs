//! Views as arrays of `ndarray`, and arrays as content.

use ndarray::{ArrayBase, ArrayViewD, Axis, Data, Dimension, IxDyn, RawArrayView, RawArrayViewMut, ShapeBuilder};
use std::mem::size_of;

use crate::{Content, Element, Error, ErrorKind, ReadCell, Result, SharedCell, View, WritableView};

/// Where an array starts, with the axes that run backwards turned around, as `ndarray` wants to be told.
struct Turned {
    first: *const u8,
    strides: Vec<usize>,
    backwards: Vec<usize>,
}

fn turned<T: Element>(view: &View<'_, T>) -> Result<Turned> {
    let shape = view.shape();
    let mut compact = vec![0isize; shape.len()];
    let mut step = size_of::<T>() as isize;
    for (stride, &length) in compact.iter_mut().zip(shape).rev() {
        *stride = step;
        step = step.saturating_mul(length.max(1) as isize);
    }
    let strides = if view.is_empty() { &compact[..] } else { view.strides().unwrap_or(&compact) };
    let mut turned = Turned { first: view.as_ptr().cast(), strides: Vec::new(), backwards: Vec::new() };
    for (axis, (&stride, &length)) in strides.iter().zip(shape).enumerate() {
        if size_of::<T>() == 0 || stride % size_of::<T>() as isize != 0 {
            let message = format!("strides of {:?} bytes are not whole elements; copy the content", strides);
            return Err(Error::new(ErrorKind::Layout, message));
        }
        if stride < 0 && length > 0 {
            turned.first = turned.first.wrapping_offset(stride * (length as isize - 1));
            turned.backwards.push(axis);
        }
        turned.strides.push(stride.unsigned_abs() / size_of::<T>());
    }
    Ok(turned)
}

impl<T: Element> View<'_, T> {
    /// The elements, of memory that is immutable, as an array of any layout: the memory itself.
    ///
    /// # Errors
    /// [`Layout`](ErrorKind::Layout): others may write it, or strides are not whole elements.
    ///
    /// ```
    /// use deltos::{Content, Durability, Storage};
    ///
    /// let storage = Storage::anonymous("example")?;
    /// storage.transact(Durability::Sync, |transaction| {
    ///     let mut grid = transaction.create("grid", Content::from(&[1.0, 2.0, 3.0, 4.0]).shape(&[2, 2])?)?;
    ///     transaction.seal(&mut grid)
    /// })?;
    /// let view = storage.object("grid")?.view::<f64>()?;
    /// assert_eq!(view.as_array()?[[1, 0]], 3.0);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "ndarray")))]
    pub fn as_array(&self) -> Result<ArrayViewD<'_, T>> {
        self.as_bytes_or_strided()?;
        let raw = self.raw_array()?;
        // SAFETY: the memory lives as long as the view, nobody writes it, and the layout is within it.
        Ok(unsafe { raw.deref_into_view() })
    }

    fn as_bytes_or_strided(&self) -> Result<()> {
        if self.is_immutable() {
            return Ok(());
        }
        let message = "the content is not sealed, so others may write it: use cell_array or to_vec, or seal it";
        Err(Error::new(ErrorKind::Layout, message))
    }

    /// The elements as an array of cells, also of memory that others write.
    ///
    /// # Errors
    /// [`Layout`](ErrorKind::Layout) when strides are not whole elements.
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
    /// let view = storage.object("n")?.view::<u64>()?;
    /// assert_eq!(view.cell_array()?.map(|cell| cell.load()).sum(), 3);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "ndarray")))]
    pub fn cell_array(&self) -> Result<ArrayViewD<'_, ReadCell<T>>> {
        let raw = self.raw_array()?.cast::<ReadCell<T>>();
        // SAFETY: the memory lives as long as the view, and cells are only read atomically.
        Ok(unsafe { raw.deref_into_view() })
    }

    /// The layout as a raw array, to be dereferenced by who knows that nobody writes meanwhile.
    ///
    /// # Errors
    /// [`Layout`](ErrorKind::Layout) when strides are not whole elements.
    #[cfg_attr(docsrs, doc(cfg(feature = "ndarray")))]
    pub fn raw_array(&self) -> Result<RawArrayView<T, IxDyn>> {
        let Turned { first, strides, backwards } = turned(self)?;
        let shape = IxDyn(self.shape()).strides(IxDyn(&strides));
        // SAFETY: aligned, not NULL, and every element is within one allocation.
        let mut array = unsafe { RawArrayView::from_shape_ptr(shape, first.cast::<T>()) };
        backwards.into_iter().for_each(|axis| array.invert_axis(Axis(axis)));
        Ok(array)
    }
}

impl<T: Element> WritableView<'_, T> {
    /// The elements as an array of cells, to be read and stored to.
    ///
    /// # Errors
    /// [`Layout`](ErrorKind::Layout) when strides are not whole elements.
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
    /// let view = storage.object("n")?.view_writable::<u64>()?;
    /// view.cell_array()?.for_each(|cell| cell.store(cell.load() + 1));
    /// assert_eq!(view.to_vec()?, [2, 3]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "ndarray")))]
    pub fn cell_array(&self) -> Result<ArrayViewD<'_, SharedCell<T>>> {
        let raw = self.raw_array()?.cast::<SharedCell<T>>();
        // SAFETY: the memory lives as long as the view, and cells are only accessed atomically.
        Ok(unsafe { raw.deref_into_view() })
    }

    /// The layout as a raw array, to be dereferenced by who knows that nobody else reads or writes meanwhile.
    ///
    /// # Errors
    /// [`Layout`](ErrorKind::Layout) when strides are not whole elements.
    #[cfg_attr(docsrs, doc(cfg(feature = "ndarray")))]
    pub fn raw_array_mut(&self) -> Result<RawArrayViewMut<T, IxDyn>> {
        let Turned { first, strides, backwards } = turned(self)?;
        let shape = IxDyn(self.shape()).strides(IxDyn(&strides));
        // SAFETY: aligned, not NULL, and every element is within one allocation.
        let mut array = unsafe { RawArrayViewMut::from_shape_ptr(shape, first as *mut T) };
        backwards.into_iter().for_each(|axis| array.invert_axis(Axis(axis)));
        Ok(array)
    }
}

/// An array of any layout.
///
/// ```
/// # use deltos::Storage;
/// # let storage = Storage::anonymous("example")?;
/// let columns = ndarray::arr2(&[[1i32, 2, 3], [4, 5, 6]]).reversed_axes();
/// let object = storage.begin()?.create("columns", &columns)?;
/// assert_eq!(object.info()?.shape, [3, 2]);
/// # Ok::<(), deltos::Error>(())
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "ndarray")))]
impl<'c, T, S, D> From<&'c ArrayBase<S, D>> for Content<'c>
where
    T: Element,
    S: Data<Elem = T>,
    D: Dimension,
{
    fn from(array: &'c ArrayBase<S, D>) -> Self {
        let strides: Vec<isize> = array.strides().iter().map(|&stride| stride * size_of::<T>() as isize).collect();
        Content::array(array.as_ptr(), array.shape(), &strides)
    }
}
