//! Renderers: a run as text, JSON, Mermaid, SVG or HTML.

mod canvas;
mod html;
mod json;
mod markup;
mod mermaid;
mod svg;
mod text;

pub use canvas::wrapped;
pub use html::html;
pub use json::{FORMAT, RunDocument, document, json, json_list, json_schema};
pub use mermaid::mermaid;
pub use svg::svg;
pub use text::{Learner, TextOptions, introduction, text};
