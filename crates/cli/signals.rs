//! What asks a run to end: Ctrl-C, and the signal that ends a process.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};

/// Signals that are heard from the moment on that this is made.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Begins to hear them; one that the system does not let be heard ends the process as before.
    pub(crate) fn heard() -> Self {
        Self { interrupt: signal(SignalKind::interrupt()).ok(), terminate: signal(SignalKind::terminate()).ok() }
    }

    /// Waits for the next of them.
    pub(crate) async fn next(&mut self) {
        async fn one(signal: &mut Option<Signal>) {
            match signal {
                Some(signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        }
        tokio::select! {
            () = one(&mut self.interrupt) => {}
            () = one(&mut self.terminate) => {}
        }
    }
}

/// Ctrl-C, heard from the moment on that this is made.
#[cfg(windows)]
pub(crate) struct Signals(Option<CtrlC>);

#[cfg(windows)]
impl Signals {
    /// Begins to hear it.
    pub(crate) fn heard() -> Self {
        Self(ctrl_c().ok())
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        match &mut self.0 {
            Some(ctrl_c) => drop(ctrl_c.recv().await),
            None => std::future::pending().await,
        }
    }
}
