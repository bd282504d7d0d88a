//! The `Headers` class: a header list behind a guard.
//!
//! <https://fetch.spec.whatwg.org/#headers-class>

use bytes::Bytes;
use crossexam_web::header_value::{is_header_name, is_header_value, normalize};
use crossexam_web::safelist::{
    is_forbidden_request_header, is_forbidden_response_header_name,
    is_no_cors_safelisted_request_header, is_no_cors_safelisted_request_header_name,
    is_privileged_no_cors_request_header_name,
};
use crossexam_web::{HeaderList, algorithm};

use super::ApiError;

/// A headers guard. <https://fetch.spec.whatwg.org/#concept-headers-guard>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// "immutable"
    Immutable,
    /// "request"
    Request,
    /// "request-no-cors"
    RequestNoCors,
    /// "response"
    Response,
    /// "none"
    None,
}

/// A `Headers` object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    /// The guard.
    pub guard: Guard,
    /// The header list.
    pub header_list: HeaderList,
}

/// What `Headers` objects are filled with, after conversion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadersInit {
    /// A sequence of sequences, as yet of any length.
    Sequence(Vec<Vec<Bytes>>),
    /// A record, in its order.
    Record(Vec<(Bytes, Bytes)>),
}

/// Whether a change may be made. The standard says true and false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// It may.
    Valid,
    /// It may not, and the script is not told.
    Ignored,
}

impl Headers {
    /// An empty list behind a guard.
    pub const fn new(guard: Guard) -> Self {
        Self {
            guard,
            header_list: HeaderList::new(),
        }
    }

    /// `new Headers(init)`
    ///
    /// # Errors
    ///
    /// What is given is no list of headers.
    #[algorithm("dom-headers", untraced)]
    pub fn with_init(init: Option<&HeadersInit>) -> Result<Self, ApiError> {
        /// 1. Nobody watches over it.
        let mut this = Self::new(Guard::None);
        /// 2. What is given goes in.
        if let Some(init) = init {
            this.fill(init)?;
        }
        Ok(this)
    }

    /// Validates a change of this header.
    #[algorithm("headers-validate", untraced)]
    pub fn validate(&self, name: &[u8], value: &[u8]) -> Result<Validity, ApiError> {
        /// 1. It must be a header,
        if !is_header_name(name) {
            return Err(ApiError::HeaderName {
                name: name.to_vec(),
            });
        }
        if !is_header_value(value) {
            return Err(ApiError::HeaderValue {
                value: value.to_vec(),
            });
        }
        match self.guard {
            /// 2. the object must allow changes,
            Guard::Immutable => Err(ApiError::ImmutableHeaders),
            /// 3. a request's script must not write what the browser writes,
            Guard::Request if is_forbidden_request_header(name, value) => Ok(Validity::Ignored),
            /// 4. nor a response's script what only servers may.
            Guard::Response if is_forbidden_response_header_name(name) => Ok(Validity::Ignored),
            /// 5. Everything else may be changed.
            Guard::Request | Guard::RequestNoCors | Guard::Response | Guard::None => {
                Ok(Validity::Valid)
            }
        }
    }

    /// Appends a header.
    #[algorithm("concept-headers-append", untraced)]
    pub fn append(&mut self, name: &[u8], value: &[u8]) -> Result<(), ApiError> {
        /// 1. Whitespace at the ends goes.
        let value = normalize(value);
        /// 2. The guard may refuse, aloud or not.
        if self.validate(name, value)? == Validity::Ignored {
            return Ok(());
        }
        /// 3. Without CORS:
        if self.guard == Guard::RequestNoCors {
            /// 3.1. What is there already counts with it:
            let temporary_value = match self.header_list.get(name) {
                /// 3.2. the value alone
                None => value.to_vec(),
                /// 3.3. or both combined
                Some(present) => [&present[..], b", ", value].concat(),
            };
            /// 3.4. must be safe.
            if !is_no_cors_safelisted_request_header(name, &temporary_value) {
                return Ok(());
            }
        }
        /// 4. Add it.
        self.header_list
            .append(Bytes::copy_from_slice(name), Bytes::copy_from_slice(value));
        /// 5. A changed request is no longer the browser's own.
        if self.guard == Guard::RequestNoCors {
            self.remove_privileged_no_cors_request_headers();
        }
        Ok(())
    }

    /// Fills with what a script gave.
    #[algorithm("concept-headers-fill", untraced)]
    pub fn fill(&mut self, object: &HeadersInit) -> Result<(), ApiError> {
        match object {
            /// 1. A sequence:
            HeadersInit::Sequence(object) => {
                for header in object {
                    /// 1.1. Each item is a pair,
                    let [name, value] = &header[..] else {
                        return Err(ApiError::HeaderPair {
                            length: header.len(),
                        });
                    };
                    /// 1.2. and is appended.
                    self.append(name, value)?;
                }
            }
            HeadersInit::Record(object) => {
                /// 2. So is each member of a record.
                for (key, value) in object {
                    self.append(key, value)?;
                }
            }
        }
        Ok(())
    }

    /// Removes the headers that only the browser may have put on a `no-cors` request.
    #[algorithm("concept-headers-remove-privileged-no-cors-request-headers", untraced)]
    fn remove_privileged_no_cors_request_headers(&mut self) {
        /// 1. There is one name, `Range`:
        /// 1.1. it goes.
        self.header_list
            .retain(|header| !is_privileged_no_cors_request_header_name(&header.name));
    }

    /// `delete(name)`
    #[algorithm("headers-delete-name", untraced)]
    pub fn delete(&mut self, name: &[u8]) -> Result<(), ApiError> {
        /// 1. The guard may refuse, aloud or not.
        if self.validate(name, b"")? == Validity::Ignored {
            return Ok(());
        }
        /// 2. On a `no-cors` request only what could be there can go.
        if self.guard == Guard::RequestNoCors
            && !is_no_cors_safelisted_request_header_name(name)
            && !is_privileged_no_cors_request_header_name(name)
        {
            return Ok(());
        }
        /// 3. What is not there cannot.
        /// 4. Remove it.
        if !self.header_list.delete(name) {
            return Ok(());
        }
        /// 5. A changed request is no longer the browser's own.
        if self.guard == Guard::RequestNoCors {
            self.remove_privileged_no_cors_request_headers();
        }
        Ok(())
    }

    /// `get(name)`
    #[algorithm("headers-get-name", untraced)]
    pub fn get(&self, name: &[u8]) -> Result<Option<Bytes>, ApiError> {
        /// 1. It must be a name.
        if !is_header_name(name) {
            return Err(ApiError::HeaderName {
                name: name.to_vec(),
            });
        }
        /// 2. All values, combined.
        Ok(self.header_list.get(name))
    }

    /// `getSetCookie()`
    #[algorithm("headers-getsetcookie", untraced)]
    pub fn get_set_cookie(&self) -> Vec<Bytes> {
        /// 1. None, if there is none.
        /// 2. Each value by itself.
        self.header_list.values(b"set-cookie").cloned().collect()
    }

    /// `has(name)`
    #[algorithm("headers-has-name", untraced)]
    pub fn has(&self, name: &[u8]) -> Result<bool, ApiError> {
        /// 1. It must be a name.
        if !is_header_name(name) {
            return Err(ApiError::HeaderName {
                name: name.to_vec(),
            });
        }
        /// 2. Look it up.
        Ok(self.header_list.contains(name))
    }

    /// `set(name, value)`
    #[algorithm("headers-set-name-value", untraced)]
    pub fn set(&mut self, name: &[u8], value: &[u8]) -> Result<(), ApiError> {
        /// 1. Whitespace at the ends goes.
        let value = normalize(value);
        /// 2. The guard may refuse, aloud or not.
        if self.validate(name, value)? == Validity::Ignored {
            return Ok(());
        }
        /// 3. A `no-cors` request takes only what is safe.
        if self.guard == Guard::RequestNoCors && !is_no_cors_safelisted_request_header(name, value)
        {
            return Ok(());
        }
        /// 4. Set it.
        self.header_list
            .set(Bytes::copy_from_slice(name), Bytes::copy_from_slice(value));
        /// 5. A changed request is no longer the browser's own.
        if self.guard == Guard::RequestNoCors {
            self.remove_privileged_no_cors_request_headers();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(guard: Guard, headers: &[(&'static str, &'static str)]) -> Headers {
        Headers {
            guard,
            header_list: headers.iter().copied().collect(),
        }
    }

    fn list(headers: &Headers) -> Vec<(String, String)> {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        headers
            .header_list
            .iter()
            .map(|header| (text(&header.name), text(&header.value)))
            .collect()
    }

    #[test]
    fn a_request_drops_what_the_browser_writes_and_says_nothing() {
        let mut headers = Headers::new(Guard::Request);
        for name in [
            "Origin",
            "cookie",
            "HOST",
            "Referer",
            "Sec-Fetch-Site",
            "proxy-x",
            "Content-Length",
        ] {
            assert_eq!(
                headers.append(name.as_bytes(), b"https://alice.example"),
                Ok(()),
                "{name}"
            );
            assert_eq!(
                headers.set(name.as_bytes(), b"https://alice.example"),
                Ok(()),
                "{name}"
            );
        }
        assert!(headers.header_list.is_empty());
        headers.append(b"X-Custom", b" \t1\r\n").unwrap();
        headers.append(b"x-custom", b"2").unwrap();
        assert_eq!(
            list(&headers),
            [
                ("X-Custom".into(), "1".into()),
                ("X-Custom".into(), "2".into())
            ]
        );
    }

    #[test]
    fn a_method_override_is_forbidden_by_its_value() {
        let mut headers = Headers::new(Guard::Request);
        headers
            .append(b"X-HTTP-Method-Override", b"DELETE")
            .unwrap();
        headers.append(b"X-Method-Override", b"get,track").unwrap();
        assert_eq!(
            list(&headers),
            [("X-HTTP-Method-Override".into(), "DELETE".into())]
        );
    }

    #[test]
    fn no_cors_takes_only_what_is_safe_together() {
        let mut headers = Headers::new(Guard::RequestNoCors);
        headers.append(b"X-Custom", b"1").unwrap();
        headers
            .append(b"Content-Type", b"application/json")
            .unwrap();
        headers.append(b"Range", b"bytes=0-").unwrap();
        headers.append(b"Accept", &b"a".repeat(120)).unwrap();
        headers.append(b"Accept", b"bcdefgh").unwrap();
        headers.append(b"Accept", b"bcdefg").unwrap();
        headers.set(b"Content-Type", b"text/plain").unwrap();
        let names: Vec<_> = list(&headers)
            .into_iter()
            .map(|(name, value)| (name, value.len()))
            .collect();
        assert_eq!(
            names,
            [
                ("Accept".into(), 120),
                ("Accept".into(), 6),
                ("Content-Type".into(), 10)
            ]
        );
    }

    #[test]
    fn the_browsers_range_goes_with_the_first_change() {
        let range = ("Range", "bytes=1-2");
        type Change = fn(&mut Headers) -> Result<(), ApiError>;
        let changes: [Change; 4] = [
            |headers| headers.append(b"Accept", b"text/html"),
            |headers| headers.set(b"Accept", b"text/html"),
            |headers| headers.delete(b"Accept-Language"),
            |headers| headers.delete(b"Range"),
        ];
        for change in changes {
            let mut headers = with(Guard::RequestNoCors, &[range, ("Accept-Language", "en")]);
            change(&mut headers).unwrap();
            assert!(!headers.header_list.contains(b"range"));
        }
        let mut headers = with(Guard::RequestNoCors, &[range]);
        headers.append(b"X-Custom", b"1").unwrap();
        headers.delete(b"X-Custom").unwrap();
        headers.delete(b"Accept").unwrap();
        assert!(headers.header_list.contains(b"range"));
    }

    #[test]
    fn immutable_headers_throw_and_responses_take_no_cookies() {
        let mut headers = with(Guard::Immutable, &[("A", "1")]);
        assert_eq!(headers.append(b"A", b"2"), Err(ApiError::ImmutableHeaders));
        assert_eq!(headers.set(b"A", b"2"), Err(ApiError::ImmutableHeaders));
        assert_eq!(headers.delete(b"Absent"), Err(ApiError::ImmutableHeaders));
        assert_eq!(headers.get(b"a"), Ok(Some("1".into())));
        let mut headers = with(Guard::Response, &[("Set-Cookie", "a=1")]);
        headers.append(b"set-cookie", b"b=2").unwrap();
        headers.delete(b"Set-Cookie").unwrap();
        assert_eq!(headers.get_set_cookie(), ["a=1"]);
    }

    #[test]
    fn names_and_values_are_checked_before_the_guard() {
        for guard in [
            Guard::Immutable,
            Guard::Request,
            Guard::RequestNoCors,
            Guard::Response,
            Guard::None,
        ] {
            let mut headers = Headers::new(guard);
            assert!(matches!(
                headers.append(b"a b", b"1"),
                Err(ApiError::HeaderName { .. })
            ));
            assert!(matches!(
                headers.append(b"", b"1"),
                Err(ApiError::HeaderName { .. })
            ));
            assert!(matches!(
                headers.set(b"a", b"1\n2"),
                Err(ApiError::HeaderValue { .. })
            ));
            assert!(matches!(
                headers.set(b"a", b"1\0"),
                Err(ApiError::HeaderValue { .. })
            ));
            assert!(matches!(
                headers.get("\u{e9}".as_bytes()),
                Err(ApiError::HeaderName { .. })
            ));
            assert!(matches!(
                headers.has(b"a:"),
                Err(ApiError::HeaderName { .. })
            ));
        }
    }

    #[test]
    fn a_sequence_item_must_be_a_pair() {
        let mut headers = Headers::new(Guard::None);
        let pair = vec!["a".into(), "1".into()];
        let init = HeadersInit::Sequence(vec![pair, vec!["b".into()]]);
        assert_eq!(headers.fill(&init), Err(ApiError::HeaderPair { length: 1 }));
        assert_eq!(headers.get(b"a"), Ok(Some("1".into())));
    }
}
