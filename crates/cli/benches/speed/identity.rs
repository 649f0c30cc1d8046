//! Certificates of an authority made for the moment, and the clients that trust it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use counterpart_keys::{Authority, AuthorityOptions, Defect, Issue, KeyKind, Usage};
use rustls::pki_types::CertificateDer;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// A certificate with its key, as files and for a client here, and the authority that issued it.
pub(crate) struct Identity {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) root: PathBuf,
}

/// Issues a certificate for `localhost`, by an authority of its own.
pub(crate) fn issue(folder: &Path, name: &str, usage: Usage) -> Identity {
    let now = SystemTime::now();
    let options = AuthorityOptions { name: format!("Bench {name}"), now, days: 30, key: KeyKind::EcP256, crl_url: None };
    let mut authority = Authority::new(&options).unwrap();
    let common_name = "localhost".to_owned();
    let names = vec![common_name.clone()];
    let issue = Issue { usage, common_name, names, defect: Defect::None, days: 7, key: KeyKind::EcP256, now };
    let credential = authority.issue(&issue).unwrap();
    let path = |what: &str| folder.join(format!("{name}-{what}.pem"));
    let identity = Identity { cert: path("cert"), key: path("key"), root: path("root") };
    std::fs::write(&identity.cert, &credential.chain_pem).unwrap();
    std::fs::write(&identity.key, &credential.key_pem).unwrap();
    std::fs::write(&identity.root, pem(authority.root())).unwrap();
    identity
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(certificate))
}

/// A client that trusts a server's authority, and shows a certificate where it has one.
pub(crate) fn connector(server: &Identity, client: Option<&Identity>) -> tokio_rustls::TlsConnector {
    use rustls::pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&server.root).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    let config = match client {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let chain = CertificateDer::pem_file_iter(&client.cert).unwrap().map(Result::unwrap).collect();
            let key = rustls::pki_types::PrivateKeyDer::from_pem_file(&client.key).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    tokio_rustls::TlsConnector::from(Arc::new(config))
}
