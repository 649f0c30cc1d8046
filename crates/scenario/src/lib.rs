//! The pack and scenario file model: text to tree and diagnostics.
