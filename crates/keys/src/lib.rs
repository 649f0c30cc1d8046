//! Certificates and private keys: read, describe, make the test authority.
