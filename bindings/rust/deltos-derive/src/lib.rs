//! `#[derive(Record)]` for the crate `deltos`, which says what it does and exports it with its feature `derive`.
//!
//! Only plain structs of C are taken, so that a few tokens are all there is to parse, and nothing else is needed for it.
#![warn(missing_docs, rust_2018_idioms, unreachable_pub)]

use proc_macro::{Delimiter, TokenStream, TokenTree};

/// Makes a struct an element of buffers and a row of record tables: see `deltos::RecordRow`.
#[proc_macro_derive(Record)]
pub fn derive_record(input: TokenStream) -> TokenStream {
    let written = match Struct::parse(input) {
        Ok(parsed) => parsed.written(),
        Err(refusal) => format!("::core::compile_error!({:?});", refusal),
    };
    written.parse().expect("what is written here is Rust")
}

struct Struct {
    name: String,
    /// Names and types.
    fields: Vec<(String, String)>,
}

impl Struct {
    fn parse(input: TokenStream) -> Result<Struct, String> {
        let mut tokens = input.into_iter().peekable();
        let mut is_of_c = false;
        while let Some(TokenTree::Punct(_)) = tokens.peek() {
            tokens.next();
            if let Some(TokenTree::Group(attribute)) = tokens.next() {
                is_of_c |= attribute.stream().to_string().replace(' ', "") == "repr(C)";
            }
        }
        let mut rest =
            tokens.skip_while(|token| !matches!(token, TokenTree::Ident(word) if is_kind(&word.to_string())));
        match rest.next() {
            Some(TokenTree::Ident(word)) if word.to_string() == "struct" => (),
            _ => return Err("only a struct can be a Record".into()),
        }
        let name = rest.next().map(|name| name.to_string()).unwrap_or_default();
        if !is_of_c {
            return Err(format!("a Record is laid out as in C: add #[repr(C)] to {}", name));
        }
        match rest.next() {
            Some(TokenTree::Group(fields)) if fields.delimiter() == Delimiter::Brace => {
                Ok(Struct { name, fields: fields_of(fields.stream())? })
            }
            Some(TokenTree::Punct(_)) => Err(format!("{} has parameters; a Record has none", name)),
            _ => Err(format!("the fields of a Record have names; {} has none", name)),
        }
    }

    fn written(&self) -> String {
        let Struct { name, fields } = self;
        let each = |written: &dyn Fn(&str, &str) -> String| -> String {
            fields.iter().map(|(field, of)| written(field, of)).collect()
        };
        let shown = |field: &str| field.trim_start_matches("r#").to_owned();
        let sizes = each(&|_, of| format!(" + ::core::mem::size_of::<{}>()", of));
        let formats = each(&|field, of| {
            format!(
                "format.push_str(&<{} as ::deltos::Element>::format()); format.push_str(\":{}:\");",
                of,
                shown(field)
            )
        });
        let slots = each(&|field, of| {
            format!(
                "slots.push(::deltos::RowSlot::of::<{}>({:?}, offset)); offset += ::core::mem::size_of::<{}>();",
                of,
                shown(field),
                of
            )
        });
        format!(
            "const _: () = ::core::assert!(::core::mem::size_of::<{name}>() == 0{sizes}, \
                 \"a Record has no padding; order the fields by size, or add one of [u8; N] where it is\");
             // SAFETY: laid out as in C, without padding, of elements, each of which may be any bytes.
             unsafe impl ::deltos::Element for {name} {{
                 const DTYPE: ::deltos::DType = ::deltos::DType::Struct;
                 fn format() -> ::std::borrow::Cow<'static, str> {{
                     let mut format = ::std::string::String::from(\"T{{\");
                     {formats}
                     format.push('}}');
                     ::std::borrow::Cow::Owned(format)
                 }}
             }}
             // SAFETY: without padding each field starts where the one before it ends.
             unsafe impl ::deltos::RecordRow for {name} {{
                 fn slots() -> ::std::vec::Vec<::deltos::RowSlot> {{
                     let (mut slots, mut offset) = (::std::vec::Vec::new(), 0);
                     {slots}
                     let _ = offset;
                     slots
                 }}
             }}",
            name = name,
            sizes = sizes,
            formats = formats,
            slots = slots
        )
    }
}

fn is_kind(word: &str) -> bool {
    matches!(word, "struct" | "enum" | "union")
}

/// Names and types of fields.
fn fields_of(stream: TokenStream) -> Result<Vec<(String, String)>, String> {
    let mut fields = Vec::new();
    let mut tokens = stream.into_iter().peekable();
    while tokens.peek().is_some() {
        let mut name = String::new();
        // Attributes and visibility come first; the last word before the colon is the name.
        for token in tokens.by_ref() {
            match token {
                TokenTree::Ident(word) => name = word.to_string(),
                TokenTree::Punct(punct) if punct.as_char() == ':' => break,
                _ => (),
            }
        }
        let (mut of, mut depth) = (TokenStream::new(), 0);
        for token in tokens.by_ref() {
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == ',' && depth == 0 => break,
                TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
                TokenTree::Punct(punct) if punct.as_char() == '>' => depth -= 1,
                _ => (),
            }
            of.extend([token]);
        }
        fields.push((name, of.to_string()));
    }
    if fields.is_empty() {
        return Err("a Record has at least one field".into());
    }
    Ok(fields)
}
