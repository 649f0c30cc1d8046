//! Sends a message as its script says, on a stream that nothing else writes to.

use crate::stream::Stream;
use crate::tape::{Action, Mark};
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::io;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

/// A message on its way out.
pub(super) struct Script {
    actions: VecDeque<Action>,
    sent: BytesMut,
    first_byte: Option<Instant>,
}

impl Script {
    pub(super) fn new(actions: VecDeque<Action>) -> Self {
        Self { actions, sent: BytesMut::new(), first_byte: None }
    }

    /// Sends the message; whoever waits to be told of it is told, also where it could not be sent whole.
    pub(super) async fn play(&mut self, stream: &mut Stream) -> io::Result<()> {
        let result = self.go_on(stream).await;
        if let Err(error) = &result {
            self.give_up(error.kind());
        }
        result
    }

    async fn go_on(&mut self, stream: &mut Stream) -> io::Result<()> {
        while let Some(action) = self.actions.pop_front() {
            match action {
                Action::Bytes(bytes) => {
                    self.first_byte.get_or_insert_with(Instant::now);
                    self.sent.extend_from_slice(&bytes);
                    stream.write_all(&bytes).await?;
                    stream.flush().await?;
                }
                Action::Close => stream.shutdown().await?,
                Action::End => {}
                Action::Mark(tell) => {
                    if let Some(kind) = stream.broken() {
                        self.actions.push_front(Action::Mark(tell));
                        return Err(kind.into());
                    }
                    let mark = Mark { wire: self.wire(), first_byte: self.first_byte, broken: None };
                    if let Some(recorded) = tell(mark) {
                        recorded.await;
                    }
                }
                Action::Pause(time) => tokio::time::sleep(time).await,
                Action::Reset => {
                    stream.reset();
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
            }
        }
        Ok(())
    }

    /// Gives what was sent, with what follows without a pause.
    fn wire(&self) -> Bytes {
        let mut wire = self.sent.clone();
        for action in &self.actions {
            let Action::Bytes(bytes) = action else { break };
            wire.extend_from_slice(bytes);
        }
        wire.freeze()
    }

    /// Tells that the rest is not sent.
    pub(super) fn give_up(&mut self, kind: io::ErrorKind) {
        for action in std::mem::take(&mut self.actions) {
            if let Action::Mark(tell) = action {
                let mark = Mark { wire: self.sent.clone().freeze(), first_byte: self.first_byte, broken: Some(kind) };
                drop(tell(mark));
            }
        }
    }

    /// Gives what was sent so far.
    pub(super) fn into_sent(self) -> Bytes {
        self.sent.freeze()
    }
}
