//! TLS, HTTP/1.1, HTTP/2 and LDAP client and server, raw capture, timing and faults.
//!
//! hyper parses and paces; what we send goes out byte for byte as given, beneath it. Nothing here knows of scenarios or rules.

mod alpn;
mod client;
mod coding;
mod connection;
mod delivery;
mod directory;
mod driver;
mod error;
mod head;
mod hello;
mod http1;
mod http2;
mod limits;
mod line;
mod memory;
mod old;
mod protocol;
mod proxy;
mod server;
mod sha1;
mod stream;
mod tape;
mod tls;

pub use client::{Client, Connect, Connected, Failed, Received, Sending, Timeouts};
pub use coding::{ContentCoding, encode};
pub use delivery::{Closing, CutAfter, CutHow, Delivery, Drip, Framing};
pub use error::Error;
pub use hello::Hello;
pub use limits::Limits;
pub use memory::MemoryNetwork;
pub use old::{OldProbe, OldVersion, probe_old_tls};
pub use protocol::Protocol;
pub use server::{Call, Delivered, Ended, Handler, Numbers, Record, Recorded, Reply, Server, ServerOptions, Welcome};
pub use stream::Network;
pub use tape::Recording;
pub use tls::{ClientAuth, ServerTrust, TlsClient, TlsServer, Versions};
