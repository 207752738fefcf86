//! What steps give to the library: contents, metadata, requests, progress.

use std::mem::{size_of, zeroed};
use std::ops::ControlFlow;

use deltos::{sys, Content, DType, ElementType, MetadataValue, Object, Progress, Transaction, ViewRequest};

use crate::fields::Step;
use crate::world::Trouble;

/// What "progress" asks for, and what came of it.
pub struct Watch {
    cancels: bool,
    calls: u64,
    above: Option<Progress>,
}

impl Watch {
    pub fn of(step: &Step<'_>) -> Result<Option<Watch>, Trouble> {
        match step.optional_text("progress")? {
            None => Ok(None),
            Some(word @ ("count" | "cancel")) => Ok(Some(Watch { cancels: word == "cancel", calls: 0, above: None })),
            Some(word) => Err(Trouble::Step(format!("{:?} is not a kind of progress", word))),
        }
    }

    pub fn see(&mut self, progress: Progress) -> ControlFlow<()> {
        self.calls += 1;
        if progress.total > 0 && progress.done > progress.total {
            self.above = Some(progress);
        }
        if self.cancels {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    pub fn check(&self) -> Result<(), Trouble> {
        match self.above {
            Some(above) => Err(Trouble::Step(format!("progress told of {} of {}", above.done, above.total))),
            None if self.calls == 0 => Err(Trouble::Step("expected progress to be told, and it was not".into())),
            None => Ok(()),
        }
    }
}

/// A dtype by its word.
pub fn dtype(word: &str) -> Result<DType, Trouble> {
    let found = DType::ALL.iter().find(|dtype| dtype.name() == word);
    found.copied().ok_or_else(|| Trouble::Step(format!("{:?} is not a dtype", word)))
}

pub fn element_type<'a>(step: &Step<'a>) -> Result<ElementType<'a>, Trouble> {
    let dtype = step.optional_text("dtype")?.map_or(Ok(DType::Other), dtype)?;
    Ok(ElementType { format: step.optional_text("format")?, dtype })
}

/// The shape, unless a length is negative.
pub fn shape(step: &Step<'_>) -> Result<Option<Vec<usize>>, Trouble> {
    let lengths = step.numbers("shape")?.unwrap_or_default();
    Ok(lengths.into_iter().map(|length| usize::try_from(length).ok()).collect())
}

/// Creates, or with `old` replaces, a buffer with the content that a step describes.
pub fn store_content<'s>(
    transaction: &mut Transaction<'s>,
    name: &str,
    old: Option<&Object<'_>>,
    step: &Step<'_>,
) -> Result<Object<'s>, Trouble> {
    let data = step.data()?;
    let elements = element_type(step)?;
    let start = step.number("start")? as usize;
    let shape = match shape(step)? {
        Some(shape) => shape,
        None => return Err(refused_shape(step, &data)?),
    };
    let content = match step.numbers("strides")? {
        Some(strides) => {
            let strides: Vec<isize> = strides.into_iter().map(|stride| stride as isize).collect();
            Content::strided(&data, elements, &shape, &strides, start)?
        }
        None => Content::bytes(&data[start..], elements, &shape)?,
    };
    Ok(match old {
        Some(old) => transaction.replace(old, content)?,
        None => transaction.create(name, content)?,
    })
}

/// The failure for a negative length. Raw, because lengths are `usize` in Rust: a view of such a shape asks the library
/// the same thing.
fn refused_shape(step: &Step<'_>, data: &[u8]) -> Result<Trouble, Trouble> {
    let lengths = step.numbers("shape")?.unwrap_or_default();
    let format = std::ffi::CString::new(step.optional_text("format")?.unwrap_or("B")).map_err(|e| e.to_string())?;
    // SAFETY: numbers and pointers, of which zero is one.
    let mut layout: sys::deltos_view = unsafe { zeroed() };
    layout.struct_size = size_of::<sys::deltos_view>() as u32;
    layout.ndim = lengths.len() as i32;
    layout.readonly = 1;
    layout.data = data.as_ptr() as *mut _;
    layout.format = format.as_ptr();
    layout.shape = lengths.as_ptr();
    // SAFETY: the memory lives during the call, and a view that is made is dropped at once.
    match unsafe { deltos::AnyView::wrap(&layout, || ()) } {
        Ok(_) => Err(Trouble::Step("a negative length was taken".into())),
        Err(error) => Ok(Trouble::Library(error)),
    }
}

/// Creates zeros. Raw for a negative length, which is none in Rust.
pub fn create_zeros<'s>(transaction: &mut Transaction<'s>, name: &str, step: &Step<'_>) -> Result<Object<'s>, Trouble> {
    match shape(step)? {
        Some(shape) => Ok(transaction.create_zeroed_any(name, element_type(step)?, &shape)?),
        None => Err(refused_shape(step, &[0; 8])?),
    }
}

pub fn metadata_value<'a>(step: &Step<'a>, data: &'a [u8]) -> Result<MetadataValue<'a>, Trouble> {
    if let Some(text) = step.optional_text("text")? {
        return Ok(MetadataValue::text(text));
    }
    let shape = shape(step)?.ok_or_else(|| Trouble::Step("metadata with a negative length".into()))?;
    Ok(MetadataValue::raw(step.text("format")?, &shape, data)?)
}

pub fn view_request(step: &Step<'_>) -> Result<ViewRequest, Trouble> {
    if step.get("flags").is_none() {
        return Ok(ViewRequest::FULL_RO);
    }
    let mut request = ViewRequest::SIMPLE;
    for word in step.texts("flags")? {
        request = request
            | match word {
                "writable" => ViewRequest::WRITABLE,
                "format" => ViewRequest::FORMAT,
                "nd" => ViewRequest::ND,
                "strides" => ViewRequest::STRIDES,
                "c" => ViewRequest::C,
                "f" => ViewRequest::F,
                "any" => ViewRequest::ANY,
                "indirect" => ViewRequest::INDIRECT,
                "full-ro" => ViewRequest::FULL_RO,
                "full" => ViewRequest::FULL,
                other => return Err(Trouble::Step(format!("{:?} is not a flag of a view", other))),
            };
    }
    Ok(request)
}
