//! Port blocking.
//!
//! <https://fetch.spec.whatwg.org/#port-blocking>

use crossexam_web::algorithm;
use crossexam_web::ports::is_bad_port;

use crate::request::Request;

/// Whether the port of a request is one that no request goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortBlocking {
    /// It is.
    Blocked {
        /// The port.
        port: u16,
    },
    /// It is not.
    Allowed,
}

/// Whether fetching a request should be blocked due to a bad port.
#[algorithm("block-bad-port", untraced)]
pub fn should_be_blocked_due_to_a_bad_port(request: &Request) -> PortBlocking {
    /// 1. Where does it go?
    let url = request.current_url();
    if matches!(url.scheme(), "http" | "https")
        && let Some(port) = url.port()
        && is_bad_port(port)
    {
        /// 2. Something else than HTTP is spoken there.
        return PortBlocking::Blocked { port };
    }
    /// 3. Any other port will do.
    PortBlocking::Allowed
}
