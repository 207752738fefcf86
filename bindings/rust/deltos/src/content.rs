//! Memory of the program's as an input.

use std::ffi::CString;
use std::marker::PhantomData;
use std::mem::{size_of, zeroed};
use std::ptr::null;

use deltos_sys as sys;

use crate::{AnyView, Element, ElementType, Error, ErrorKind, Result, View, WritableView};

/// What [`Transaction::create`](crate::Transaction::create) and its like copy: elements with their type and layout.
///
/// Slices, arrays, vectors and views turn into it by themselves; arrays of `ndarray` do with that feature.
///
/// ```
/// use deltos::{Content, Storage};
///
/// let storage = Storage::anonymous("example")?;
/// let mut transaction = storage.begin()?;
/// transaction.create("list", &[1i32, 2, 3, 4])?;
/// transaction.create("table", Content::from(&[1i32, 2, 3, 4]).shape(&[2, 2])?)?;
/// transaction.create("scalar", Content::from(&[7.5f64]).shape(&[])?)?;
/// // Any format, and every second element, backwards:
/// let bytes = [1u8, 0, 2, 0, 3, 0, 4, 0];
/// transaction.create("odd", Content::strided(&bytes, "<H", &[2], &[-4], 4)?)?;
/// assert_eq!(transaction.object("odd")?.view::<u16>()?.to_vec()?, [3, 1]);
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Debug)]
pub struct Content<'c> {
    source: Source,
    memory: PhantomData<&'c [u8]>,
}

#[derive(Debug)]
enum Source {
    View(*const sys::deltos_view),
    Memory(Layout),
}

#[derive(Debug)]
struct Layout {
    data: *const u8,
    count: usize,
    itemsize: usize,
    dtype: i32,
    format: Option<CString>,
    shape: Vec<i64>,
    strides: Option<Vec<i64>>,
}

impl<'c> Content<'c> {
    /// Elements of any type in C order: their bytes, their type (a format string or a [`DType`](crate::DType)), and a shape.
    ///
    /// # Errors
    /// [`Format`](ErrorKind::Format), and [`Range`](ErrorKind::Range) when the bytes are not as many as the shape says.
    ///
    /// ```
    /// use deltos::{Content, DType};
    /// let points = Content::bytes(&[0; 32], "T{d:x:d:y:}", &[2])?;
    /// let brains = Content::bytes(&[0; 32], DType::Bf16, &[4, 4])?;
    /// assert!(Content::bytes(&[0; 31], "T{d:x:d:y:}", &[2]).is_err());
    /// # drop((points, brains));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn bytes<'f>(bytes: &'c [u8], elements: impl Into<ElementType<'f>>, shape: &[usize]) -> Result<Self> {
        let layout = Layout::described(bytes.as_ptr(), elements.into(), shape)?;
        let needed = layout.count.checked_mul(layout.itemsize);
        if needed != Some(bytes.len()) {
            let message = format!(
                "{} bytes are not {:?} elements of {} bytes; give as many as there are",
                bytes.len(),
                shape,
                layout.itemsize
            );
            return Err(Error::new(ErrorKind::Range, message));
        }
        Ok(Content { source: Source::Memory(layout), memory: PhantomData })
    }

    /// Elements anywhere in some bytes: `start` is where element `[0, ..., 0]` is, and strides, also negative ones, are
    /// bytes.
    ///
    /// # Errors
    /// [`Format`](ErrorKind::Format), and [`Range`](ErrorKind::Range) when an element lies outside of the bytes.
    ///
    /// ```
    /// use deltos::Content;
    /// assert!(Content::strided(&[0; 8], "B", &[4], &[2], 0).is_ok());
    /// assert!(Content::strided(&[0; 8], "B", &[5], &[2], 0).is_err());
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn strided<'f>(
        bytes: &'c [u8],
        elements: impl Into<ElementType<'f>>,
        shape: &[usize],
        strides: &[isize],
        start: usize,
    ) -> Result<Self> {
        let mut layout = Layout::described(bytes.as_ptr(), elements.into(), shape)?;
        check_inside(bytes.len(), layout.itemsize, shape, strides, start)?;
        layout.data = bytes.as_ptr().wrapping_add(start);
        layout.strides = Some(strides.iter().map(|&stride| stride as i64).collect());
        Ok(Content { source: Source::Memory(layout), memory: PhantomData })
    }

    /// The same elements in another shape.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when the shape does not have as many elements; [`Layout`](ErrorKind::Layout) for a view
    /// and for what is strided.
    ///
    /// ```
    /// assert!(deltos::Content::from(&[1u8, 2, 3, 4, 5, 6]).shape(&[2, 3]).is_ok());
    /// assert!(deltos::Content::from(&[1u8, 2, 3, 4, 5, 6]).shape(&[4, 2]).is_err());
    /// ```
    pub fn shape(mut self, shape: &[usize]) -> Result<Self> {
        let layout = match &mut self.source {
            Source::Memory(layout) if layout.strides.is_none() => layout,
            _ => return Err(Error::new(ErrorKind::Layout, "only elements in C order can be given another shape")),
        };
        if product(shape) != Some(layout.count) {
            let message = format!("{} elements do not have the shape {:?}", layout.count, shape);
            return Err(Error::new(ErrorKind::Type, message));
        }
        layout.shape = lengths(shape)?;
        Ok(self)
    }

    fn slice<T: Element>(elements: &'c [T]) -> Self {
        // A format with a NUL is one that no library knows; the empty one is refused with the right words.
        let format = || CString::new(T::format().into_owned()).unwrap_or_default();
        let layout = Layout {
            data: elements.as_ptr().cast(),
            count: elements.len(),
            itemsize: size_of::<T>(),
            dtype: if T::DTYPE.is_whole() { T::DTYPE.code() } else { sys::DELTOS_DTYPE_OTHER },
            format: if T::DTYPE.is_whole() { None } else { Some(format()) },
            shape: vec![elements.len() as i64],
            strides: None,
        };
        Content { source: Source::Memory(layout), memory: PhantomData }
    }

    /// Elements with strides in bytes that are known to lie in borrowed memory.
    #[cfg(feature = "ndarray")]
    pub(crate) fn array<T: Element>(first: *const T, shape: &[usize], strides: &[isize]) -> Self {
        let mut content = Content::slice::<T>(&[]);
        if let Source::Memory(layout) = &mut content.source {
            layout.data = first.cast();
            layout.count = shape.iter().product();
            layout.shape = shape.iter().map(|&length| length as i64).collect();
            layout.strides = Some(strides.iter().map(|&stride| stride as i64).collect());
        }
        content
    }

    /// Lends the content to a call of the library.
    pub(crate) fn lend<R>(&self, run: impl FnOnce(*const sys::deltos_view) -> Result<R>) -> Result<R> {
        match &self.source {
            Source::View(view) => run(*view),
            Source::Memory(layout) => run(&layout.raw()?),
        }
    }
}

impl Layout {
    fn described(data: *const u8, elements: ElementType<'_>, shape: &[usize]) -> Result<Layout> {
        let itemsize = elements.itemsize()?;
        let format = elements.format.map(CString::new).transpose();
        let format = format.map_err(|_| Error::new(ErrorKind::Format, "the format contains a NUL byte"))?;
        Ok(Layout {
            data,
            count: product(shape).ok_or_else(|| too_many(shape))?,
            itemsize,
            dtype: elements.dtype.code(),
            format,
            shape: lengths(shape)?,
            strides: None,
        })
    }

    fn raw(&self) -> Result<sys::deltos_view> {
        // SAFETY: numbers and pointers, of which zero is one.
        let mut raw: sys::deltos_view = unsafe { zeroed() };
        raw.struct_size = size_of::<sys::deltos_view>() as u32;
        raw.ndim = dimensions(self.shape.len())?;
        raw.dtype = self.dtype;
        raw.readonly = 1;
        raw.data = self.data as *mut _;
        raw.itemsize = self.itemsize as u64;
        raw.format = self.format.as_ref().map_or(null(), |format| format.as_ptr());
        raw.shape = self.shape.as_ptr();
        raw.strides = self.strides.as_ref().map_or(null(), |strides| strides.as_ptr());
        Ok(raw)
    }
}

impl<'c, T: Element> From<&'c [T]> for Content<'c> {
    fn from(elements: &'c [T]) -> Self {
        Content::slice(elements)
    }
}

impl<'c, T: Element, const N: usize> From<&'c [T; N]> for Content<'c> {
    fn from(elements: &'c [T; N]) -> Self {
        Content::slice(elements)
    }
}

impl<'c, T: Element> From<&'c Vec<T>> for Content<'c> {
    fn from(elements: &'c Vec<T>) -> Self {
        Content::slice(elements)
    }
}

impl<'c> From<&'c AnyView<'_>> for Content<'c> {
    fn from(view: &'c AnyView<'_>) -> Self {
        Content { source: Source::View(view.as_raw()), memory: PhantomData }
    }
}

impl<'c, T: Element> From<&'c View<'_, T>> for Content<'c> {
    fn from(view: &'c View<'_, T>) -> Self {
        Content { source: Source::View(view.as_raw()), memory: PhantomData }
    }
}

impl<'c, T: Element> From<&'c WritableView<'_, T>> for Content<'c> {
    fn from(view: &'c WritableView<'_, T>) -> Self {
        Content { source: Source::View(view.as_raw()), memory: PhantomData }
    }
}

/// Fails unless every element lies within `size` bytes.
fn check_inside(size: usize, itemsize: usize, shape: &[usize], strides: &[isize], start: usize) -> Result<()> {
    if shape.len() != strides.len() {
        let message = format!("{} strides do not go with {} dimensions", strides.len(), shape.len());
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    if shape.contains(&0) {
        return Ok(());
    }
    let (mut lowest, mut highest) = (start as i128, start as i128 + itemsize as i128);
    for (&length, &stride) in shape.iter().zip(strides) {
        let reach = (length as i128 - 1) * stride as i128;
        *(if reach < 0 { &mut lowest } else { &mut highest }) += reach;
    }
    if lowest < 0 || highest > size as i128 {
        let message = format!("elements lie at bytes {} to {} of {}", lowest, highest, size);
        return Err(Error::new(ErrorKind::Range, message));
    }
    Ok(())
}

/// How many elements a shape has, unless that cannot be counted.
pub(crate) fn product(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1usize, |count, &length| count.checked_mul(length))
}

fn too_many(shape: &[usize]) -> Error {
    Error::new(ErrorKind::Limit, format!("the shape {:?} has more elements than can be counted", shape))
}

/// A shape as the library takes it.
pub(crate) fn lengths(shape: &[usize]) -> Result<Vec<i64>> {
    shape.iter().map(|&length| i64::try_from(length).map_err(|_| too_many(shape))).collect()
}

/// A number of dimensions as the library takes it.
pub(crate) fn dimensions(count: usize) -> Result<i32> {
    i32::try_from(count).map_err(|_| Error::new(ErrorKind::Limit, format!("{} dimensions; at most 64", count)))
}
