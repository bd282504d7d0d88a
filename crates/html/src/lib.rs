//! The parts of HTML that decide who a document is and what its elements ask for.
//!
//! Sandboxing, origins and policies of documents, their environments, navigations and their requests, forms, the
//! requests of elements, workers, messages between windows. Engine-neutral: no DOM, no clock, no executor; what the algorithms
//! need of a browser they are handed.

pub mod content_security_policy;
pub mod cors_settings;
pub mod decode;
pub mod document_cookie;
pub mod document_domain;
pub mod document_type;
pub mod element_requests;
pub mod environment;
pub mod event_source;
pub mod exception;
pub mod forms;
pub mod media_queries;
pub mod messaging;
pub mod navigables;
pub mod navigation;
pub mod navigation_checks;
pub mod opener_policy;
pub mod origin;
pub mod policy_container;
pub mod sandbox;
pub mod source_set;
pub mod style_resources;
pub mod style_sheets;
pub mod workers;

pub use exception::DomException;
pub use sandbox::SandboxingFlags;
