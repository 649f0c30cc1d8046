//! Conditions, expressions, templates, captures and generators.
