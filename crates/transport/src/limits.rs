//! The bounds of this crate.

/// Most header field lines of a message as hyper has it (and other servers too): its table for them is then no allocation.
pub(crate) const HEADERS_USUAL: usize = 100;

/// How much, how many and how long; passing one has an outcome that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most header field lines of a message.
    pub header_count_max: usize,
    /// Most bytes of a message's head.
    pub head_bytes_max: usize,
    /// Most bytes of a message's content, content coding undone or not.
    pub body_bytes_max: usize,
    /// Most connections at once; a further one is reset at once.
    pub connections_max: usize,
    /// How long a handshake may take, in milliseconds.
    pub handshake_ms: u64,
    /// How long a head may take from its connection's or predecessor's end, in milliseconds.
    pub head_ms: u64,
    /// How long a body may take, in milliseconds.
    pub body_ms: u64,
    /// How long connecting may take, in milliseconds.
    pub connect_ms: u64,
    /// How long an answer may take, in milliseconds.
    pub response_ms: u64,
    /// How long a connection that we left hanging stays open at most, in milliseconds.
    pub hang_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_count_max: HEADERS_USUAL,
            head_bytes_max: 64 * 1024,
            body_bytes_max: 64 * 1024 * 1024,
            connections_max: 2_000,
            handshake_ms: 10_000,
            head_ms: 60_000,
            body_ms: 120_000,
            connect_ms: 10_000,
            response_ms: 30_000,
            hang_ms: 120_000,
        }
    }
}

/// Most bytes that are read of a peer while we send it nothing; whether it goes away after more is not seen.
pub(crate) const AHEAD_BYTES_MAX: usize = 64 * 1024;
/// Most bytes that a memory connection holds in one direction.
pub(crate) const MEMORY_BYTES_MAX: usize = 256 * 1024;
/// Most bytes of a ClientHello.
pub(crate) const HELLO_BYTES_MAX: usize = 32 * 1024;
/// Bytes of garbage that are kept as evidence.
pub(crate) const GARBAGE_BYTES_MAX: usize = 64 * 1024;
/// Most HTTP/2 streams of a connection whose frames are held at once.
pub(crate) const STREAMS_HELD_MAX: usize = 1_000;
/// Most HTTP/2 streams that a peer may have open at once.
pub(crate) const STREAMS_OPEN_MAX: u32 = 100;
/// Most chunks of bytes from a directory that wait to be read.
pub(crate) const CHUNKS_WAITING_MAX: usize = 64;
/// How long a connection that ends by our will waits for what was already said, in milliseconds.
pub(crate) const FAREWELL_MS: u64 = 1_000;
