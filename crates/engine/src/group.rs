//! A hook's shell with all that it starts, as one group of processes that ends together.

use tokio::process::{Child, Command};

/// The processes of a hook that is under way; dropped before the hook's end, it kills them.
#[derive(Debug)]
pub(crate) struct Group(Option<u32>);

impl Group {
    /// Lets a command lead a group of its own.
    pub(crate) fn lead(command: &mut Command) {
        #[cfg(unix)]
        command.process_group(0);
        command.kill_on_drop(true);
    }

    /// Takes the group that a command leads.
    pub(crate) fn of(child: &Child) -> Self {
        Self(child.id())
    }

    /// Leaves what still runs alone: the hook came to its end, and what it left running it left on purpose.
    pub(crate) fn release(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            let leader = self.0.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
            if let Some(leader) = leader {
                // Where nothing is left of the group there is nothing to end.
                let _ = kill_process_group(leader, Signal::KILL);
            }
        }
    }
}
