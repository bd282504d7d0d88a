//! Reads the objects of a vector field by field, so that a misspelt field is found.

use crossexam_web::HeaderList;
use serde_json::{Map, Value};
use url::Url;

/// What is wrong with a vector.
pub type Malformed = String;

/// An object of a vector. Fields are taken out one by one; none may be left over.
#[derive(Debug)]
pub struct Fields {
    what: String,
    map: Map<String, Value>,
}

impl Fields {
    /// The fields of `value`, which `what` names in messages.
    ///
    /// # Errors
    ///
    /// It is no object.
    pub fn of(what: &str, value: &Value) -> Result<Self, Malformed> {
        let map = value
            .as_object()
            .ok_or_else(|| format!("`{what}` is an object, not {value}"))?;
        Ok(Self {
            what: what.to_owned(),
            map: map.clone(),
        })
    }

    /// The fields of `value`, or the one field called `short` if `value` is not an object but what that field would hold.
    pub fn of_short(what: &str, value: &Value, short: &str) -> Self {
        let map = match value.as_object() {
            Some(map) if !map.contains_key("repeat") => map.clone(),
            _ => Map::from_iter([(short.to_owned(), value.clone())]),
        };
        Self {
            what: what.to_owned(),
            map,
        }
    }

    /// Takes a field out.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.map.shift_remove(name)
    }

    /// Puts in what `other` says where this object says nothing.
    #[must_use]
    pub fn or(mut self, other: &Map<String, Value>) -> Self {
        for (name, value) in other {
            self.map
                .entry(name.clone())
                .or_insert_with(|| value.clone());
        }
        self
    }

    fn malformed(&self, name: &str, why: impl std::fmt::Display) -> Malformed {
        format!("`{name}` of `{}`: {why}", self.what)
    }

    /// Takes out a field that is made of `T`.
    ///
    /// # Errors
    ///
    /// `read` does not know it.
    pub fn with<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Value) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        self.take(name)
            .map(|value| read(&value).map_err(|why| self.malformed(name, why)))
            .transpose()
    }

    /// Takes out a string.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Malformed> {
        self.with(name, |value| text_of(value, None))
    }

    /// Takes out a byte sequence.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, Malformed> {
        self.with(name, |value| bytes_of(value, None))
    }

    /// Takes out a URL.
    ///
    /// # Errors
    ///
    /// It does not parse.
    pub fn url(&mut self, name: &str) -> Result<Option<Url>, Malformed> {
        self.with(name, |value| parse_url(&text_of(value, None)?))
    }

    /// Takes out true or false.
    ///
    /// # Errors
    ///
    /// It is neither.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, Malformed> {
        self.with(name, |value| {
            value.as_bool().ok_or("is true or false".to_owned())
        })
    }

    /// Takes out a whole number.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn number(&mut self, name: &str) -> Result<Option<u64>, Malformed> {
        self.with(name, |value| {
            value.as_u64().ok_or("is a whole number".to_owned())
        })
    }

    /// Takes out one of a standard's keywords.
    ///
    /// # Errors
    ///
    /// `parse` does not know it.
    pub fn keyword<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Malformed> {
        self.with(name, |value| {
            let text = text_of(value, None)?;
            parse(&text).ok_or_else(|| format!("{text:?} means nothing here"))
        })
    }

    /// Takes out a header list.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn headers(&mut self, name: &str) -> Result<Option<HeaderList>, Malformed> {
        self.with(name, headers_of)
    }

    /// Takes out a list.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn list(&mut self, name: &str) -> Result<Vec<Value>, Malformed> {
        let list = self.with(name, |value| {
            value.as_array().cloned().ok_or("is a list".to_owned())
        })?;
        Ok(list.unwrap_or_default())
    }

    /// The fields that were not taken.
    pub fn rest(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.map.iter()
    }

    /// Ends the reading.
    ///
    /// # Errors
    ///
    /// A field is left over.
    pub fn finish(self) -> Result<(), Malformed> {
        match self.map.keys().next() {
            Some(name) => Err(format!("`{}` has no field `{name}`", self.what)),
            None => Ok(()),
        }
    }
}

/// A URL.
///
/// # Errors
///
/// It does not parse.
pub fn parse_url(text: &str) -> Result<Url, Malformed> {
    Url::parse(text).map_err(|error| format!("{text:?}: {error}"))
}

/// A string as vectors write it; `byte` stands for `{"byte": "*"}`.
///
/// # Errors
///
/// It is no string.
pub fn text_of(value: &Value, byte: Option<u8>) -> Result<String, Malformed> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Array(parts) => parts.iter().map(|part| text_of(part, byte)).collect(),
        Value::Object(map) if map.contains_key("byte") => byte
            .map(|byte| char::from(byte).into())
            .ok_or("`byte` goes with `accepted_bytes`".to_owned()),
        Value::Object(map) if map.contains_key("repeat") => {
            let times = map
                .get("times")
                .and_then(Value::as_u64)
                .and_then(|times| usize::try_from(times).ok())
                .ok_or("`times` is a number")?;
            Ok(text_of(&map["repeat"], byte)?.repeat(times))
        }
        other => Err(format!("{other} is no string")),
    }
}

/// A byte sequence as vectors write it.
///
/// # Errors
///
/// It is none.
pub fn bytes_of(value: &Value, byte: Option<u8>) -> Result<Vec<u8>, Malformed> {
    text_of(value, byte)?
        .chars()
        .map(|c| u8::try_from(c).map_err(|_| format!("{c:?} is no byte")))
        .collect()
}

/// A header list: pairs in a list, or an object where no name comes twice.
///
/// # Errors
///
/// It is none.
pub fn headers_of(value: &Value) -> Result<HeaderList, Malformed> {
    let pair = |name: &Value, value: &Value| -> Result<(Vec<u8>, Vec<u8>), Malformed> {
        Ok((bytes_of(name, None)?, bytes_of(value, None)?))
    };
    match value {
        Value::Array(list) => list
            .iter()
            .map(|item| match item.as_array().map(Vec::as_slice) {
                Some([name, value]) => pair(name, value),
                _ => Err(format!("{item} is no pair of name and value")),
            })
            .collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| pair(&name.as_str().into(), value))
            .collect(),
        other => Err(format!("{other} is no header list")),
    }
}
