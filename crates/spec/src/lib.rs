//! Reads the step comments of a transcribed standard, and the inventory of its steps.
//!
//! `crossexam-spec-macros` turns what is read into code; the command `crossexam spec` lists it.

mod inventory;
mod sources;
mod step_comments;

pub use inventory::{Inventory, InventoryEntry};
pub use sources::{Transcribed, transcribed_in};
pub use step_comments::{Arguments, Records, StepComment, StepComments};
