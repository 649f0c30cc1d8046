//! Arguments of `counterpart certs`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(crate) struct CertsArgs {
    #[command(subcommand)]
    pub(crate) command: CertsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CertsCommand {
    /// Makes a test authority: root, issuing authority, a server's and a client's certificate.
    Init {
        /// Folder.
        #[arg(long, default_value = "certs")]
        dir: PathBuf,
        /// Kind of each key: ec-p256, ec-p384, ed25519, rsa-2048, rsa-3072, rsa-4096.
        #[arg(long, default_value = "ec-p256")]
        key: String,
        /// Replaces an authority that is there.
        #[arg(long)]
        replace: bool,
    },
    /// Issues a certificate, good or deliberately bad.
    Issue {
        /// Folder of the authority.
        #[arg(long, default_value = "certs")]
        dir: PathBuf,
        /// Common name.
        #[arg(long)]
        name: String,
        /// server, client or both.
        #[arg(long, default_value = "client")]
        usage: String,
        /// DNS name or address; can be given more than once.
        #[arg(long)]
        san: Vec<String>,
        /// What is wrong with it: none, expired, not-yet-valid, wrong-name, unknown-issuer, revoked, weak-key.
        #[arg(long, default_value = "none")]
        defect: String,
        /// Kind of its key: ec-p256, ec-p384, ed25519, rsa-2048, rsa-3072, rsa-4096.
        #[arg(long, default_value = "ec-p256")]
        key: String,
        /// Life in days.
        #[arg(long, default_value_t = 90)]
        days: u32,
    },
    /// Revokes a certificate by serial number or name, and writes the list anew.
    Revoke {
        /// Folder of the authority.
        #[arg(long, default_value = "certs")]
        dir: PathBuf,
        /// Serial number or name.
        certificate: String,
    },
    /// Makes a private key and a request for a certificate from a real authority, and says what to do with them.
    Csr(CsrArgs),
    /// Writes the revocation lists anew.
    Crl {
        /// Folder of the authority.
        #[arg(long, default_value = "certs")]
        dir: PathBuf,
    },
    /// Explains a chain: who, until when, what would be refused and why.
    Show {
        /// PEM files: the chain.
        files: Vec<PathBuf>,
        /// PEM file with the authorities to trust.
        #[arg(long)]
        ca: Option<PathBuf>,
        /// Name that the certificate must bear.
        #[arg(long)]
        name: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct CsrArgs {
    /// Folder to write into.
    #[arg(long, default_value = "certs")]
    pub(crate) dir: PathBuf,
    /// Common name.
    #[arg(long)]
    pub(crate) name: String,
    /// server, client or both.
    #[arg(long, default_value = "client")]
    pub(crate) usage: String,
    /// DNS name or address; can be given more than once.
    #[arg(long)]
    pub(crate) san: Vec<String>,
    /// Kind of the key: ec-p256, ec-p384, ed25519, rsa-2048, rsa-3072, rsa-4096.
    #[arg(long, default_value = "ec-p256")]
    pub(crate) key: String,
    /// Organisation.
    #[arg(long)]
    pub(crate) organisation: Option<String>,
    /// Unit of the organisation.
    #[arg(long)]
    pub(crate) unit: Option<String>,
    /// Town.
    #[arg(long)]
    pub(crate) locality: Option<String>,
    /// State or county.
    #[arg(long)]
    pub(crate) state: Option<String>,
    /// Country: two capital letters.
    #[arg(long)]
    pub(crate) country: Option<String>,
}
