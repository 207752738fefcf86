//! What steps give to the library: contents, metadata, requests, progress.

use std::ffi::CString;
use std::mem::{size_of, zeroed};
use std::ops::ControlFlow;
use std::ptr::null_mut;

use deltos::{sys, Content, DType, ElementType, Error, MetadataValue, Object, Progress, Transaction, ViewRequest};

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

/// A text as C takes it.
pub fn c_text(text: &str) -> Result<CString, Trouble> {
    CString::new(text).map_err(|error| Trouble::Step(error.to_string()))
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
    if shape(step)?.is_none() {
        return Err(with_negative_length(transaction, name, step));
    }
    with_content(step, |content| {
        Ok(match old {
            Some(old) => transaction.replace(old, content)?,
            None => transaction.create(name, content)?,
        })
    })
}

/// Lends the content that a step describes.
pub fn with_content<R>(step: &Step<'_>, run: impl FnOnce(Content<'_>) -> Result<R, Trouble>) -> Result<R, Trouble> {
    let data = step.data()?;
    let elements = element_type(step)?;
    let start = step.number("start")? as usize;
    let shape = shape(step)?.ok_or_else(|| Trouble::Step("a length is negative".into()))?;
    run(match step.numbers("strides")? {
        Some(strides) => {
            let strides: Vec<isize> = strides.into_iter().map(|stride| stride as isize).collect();
            Content::strided(&data, elements, &shape, &strides, start)?
        }
        None => Content::bytes(&data[start..], elements, &shape)?,
    })
}

/// Carries out a step with a negative length. Raw, because lengths are `usize` in Rust; the library refuses them all.
fn with_negative_length(transaction: &mut Transaction<'_>, name: &str, step: &Step<'_>) -> Trouble {
    match raw_step(transaction, name, step) {
        Ok(()) => Trouble::Step("a negative length was taken".into()),
        Err(trouble) => trouble,
    }
}

fn raw_step(transaction: &mut Transaction<'_>, name: &str, step: &Step<'_>) -> Result<(), Trouble> {
    let lengths = step.numbers("shape")?.unwrap_or_default();
    let (name, format) = (c_text(name)?, c_text(step.optional_text("format")?.unwrap_or("B"))?);
    let (data, key) = (step.data().unwrap_or_default(), c_text(step.optional_text("key")?.unwrap_or(""))?);
    let (raw, count) = (transaction.as_raw(), lengths.len() as i32);
    // SAFETY: all that is passed lives during the call; zero is a value of each field of these structs.
    let (status, detail) = unsafe {
        let mut detail: sys::deltos_error = zeroed();
        let status = match step.operation {
            "create_zeroed" => {
                let shape = lengths.as_ptr();
                sys::deltos_buffer_create_zeroed(
                    raw,
                    name.as_ptr(),
                    format.as_ptr(),
                    0,
                    count,
                    shape,
                    null_mut(),
                    &mut detail,
                )
            }
            "set_metadata" => {
                let mut item: sys::deltos_metadatum = zeroed();
                (item.key, item.format, item.shape) = (key.as_ptr(), format.as_ptr(), lengths.as_ptr());
                (item.data, item.size, item.ndim) = (data.as_ptr().cast(), data.len() as u64, count);
                sys::deltos_metadata_set(raw, name.as_ptr(), &item, &mut detail)
            }
            _ => {
                let mut content: sys::deltos_view = zeroed();
                content.struct_size = size_of::<sys::deltos_view>() as u32;
                (content.ndim, content.readonly) = (count, 1);
                (content.format, content.shape) = (format.as_ptr(), lengths.as_ptr());
                content.data = data.as_ptr() as *mut _;
                sys::deltos_buffer_create(raw, name.as_ptr(), &content, null_mut(), &mut detail)
            }
        };
        (status, detail)
    };
    if status == 0 {
        return Ok(());
    }
    Err(Trouble::Library(Error::from_raw(&detail)))
}

/// Creates zeros.
pub fn create_zeros<'s>(transaction: &mut Transaction<'s>, name: &str, step: &Step<'_>) -> Result<Object<'s>, Trouble> {
    match shape(step)? {
        Some(shape) => Ok(transaction.create_zeroed_any(name, element_type(step)?, &shape)?),
        None => Err(with_negative_length(transaction, name, step)),
    }
}

/// Sets a value of metadata.
pub fn set_metadata(transaction: &mut Transaction<'_>, name: &str, step: &Step<'_>) -> Result<(), Trouble> {
    let data = step.get("data").map_or(Ok(Vec::new()), |_| step.data())?;
    let value = match (step.optional_text("text")?, shape(step)?) {
        (Some(text), _) => MetadataValue::text(text),
        (None, Some(shape)) => MetadataValue::raw(step.text("format")?, &shape, &data)?,
        (None, None) => return Err(with_negative_length(transaction, name, step)),
    };
    Ok(transaction.set_metadata(name, step.text("key")?, value)?)
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
