//! JSON Web Tokens in their compact form (RFC 7515, RFC 7519): read strictly, mint, sign and verify, and the sets of keys
//! that belong to them (RFC 7517).
//!
//! A token comes from a peer, so that everything about it can be wrong. What is wrong is told by part, and reading one part
//! does not need the others to be right.

mod algorithm;
mod key;
mod limits;
mod private;
mod set;
mod signing;
mod token;
mod verify;

pub use algorithm::Algorithm;
pub use key::{KeyFault, PublicKey};
pub use private::{PrivateKey, unsecured};
pub use set::KeySet;
pub use signing::{public_set, sign};
pub use token::{Malformed, Part, Token, part};
pub use verify::{Unverified, verify};
