//! The files of a run under way, and group commit: exchanges that end while others are being written go out with one write.

use super::Line;
use crate::bodies::Bodies;
use crate::journal::Draft;
use crate::limits::COMMIT_BYTES_MAX;
use crate::lock::lock;
use crate::{Error, JournalWriter, Stamped};
use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// What is done with a line once it is written, or with the reason why it is not.
type Told = Box<dyn FnOnce(Result<Line, Error>) + Send>;

/// A line on its way to the journal.
struct Waiting {
    draft: Draft,
    stamped: Stamped,
    told: Told,
    ticket: Arc<Ticket>,
}

/// Whether a line was written, and who waits for it.
#[derive(Debug, Default)]
struct Ticket(Mutex<(bool, Option<Waker>)>);

impl Ticket {
    fn is_over(&self) -> bool {
        lock(&self.0).0
    }

    fn end(&self) {
        let waker = {
            let mut state = lock(&self.0);
            state.0 = true;
            state.1.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }
}

/// Lines that wait for the next write, in the order of the journal.
#[derive(Default)]
struct Queue {
    lines: VecDeque<Waiting>,
    /// Somebody was asked to commit, and will until nothing waits.
    is_served: bool,
}

impl Queue {
    /// Takes what goes out with one write.
    fn take(&mut self) -> Vec<Waiting> {
        let mut bytes = 0;
        let fits = |waiting: &&Waiting| {
            bytes += waiting.draft.line().len();
            bytes <= COMMIT_BYTES_MAX
        };
        let count = self.lines.iter().take_while(fits).count().max(1);
        self.lines.drain(..count.min(self.lines.len())).collect()
    }
}

/// The files of a run.
pub(super) struct Files {
    pub(super) folder: PathBuf,
    pub(super) journal: Mutex<JournalWriter>,
    pub(super) bodies: Bodies,
    queue: Mutex<Queue>,
}

impl fmt::Debug for Files {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Files({})", self.folder.display())
    }
}

impl Files {
    pub(super) fn new(folder: PathBuf, journal: JournalWriter, bodies: Bodies) -> Self {
        Self { folder, journal: Mutex::new(journal), bodies, queue: Mutex::default() }
    }

    /// Writes an event after all that wait.
    pub(super) fn write(&self, stamped: &Stamped) -> Result<Line, Error> {
        let draft = Draft::new(stamped);
        let mut journal = lock(&self.journal);
        self.write_waiting(&mut journal);
        let mut draft = draft.map_err(|error| journal.fail(error))?;
        self.append(&mut journal, std::slice::from_mut(&mut draft), std::slice::from_ref(stamped))?;
        Ok(Line(Some(draft)))
    }

    /// Puts an event behind those that wait; `told` hears what became of it.
    pub(super) fn enqueue(self: &Arc<Self>, stamped: Stamped, told: Told) -> Recording {
        let ticket = Arc::new(Ticket::default());
        let mut recording = Recording { waits_for: Some((Arc::clone(self), Arc::clone(&ticket))), committing: None };
        match Draft::new(&stamped) {
            Ok(draft) => {
                let mut queue = lock(&self.queue);
                queue.lines.push_back(Waiting { draft, stamped, told, ticket });
                if !std::mem::replace(&mut queue.is_served, true) {
                    recording.committing = Some(Committing(Some(Arc::clone(self))));
                }
            }
            Err(error) => {
                told(Err(lock(&self.journal).fail(error)));
                ticket.end();
            }
        }
        recording
    }

    /// Writes everything that waits.
    pub(super) fn commit(&self) {
        self.write_waiting(&mut lock(&self.journal));
    }

    fn write_waiting(&self, journal: &mut JournalWriter) {
        while self.write_next(journal) {}
    }

    /// Writes what waits, as far as it goes out with one write; tells whether there was anything.
    fn write_next(&self, journal: &mut JournalWriter) -> bool {
        let batch = lock(&self.queue).take();
        let is_some = !batch.is_empty();
        if is_some {
            self.write_batch(journal, batch);
        }
        is_some
    }

    fn write_batch(&self, journal: &mut JournalWriter, batch: Vec<Waiting>) {
        let (mut drafts, mut events, mut heard) = (Vec::new(), Vec::new(), Vec::new());
        for Waiting { draft, stamped, told, ticket } in batch {
            drafts.push(draft);
            events.push(stamped);
            heard.push((told, ticket));
        }
        let mut failed = self.append(journal, &mut drafts, &events).err();
        let is_written = failed.is_none();
        for (draft, (told, ticket)) in drafts.into_iter().zip(heard) {
            // The first hears why, the others that there was something before them.
            told(if is_written { Ok(Line(Some(draft))) } else { Err(failed.take().unwrap_or(Error::WriteAfterFailure)) });
            ticket.end();
        }
    }

    /// Writes lines, bodies first, so that the journal never speaks of bytes that are not there.
    fn append(&self, journal: &mut JournalWriter, drafts: &mut [Draft], events: &[Stamped]) -> Result<(), Error> {
        self.bodies.write().map_err(|error| journal.fail(error))?;
        journal.append_drafts(drafts, events)
    }
}

/// Ends when a line is written. Dropped before, it writes what waits, so that nothing is lost with a connection.
#[derive(Debug)]
pub struct Recording {
    waits_for: Option<(Arc<Files>, Arc<Ticket>)>,
    committing: Option<Committing>,
}

impl Recording {
    /// Something that is recorded already.
    pub(super) fn over() -> Self {
        Self { waits_for: None, committing: None }
    }

    /// Gives the work of writing what waits, to whoever put the first line there: it is to be done soon, and not at once,
    /// so that others can still add theirs.
    pub fn take_committing(&mut self) -> Option<Committing> {
        self.committing.take()
    }
}

impl Future for Recording {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some((_, ticket)) = &self.waits_for {
            let mut state = lock(&ticket.0);
            if !state.0 {
                state.1 = Some(context.waker().clone());
                return Poll::Pending;
            }
        }
        self.waits_for = None;
        Poll::Ready(())
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if let Some((files, ticket)) = &self.waits_for
            && !ticket.is_over()
        {
            files.commit();
        }
    }
}

/// The work of writing what waits, until nothing does.
#[derive(Debug)]
pub struct Committing(Option<Arc<Files>>);

impl Committing {
    /// Writes what waits. Where more came meanwhile it gives itself back, to be done again after a while.
    #[must_use]
    pub fn commit(mut self) -> Option<Self> {
        let files = self.0.take()?;
        files.write_next(&mut lock(&files.journal));
        let mut queue = lock(&files.queue);
        queue.is_served = !queue.lines.is_empty();
        let is_more = queue.is_served;
        drop(queue);
        is_more.then_some(Self(Some(files)))
    }
}

impl Drop for Committing {
    /// Whoever puts a line there next is asked again.
    fn drop(&mut self) {
        if let Some(files) = &self.0 {
            lock(&files.queue).is_served = false;
        }
    }
}
