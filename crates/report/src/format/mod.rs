//! One file for each format.

mod checklist;
mod html;
mod json;
mod junit;
mod xml;

pub(crate) use checklist::{checklist_csv, checklist_html};
pub(crate) use html::{html, prepare};
pub(crate) use json::json;
pub(crate) use junit::junit;
pub(crate) use xml::xml;
