//! Lays a JSON text out with one member or item a line.

use super::locate::Walk;
use crate::layout::Piece;
use std::ops::ControlFlow;

/// Prints a text that has been parsed before, until it ends or the printer breaks off.
pub(super) fn lay_out(text: &[u8], print: &mut dyn FnMut(Piece) -> ControlFlow<()>) -> ControlFlow<()> {
    let mut walk = Walk { text, at: 0 };
    let mut depth = 0_usize;
    loop {
        walk.skip_space();
        let Some(byte) = walk.peek() else { return ControlFlow::Continue(()) };
        let start = walk.at;
        // A parsed text has nothing but these; a step of at least one byte keeps the loop finite all the same.
        match byte {
            b'"' => walk.skip_string(),
            b'{' | b'[' | b'}' | b']' | b',' | b':' => walk.at += 1,
            _ => walk.skip_word(),
        }
        walk.at = walk.at.clamp(start + 1, text.len());
        if matches!(byte, b'}' | b']') {
            depth = depth.saturating_sub(1);
            print(Piece::Line(depth))?;
        }
        print(Piece::Source(start..walk.at))?;
        match byte {
            b'{' | b'[' => {
                walk.skip_space();
                if matches!(walk.peek(), Some(b'}' | b']')) {
                    print(Piece::Source(walk.at..walk.at + 1))?;
                    walk.at += 1;
                } else {
                    depth += 1;
                    print(Piece::Line(depth))?;
                }
            }
            b',' => print(Piece::Line(depth))?,
            b':' => print(Piece::Space)?,
            _ => {}
        }
    }
}
