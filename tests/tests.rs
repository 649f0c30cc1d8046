//! Tests through the binary.

mod architecture;
mod guide;
