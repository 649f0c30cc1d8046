//! Renders the run record as HTML, XML, JSON and JUnit.
