//! Messages between windows: who may receive one.
//!
//! <https://html.spec.whatwg.org/multipage/web-messaging.html#window-post-message-steps>

use crossexam_web::{Origin, algorithm};
use url::Url;

use crate::exception::DomException;

/// The origin that a message is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetOrigin {
    /// Anybody: `*`.
    Any,
    /// Only this one.
    Only(Origin),
}

/// Reads the `targetOrigin` argument of `postMessage`. `incumbent` is the sender's origin.
///
/// # Errors
///
/// "SyntaxError" when it is neither `/`, nor `*`, nor a URL.
#[algorithm(Html, "window-post-message-steps", untraced)]
pub fn parse_target_origin(
    target_origin: &str,
    incumbent: &Origin,
) -> Result<TargetOrigin, DomException> {
    match target_origin {
        /// 4. `/` means the sender's own origin.
        "/" => Ok(TargetOrigin::Only(incumbent.clone())),
        "*" => Ok(TargetOrigin::Any),
        _ => {
            /// 5.1. Anything else is a URL,
            let url = Url::parse(target_origin);
            /// 5.2. or an error.
            let url = url.map_err(|_| {
                DomException::syntax(format!("the target origin {target_origin:?} is not a URL"))
            })?;
            /// 5.3. Of it, the origin counts.
            let origin = Origin::of_url(&url);
            // NB: an opaque origin of a URL is new, so it is nobody's: such a message reaches no window.
            Ok(TargetOrigin::Only(
                origin.unwrap_or_else(|| Origin::opaque(u64::MAX)),
            ))
        }
    }
}

/// Whether a document of this origin gets the message.
#[algorithm(Html, "window-post-message-steps", untraced)]
pub fn may_receive(target_origin: &TargetOrigin, document_origin: &Origin) -> bool {
    match target_origin {
        TargetOrigin::Any => true,
        /// 8.1. A document of another origin gets nothing, and nobody is told.
        TargetOrigin::Only(origin) => origin.is_same_origin(document_origin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Origin {
        Origin::of_url(&Url::parse(url).unwrap()).unwrap()
    }

    #[test]
    fn the_target_origin_decides_who_hears_it() {
        let alice = origin("https://alice.example");
        let charlie = origin("https://charlie.example");
        let reaches = |target: &str, document: &Origin| {
            may_receive(&parse_target_origin(target, &alice).unwrap(), document)
        };
        assert!(reaches("*", &charlie));
        assert!(reaches("/", &alice));
        assert!(!reaches("/", &charlie));
        assert!(reaches("https://charlie.example/some/path", &charlie));
        assert!(!reaches("http://charlie.example", &charlie));
        assert!(!reaches("https://charlie.example:8443", &charlie));
        assert!(!reaches("data:text/plain,x", &Origin::opaque(3)));
    }

    #[test]
    fn nonsense_is_a_syntax_error() {
        let alice = origin("https://alice.example");
        assert_eq!(
            parse_target_origin("null", &alice).unwrap_err().name,
            "SyntaxError"
        );
        assert_eq!(
            parse_target_origin("", &alice).unwrap_err().name,
            "SyntaxError"
        );
    }
}
