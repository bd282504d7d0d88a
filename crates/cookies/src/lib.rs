//! Cookies as the layered cookies draft defines them (draft-ietf-httpbis-layered-cookies): parse, store, retrieve.
//!
//! The crate decides nothing about requests and documents: whoever calls says whether the channel is secure, whether
//! the caller is HTTP, and how much the context is trusted ([`SameSiteMode`]). Time is handed in. What the draft leaves
//! to a user agent, and where user agents of different years differ, is a [`CookiePolicy`].
//!
//! ```
//! use crossexam_cookies::{CookiePolicy, CookieStore, SameSiteMode, serialize_cookies};
//! use crossexam_web::{Host, Timestamp, Trace};
//!
//! let (policy, trace, now) = (CookiePolicy::default(), Trace::off(), Timestamp::from_secs(1_767_225_600));
//! let alice = Host::Domain("alice.example".into());
//! let mut store = CookieStore::new();
//! store.parse_and_store(now, b"sid=1; SameSite=Lax", true, &alice, "/login", true, false, true, &policy, &trace)?;
//!
//! let mut cookies = |mode| {
//!     serialize_cookies(&store.retrieve(now, true, &alice, "/", true, mode, &policy, &trace))
//! };
//! assert_eq!(cookies(SameSiteMode::LaxOrLess), "sid=1");
//! assert_eq!(cookies(SameSiteMode::UnsetOrLess), "");
//! # Ok::<(), crossexam_cookies::CookieRejection>(())
//! ```
//!
//! Left out, because the draft leaves it out: `Partitioned` cookies and any other division of the store by the page's
//! site. The attribute is ignored like every unknown one.

mod cookie;
mod date;
mod domain;
mod evict;
mod outcome;
mod parse;
mod path;
mod policy;
mod retrieve;
mod serialize;
mod store;
mod store_a_cookie;

pub use cookie::{Cookie, DomainAttribute, NewCookie, SameSite};
pub use date::parse_a_date;
pub use domain::domain_matches;
pub use evict::Removed;
pub use outcome::{CookieRejection, RejectionCause, StoreChange, StoreOutcome, Withheld};
pub use parse::parse_a_cookie;
pub use path::{cookie_default_path, path_matches};
pub use policy::{CookiePolicy, SameSiteDefault, SameSiteMode};
pub use retrieve::Retrieved;
pub use serialize::serialize_cookies;
pub use store::CookieStore;
