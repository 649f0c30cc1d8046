//! Records a run as it happens.

mod files;
mod memory;
mod record;
#[cfg(test)]
mod tests;
mod texts;

pub use files::{Committing, Recording};
pub use memory::Memory;
pub use record::{Assessment, ExchangeMeta, Line, Recorder};
