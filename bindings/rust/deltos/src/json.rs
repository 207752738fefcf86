//! Values from JSON text, and as such.

use std::ops::BitOr;
use std::os::raw::c_char;

use deltos_sys as sys;

use crate::error::call;
use crate::{Error, ErrorKind, Node, Result, Value, ValueBuilder};

/// How [`Node::to_json`] writes.
///
/// ```
/// use deltos::{JsonStyle, Tree};
///
/// let value = Tree::from([("name", "Pécs")]).to_value()?;
/// assert_eq!(value.root().to_json(JsonStyle::COMPACT)?, r#"{"name":"Pécs"}"#);
/// let shown = value.root().to_json(JsonStyle::INDENT | JsonStyle::ASCII)?;
/// assert_eq!(shown, "{\n  \"name\": \"P\\u00e9cs\"\n}");
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct JsonStyle(i32);

impl JsonStyle {
    /// No space between anything.
    pub const COMPACT: JsonStyle = JsonStyle(sys::DELTOS_JSON_COMPACT);
    /// An element a line, two spaces a level.
    pub const INDENT: JsonStyle = JsonStyle(sys::DELTOS_JSON_INDENT);
    /// What is not ASCII as backslash, u and four digits.
    pub const ASCII: JsonStyle = JsonStyle(sys::DELTOS_JSON_ASCII);
}

impl BitOr for JsonStyle {
    type Output = JsonStyle;

    fn bitor(self, other: JsonStyle) -> JsonStyle {
        JsonStyle(self.0 | other.0)
    }
}

const FIRST_ROOM: usize = 512;

impl Node<'_> {
    /// The node as JSON text, without loss: sequences, sets and arrays of numbers as arrays, days and times as ISO 8601 in
    /// strings, decimals with all their digits.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) for what JSON has no word for: bytes, references, keys that are no text,
    /// NaN; the message tells where. [`Limit`](ErrorKind::Limit) when it contains itself, [`Corrupt`](ErrorKind::Corrupt).
    ///
    /// ```
    /// use deltos::{ErrorKind, JsonStyle, Tree};
    /// let value = Tree::from(vec![Tree::from(1.5), Tree::from(&b"\0"[..])]).to_value()?;
    /// let refused = value.root().to_json(JsonStyle::COMPACT).unwrap_err();
    /// assert_eq!(refused.kind(), ErrorKind::Unsupported);
    /// assert!(refused.message().contains("$[1]"));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn to_json(&self, style: JsonStyle) -> Result<String> {
        let (value, node) = (self.value.as_raw(), self.item.node);
        let mut text = vec![0u8; FIRST_ROOM];
        loop {
            let mut size = text.len() as u64;
            let room = text.as_mut_ptr().cast::<c_char>();
            // SAFETY: the handle lives, and there is so much room.
            match unsafe { call!(deltos_value_to_json(value, node, style.0, room, &mut size)) } {
                Err(error) if error.kind() == ErrorKind::TooSmall => text.resize(size as usize, 0),
                Err(error) => return Err(error),
                Ok(()) => {
                    text.truncate((size as usize).saturating_sub(1)); // without its NUL
                    return String::from_utf8(text)
                        .map_err(|_| Error::new(ErrorKind::Corrupt, "the text is not UTF-8"));
                }
            }
        }
    }
}

impl ValueBuilder {
    /// Puts the value that a JSON text is: objects as dicts, arrays as lists, numbers with a point or an exponent as floats,
    /// others as whole numbers, and as decimals where they have more than 64 bits.
    ///
    /// # Errors
    /// [`Format`](ErrorKind::Format) when it is not JSON; the message tells where. [`Duplicate`](ErrorKind::Duplicate) when
    /// an object has a key twice, [`Range`](ErrorKind::Range), [`Invalid`](ErrorKind::Invalid) when it was to be
    /// [`named`](ValueBuilder::named), and those of [`put`](ValueBuilder::put).
    ///
    /// ```
    /// let mut builder = deltos::ValueBuilder::new()?;
    /// builder.tuple(|pair| pair.put("read")?.put_json(r#"{"a": [1, 2.5, null]}"#).map(drop))?;
    /// assert_eq!(builder.to_value()?.to_string(), r#"("read", {"a": [1, 2.5, null]})"#);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn put_json(&mut self, text: &str) -> Result<&mut Self> {
        self.check_unnamed()?;
        // SAFETY: the handle is ours, and the text lives during the call.
        unsafe { call!(deltos_value_builder_put_json(self.as_raw(), text.as_ptr().cast(), text.len() as u64)) }?;
        Ok(self)
    }
}

impl Value<'static> {
    /// The value that a JSON text is, in memory.
    ///
    /// # Errors
    /// As [`ValueBuilder::put_json`].
    ///
    /// ```
    /// use deltos::{ErrorKind, Value};
    /// assert_eq!(Value::from_json(r#"{"a": [1, 2]}"#)?.get("a")?.unwrap().to_vec::<u8>()?, [1, 2]);
    /// assert_eq!(Value::from_json("[1,").unwrap_err().kind(), ErrorKind::Format);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Value<'static>> {
        ValueBuilder::new()?.put_json(text)?.to_value()
    }
}
