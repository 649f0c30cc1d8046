//! Reads a journal back, event by event, and tells how much of it can be relied on.

use super::chain::{Chain, Mismatch, Step, TornLine};
use super::line::{Content, Counted, parse_content};
use crate::digest::hex;
use crate::{Error, Event, Limit, RunRecord, Stamped, fold};
use std::collections::VecDeque;
use std::path::Path;

/// How much of a journal can be relied on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalState {
    /// Number of the last whole line, from 1, dropped ones included.
    pub last_line: u64,
    /// Digest of the last whole line, hexadecimal.
    pub head: Option<String>,
    /// Whether every line fits the one before; a torn last line does no harm to that.
    pub intact: bool,
    /// A last line that was not written to its end.
    pub truncated_tail: Option<TornLine>,
    /// The first place where lines do not fit.
    pub first_mismatch: Option<Mismatch>,
    /// What stood in segments that were dropped to keep a size limit.
    pub dropped: Option<Counted>,
}

/// Reads the events of a run folder's journal in order.
///
/// Lines that cannot be understood are passed over and named in the state.
pub struct JournalReader {
    chain: Chain,
    line: Vec<u8>,
    ready: VecDeque<Stamped>,
    dropped: Option<Counted>,
    begun: bool,
}

impl JournalReader {
    /// Opens the journal in a run folder.
    ///
    /// # Errors
    ///
    /// `ReadFile` where the folder cannot be read.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let chain = Chain::open(folder)?;
        Ok(Self { chain, line: Vec::new(), ready: VecDeque::new(), dropped: None, begun: false })
    }

    /// Gives the next event; `None` at the end.
    ///
    /// # Errors
    ///
    /// `ReadFile` where a file cannot be read.
    pub fn next_event(&mut self) -> Result<Option<Stamped>, Error> {
        loop {
            if let Some(stamped) = self.ready.pop_front() {
                return Ok(Some(stamped));
            }
            if self.chain.next_line(&mut self.line)? == Step::End {
                return Ok(None);
            }
            match parse_content(&self.line) {
                Some(Content::Event(stamped)) => {
                    self.begun = true;
                    return Ok(Some(*stamped));
                }
                Some(Content::Segment(head)) if !self.begun => {
                    self.begun = true;
                    self.dropped = Some(head.before);
                    let started = head.header.map(|header| Stamped { at: head.at, event: Event::RunStarted(header) });
                    let limit = Limit {
                        what: format!("{} exchanges before segment {}", head.before.exchanges, head.segment),
                        why: "the oldest part of the journal was dropped to keep its size limit".to_owned(),
                    };
                    self.ready.extend(started);
                    self.ready.push_back(Stamped { at: head.at, event: Event::Limited(limit) });
                }
                Some(Content::Segment(_)) => {}
                None => self.chain.blame("does not hold an event"),
            }
        }
    }

    /// Folds what is left of the journal into a record, event by event; `None` where no run begins there.
    ///
    /// # Errors
    ///
    /// `ReadFile` where a file cannot be read.
    pub fn fold(&mut self) -> Result<Option<RunRecord>, Error> {
        let mut failed = None;
        let next = || {
            self.next_event().unwrap_or_else(|error| {
                failed = Some(error);
                None
            })
        };
        let record = fold(std::iter::from_fn(next));
        failed.map_or(Ok(record), Err)
    }

    /// Tells what is known once every event was read.
    #[must_use]
    pub fn state(&self) -> JournalState {
        JournalState {
            last_line: self.chain.number(),
            head: self.chain.head().map(|digest| hex(&digest)),
            intact: self.chain.mismatch.is_none(),
            truncated_tail: self.chain.torn.clone(),
            first_mismatch: self.chain.mismatch.clone(),
            dropped: self.dropped,
        }
    }

    /// Follows the chain to its end without reading what the lines say.
    pub(crate) fn skip_to_end(&mut self) -> Result<(), Error> {
        while self.chain.next_line(&mut self.line)? == Step::Line {}
        Ok(())
    }

    pub(crate) fn lines_here(&self) -> u64 {
        self.chain.lines
    }
}

/// Reads all events of a run folder's journal.
///
/// # Errors
///
/// `ReadFile` where a file cannot be read; a torn or changed line is no error but told by the state.
pub fn read_journal(folder: &Path) -> Result<(Vec<Stamped>, JournalState), Error> {
    let mut reader = JournalReader::open(folder)?;
    let mut events = Vec::new();
    while let Some(stamped) = reader.next_event()? {
        events.push(stamped);
    }
    Ok((events, reader.state()))
}
