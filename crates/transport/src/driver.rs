//! The task that drives a connection: it can be asked again and again how it ended.

use counterpart_evidence::Alert;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// How long the connection's own task may take to say what ended it.
const ALERT_WAIT: Duration = Duration::from_millis(250);

/// A connection's task. It is stopped when this goes.
pub(crate) struct Driver {
    task: AbortHandle,
    ended: Shared<BoxFuture<'static, Option<Alert>>>,
}

impl Driver {
    /// Starts the task; it gives the TLS alert that ended the connection, where one did.
    pub(crate) fn start(driving: impl Future<Output = Option<Alert>> + Send + 'static) -> Self {
        let task = tokio::spawn(driving);
        let abort = task.abort_handle();
        // A task's handle gives its result once; a connection that failed may be asked twice.
        let ended = async move { task.await.ok().flatten() }.boxed().shared();
        Self { task: abort, ended }
    }

    /// Tells whether the connection is over.
    pub(crate) fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// Stops it.
    pub(crate) fn abort(&self) {
        self.task.abort();
    }

    /// Waits until the connection is over, for at most a time; gives the alert that ended it.
    ///
    /// # Errors
    /// It is not over yet.
    pub(crate) async fn ended(&self, at_most: Duration) -> Result<Option<Alert>, tokio::time::error::Elapsed> {
        timeout(at_most, self.ended.clone()).await
    }

    /// Waits a moment for the connection to end, and gives the alert that ended it.
    pub(crate) async fn alert(&self) -> Option<Alert> {
        self.ended(ALERT_WAIT).await.ok().flatten()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::Driver;
    use std::time::Duration;

    #[tokio::test]
    async fn a_task_that_is_over_can_be_asked_twice() {
        let driver = Driver::start(async { None });
        assert!(driver.ended(Duration::from_secs(5)).await.is_ok());
        assert!(driver.ended(Duration::from_secs(5)).await.is_ok());
        assert!(driver.alert().await.is_none() && driver.is_finished());
    }

    #[tokio::test]
    async fn a_task_that_goes_on_is_waited_for_no_longer_than_asked() {
        let driver = Driver::start(std::future::pending());
        assert!(driver.ended(Duration::from_millis(1)).await.is_err());
        driver.abort();
        assert_eq!(driver.ended(Duration::from_secs(5)).await.ok(), Some(None));
    }
}
