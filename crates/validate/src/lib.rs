//! Compiled rules that turn a message into findings.
