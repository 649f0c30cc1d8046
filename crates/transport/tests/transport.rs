//! Both sides against raw peers over loopback sockets: every outcome is told once, and nothing hangs or panics.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "transport/answers.rs"]
mod answers;
#[path = "transport/chains.rs"]
mod chains;
#[path = "transport/directory.rs"]
mod directory;
#[path = "transport/faults.rs"]
mod faults;
#[path = "transport/http2.rs"]
mod http2;
#[path = "transport/peer.rs"]
mod peer;
#[path = "transport/requests.rs"]
mod requests;
#[path = "transport/tls.rs"]
mod tls;
