//! Serialize cookies.

use std::borrow::Borrow;

use bytes::{BufMut, Bytes, BytesMut};
use crossexam_web::algorithm;

use crate::cookie::Cookie;

/// The value of a `Cookie` header, or what a script reads from `document.cookie`.
#[algorithm(Cookies, "serialize-cookies", untraced)]
pub fn serialize_cookies<C: Borrow<Cookie>>(cookies: &[C]) -> Bytes {
    let length = |cookie: &C| cookie.borrow().name.len() + cookie.borrow().value.len() + 3;
    /// 1. Begin with nothing.
    let mut output = BytesMut::with_capacity(cookies.iter().map(length).sum());
    /// 2. Go through the cookies.
    for cookie in cookies {
        let cookie = cookie.borrow();
        if !output.is_empty() {
            /// 2.1. A semicolon and a space between two.
            output.put_slice(b"; ");
        }
        if !cookie.name.is_empty() {
            /// 2.2. The name, if there is one, and `=`.
            output.put_slice(&cookie.name);
            output.put_u8(b'=');
        }
        /// 2.3. The value.
        output.put_slice(&cookie.value);
    }
    /// 3. That is the value.
    output.freeze()
}
