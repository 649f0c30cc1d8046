//! What is spoken on the connections of a server or client.

/// A protocol; which version of it is agreed on each connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// LDAP version 3 (RFC 4511).
    Directory,
    /// HTTP/1.1 or HTTP/2.
    #[default]
    Http,
}
