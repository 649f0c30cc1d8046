//! Certificates and private keys: read, describe, make the test authority.
//!
//! Nothing here opens a socket, asks the time or fetches a revocation list: the time comes in as a value, lists come from
//! files.

mod authority;
mod describe;
mod error;
mod explain;
mod identity;
mod index;
mod issue;
mod kind;
pub mod limits;
mod name;
mod pem;
mod pkcs12;
mod read;
mod request;
#[cfg(test)]
mod sample;
mod signing;
mod store;
mod time;
mod verify;
mod weak;
mod words;

pub use authority::{Authority, AuthorityOptions, Issued};
pub use describe::{Certificate, describe};
pub use error::Error;
pub use explain::{Explanation, Problem, ProblemKind, Purpose, Question, explain};
pub use identity::{Identity, RevocationList, RevocationPolicy, Trust};
pub use issue::{Credential, Issue, WRONG_NAME};
pub use kind::KeyKind;
pub use pem::{Source, is_pkcs12};
pub use pkcs12::read_pkcs12;
pub use read::{read_chain, read_crl, read_file, read_identity, read_key, read_trust};
pub use request::{Csr, CsrOptions, csr};
pub use store::{Existing, file_name};
pub use words::{Defect, Reason, Usage};
