//! Structured field values (RFC 9651).
//!
//! <https://fetch.spec.whatwg.org/#concept-header-list-get-structured-header>

use bytes::Bytes;
use sfv::{FieldType, Parser};

use crate::{HeaderList, algorithm};

pub use sfv::{BareItem, Dictionary, InnerList, Item, Key, List, ListEntry, Parameters};

/// Gets a structured field value; its type is [`Dictionary`], [`List`] or [`Item`]. A header that is missing and one that does
/// not parse are the same: `None`.
#[algorithm("concept-header-list-get-structured-header", untraced)]
pub fn get_a_structured_field_value<T: FieldType>(list: &HeaderList, name: &[u8]) -> Option<T> {
    /// 2. The combined value.
    let value = list.get(name);
    /// 3. No header, no value.
    let value = value?;
    /// 4. Parse it as what it is meant to be.
    let result = Parser::new(&value).parse::<T>();
    /// 5. A failure is no value either.
    /// 6. That is it.
    result.ok()
}

/// Sets a structured field value. A dictionary or a list without members has no serialization, as RFC 9651 says of a field
/// that is then not sent: the header is removed.
#[algorithm("concept-header-list-set-structured-header", untraced)]
pub fn set_a_structured_field_value<T: FieldType>(
    list: &mut HeaderList,
    name: impl Into<Bytes>,
    structured_value: &T,
) {
    let name = name.into();
    /// 1. Serialize it,
    let serialized_value: Option<String> = structured_value.serialize().into();
    match serialized_value {
        /// 2. and set it.
        Some(value) => list.set(name, value),
        None => drop(list.delete(&name)),
    }
}
