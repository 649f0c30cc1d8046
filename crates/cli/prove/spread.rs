//! Work for every core: items handed out one by one, results in the order of the items.

use crate::console;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Most threads that play at once.
const THREADS_MAX: usize = 8;
/// Stack of a thread that plays: a scenario's steps nest.
pub(super) const STACK_BYTES: usize = 32 * 1024 * 1024;

/// Gives how many threads play.
pub(super) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(THREADS_MAX)
}

/// Does the work for each item, each bench on its own thread.
pub(super) fn spread<B: Sync, T: Sync, R: Send>(
    benches: &[B],
    items: &[T],
    what: &'static str,
    work: impl Fn(&B, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    let progress = console::progress(items.len());
    progress.set_message(what);
    std::thread::scope(|scope| {
        for bench in benches {
            let (next, done, progress, work) = (&next, &done, &progress, &work);
            let run = move || {
                while let Some((at, item)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, items.get(at)?)))
                {
                    let result = work(bench, item);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                    progress.inc(1);
                }
            };
            // Where no thread is to be had, the work is done here.
            if std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, run).is_err() {
                run();
            }
        }
    });
    progress.finish_and_clear();
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
