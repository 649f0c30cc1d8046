//! TLS, HTTP client and server, raw capture, timing and faults.
