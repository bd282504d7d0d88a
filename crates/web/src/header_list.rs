//! Header lists: ordered, duplicates kept, bytes compared as bytes.
//!
//! <https://fetch.spec.whatwg.org/#terminology-headers>

use bytes::Bytes;

use crate::algorithm;

/// A header: a name and a value.
///
/// <https://fetch.spec.whatwg.org/#concept-header>
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Header {
    /// The name, in the spelling it was given.
    pub name: Bytes,
    /// The value, without leading and trailing whitespace.
    pub value: Bytes,
}

/// A header list.
///
/// <https://fetch.spec.whatwg.org/#concept-header-list>
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeaderList {
    headers: Vec<Header>,
}

impl HeaderList {
    /// An empty list.
    pub const fn new() -> Self {
        Self {
            headers: Vec::new(),
        }
    }

    /// An empty list with room for `capacity` headers.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            headers: Vec::with_capacity(capacity),
        }
    }

    /// Makes room for `additional` headers more.
    pub fn reserve(&mut self, additional: usize) {
        self.headers.reserve(additional);
    }

    /// Keeps only the first `length` headers.
    pub fn truncate(&mut self, length: usize) {
        self.headers.truncate(length);
    }

    /// The headers in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.headers.iter()
    }

    /// How many headers there are, duplicates counted.
    pub fn len(&self) -> usize {
        self.headers.len()
    }

    /// Whether there is no header.
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    /// Whether a header's name is a byte-case-insensitive match for `name`.
    ///
    /// <https://fetch.spec.whatwg.org/#header-list-contains>
    pub fn contains(&self, name: &[u8]) -> bool {
        self.values(name).next().is_some()
    }

    /// The values of all headers called `name`, in order and not combined.
    pub fn values<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a Bytes> + 'a {
        self.headers
            .iter()
            .filter(move |h| h.name.eq_ignore_ascii_case(name))
            .map(|h| &h.value)
    }

    /// Gets the combined value of `name`: all values, separated by a comma and a space.
    #[algorithm("concept-header-list-get", untraced)]
    pub fn get(&self, name: &[u8]) -> Option<Bytes> {
        /// 1. A name the list does not contain has no value.
        let first = self.values(name).next()?;
        /// 2. All values, in order, joined by `, `.
        let mut rest = self.values(name).skip(1).peekable();
        if rest.peek().is_none() {
            return Some(first.clone());
        }
        let mut combined = first.to_vec();
        for value in rest {
            combined.extend_from_slice(b", ");
            combined.extend_from_slice(value);
        }
        Some(combined.into())
    }

    /// Appends a header, in the spelling of the first header of that name.
    #[algorithm("concept-header-list-append", untraced)]
    pub fn append(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        let mut name = name.into();
        /// 1. A name that is there already keeps its first spelling.
        if let Some(header) = self
            .headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case(&name))
        {
            name = header.name.clone();
        }
        /// 2. Add the header at the end.
        self.headers.push(Header {
            name,
            value: value.into(),
        });
    }

    /// Removes all headers called `name`; says whether there were any.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-header-list-delete>
    pub fn delete(&mut self, name: &[u8]) -> bool {
        let before = self.headers.len();
        self.headers
            .retain(|header| !header.name.eq_ignore_ascii_case(name));
        self.headers.len() != before
    }

    /// Sets a header: the first of that name takes the value, the others go.
    #[algorithm("concept-header-list-set", untraced)]
    pub fn set(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        let (name, value) = (name.into(), value.into());
        match self
            .headers
            .iter()
            .position(|h| h.name.eq_ignore_ascii_case(&name))
        {
            /// 1. Overwrite the first and remove the others.
            Some(first) => {
                self.headers[first].value = value;
                let mut index = 0;
                self.headers.retain(|header| {
                    let keep = index <= first || !header.name.eq_ignore_ascii_case(&name);
                    index += 1;
                    keep
                });
            }
            /// 2. Otherwise append. (There is no header of that name whose spelling could count.)
            None => self.headers.push(Header { name, value }),
        }
    }

    /// Combines a header: the first of that name gets `, ` and the value added.
    #[algorithm("concept-header-list-combine", untraced)]
    pub fn combine(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        let (name, value) = (name.into(), value.into());
        match self
            .headers
            .iter_mut()
            .find(|h| h.name.eq_ignore_ascii_case(&name))
        {
            /// 1. Lengthen the first header's value.
            Some(header) => {
                header.value = [&header.value[..], b", ", &value[..]].concat().into();
            }
            /// 2. Otherwise append.
            None => self.append(name, value),
        }
    }

    /// Keeps only the headers for which `keep` says so.
    pub fn retain(&mut self, keep: impl FnMut(&Header) -> bool) {
        self.headers.retain(keep);
    }

    /// The headers as Fetch's `Headers` objects iterate over them: names lowercased and sorted, values combined,
    /// `Set-Cookie` kept apart.
    #[algorithm("concept-header-list-sort-and-combine", untraced)]
    pub fn sort_and_combine(&self) -> HeaderList {
        /// 1. Begin with nothing.
        let mut headers = HeaderList::new();
        /// 2. The names, lowercased, sorted, each once.
        let names = convert_header_names_to_a_sorted_lowercase_set(self.iter().map(|h| &h.name));
        /// 3. Go through the names.
        for name in names {
            /// 3.1. Each `Set-Cookie` stands alone.
            if &name[..] == b"set-cookie" {
                /// 3.1.1. All its values, in order:
                let values = self.values(b"set-cookie");
                /// 3.1.2. one after the other
                for value in values {
                    /// 3.1.2.1. becomes a header.
                    headers.append(name.clone(), value.clone());
                }
                continue;
            }
            /// 3.2.1. Everything else is combined.
            let value = self.get(&name);
            /// 3.2.2. The name was taken from the list, so there is a value.
            if let Some(value) = value {
                /// 3.2.3. It becomes one header.
                headers.append(name, value);
            }
        }
        /// 4. That is the list.
        headers
    }
}

impl<'a> IntoIterator for &'a HeaderList {
    type Item = &'a Header;
    type IntoIter = std::slice::Iter<'a, Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.headers.iter()
    }
}

impl IntoIterator for HeaderList {
    type Item = Header;
    type IntoIter = std::vec::IntoIter<Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.headers.into_iter()
    }
}

impl<N: Into<Bytes>, V: Into<Bytes>> FromIterator<(N, V)> for HeaderList {
    fn from_iter<T: IntoIterator<Item = (N, V)>>(headers: T) -> Self {
        let headers = headers.into_iter();
        let mut list = Self::with_capacity(headers.size_hint().0);
        for (name, value) in headers {
            list.append(name, value);
        }
        list
    }
}

/// Lowercases, sorts and removes duplicates.
#[algorithm("convert-header-names-to-a-sorted-lowercase-set", untraced)]
pub fn convert_header_names_to_a_sorted_lowercase_set<'a>(
    header_names: impl IntoIterator<Item = &'a Bytes>,
) -> Vec<Bytes> {
    /// 1. A set, to become sorted.
    let mut set: Vec<Bytes> = Vec::new();
    /// 2. Each name in lowercase.
    for name in header_names {
        set.push(byte_lowercase(name));
    }
    /// 3. In ascending byte order, each once.
    set.sort_unstable();
    set.dedup();
    set
}

/// The bytes with ASCII letters in lowercase; shares the storage when there is nothing to change.
///
/// <https://infra.spec.whatwg.org/#byte-lowercase>
pub fn byte_lowercase(bytes: &Bytes) -> Bytes {
    if bytes.iter().any(u8::is_ascii_uppercase) {
        bytes.to_ascii_lowercase().into()
    } else {
        bytes.clone()
    }
}
