//! proptest strategies for what an exchange is made of. Each shrinks towards something that can be read.

mod answers;
mod cases;
mod origins;
mod requests;

pub use answers::{Policy, answer, policy};
pub use cases::{case, history, redirect_chain};
pub use origins::{near_miss, near_misses, origin};
pub use requests::{fetch_call, header, header_list, method};
