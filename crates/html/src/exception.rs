//! Errors that a page's script is told.

/// An exception as a script sees it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct DomException {
    /// `TypeError`, or the name of a `DOMException`, for example `SecurityError`.
    pub name: &'static str,
    /// What is wrong.
    pub message: String,
}

impl DomException {
    /// "SecurityError": the operation is not allowed here.
    pub fn security(message: impl Into<String>) -> Self {
        Self {
            name: "SecurityError",
            message: message.into(),
        }
    }

    /// "SyntaxError": a string does not have the form it should.
    pub fn syntax(message: impl Into<String>) -> Self {
        Self {
            name: "SyntaxError",
            message: message.into(),
        }
    }
}
