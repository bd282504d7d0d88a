//! Which headers are safelisted, forbidden or unsafe; they stand in `crossexam-web`, where other rooms need them too.

pub use crossexam_web::safelist::*;
