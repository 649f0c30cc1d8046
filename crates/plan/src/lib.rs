//! Resolves and compiles packs and options into a plan.
