//! The policy of the Fetch API, without any engine: what a `Headers` object accepts, what a `Request` may be made of,
//! what a `Response` may be.
//!
//! A binding converts a script's arguments as Web IDL says, calls these functions, and throws what they return as error.
//!
//! <https://fetch.spec.whatwg.org/#fetch-api>

pub mod body;
pub mod error;
pub mod fetch_method;
pub mod form_data;
pub mod headers;
pub mod request;
pub mod response;

pub use body::{
    BodyInit, BodyWithType, Keepalive, StreamUse, extract, get_the_mime_type, safely_extract,
};
pub use error::{ApiError, Exception};
pub use headers::{Guard, Headers, HeadersInit};
pub use request::{RequestInfo, RequestInit, RequestObject};
pub use response::{ResponseInit, ResponseObject};
