//! TLS 1.2 and 1.3 by rustls: what we show, what we ask for, and what a handshake came to.

use crate::Error;
use crate::hello::Hello;
use crate::sha1;
use counterpart_evidence::{Alert, PeerCertificate, Tls, TlsSide};
use counterpart_keys::{Authority, AuthorityOptions, Identity, KeyKind, RevocationList, RevocationPolicy, Trust, describe};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, PeerIncompatible,
    ProtocolVersion, RootCertStore, ServerConfig, SignatureScheme, SupportedProtocolVersion,
};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Whether a server asks for a client certificate.
#[derive(Clone, Debug)]
pub enum ClientAuth {
    /// It asks, and lets everybody through: what is wrong with a certificate is told beside it.
    Any(Trust),
    /// It does not.
    None,
    /// It asks, and does without.
    Optional(Trust),
    /// It refuses a client without one.
    Required(Trust),
}

/// Which versions are spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Versions {
    /// 1.2 and 1.3.
    #[default]
    Both,
    /// 1.2.
    Only12,
    /// 1.3.
    Only13,
}

impl Versions {
    fn list(self) -> &'static [&'static SupportedProtocolVersion] {
        static BOTH: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS13, &rustls::version::TLS12];
        static ONLY_12: [&SupportedProtocolVersion; 1] = [&rustls::version::TLS12];
        static ONLY_13: [&SupportedProtocolVersion; 1] = [&rustls::version::TLS13];
        match self {
            Self::Both => &BOTH,
            Self::Only12 => &ONLY_12,
            Self::Only13 => &ONLY_13,
        }
    }
}

/// How we speak TLS as a server.
#[derive(Clone, Debug)]
pub struct TlsServer {
    pub(crate) config: Arc<ServerConfig>,
    other_alpn: bool,
    /// Judges the certificates that were let through.
    judge: Option<Arc<dyn ClientCertVerifier>>,
}

/// How we speak TLS as a client.
#[derive(Clone, Debug)]
pub struct TlsClient {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) alpn: Vec<String>,
    pub(crate) highest: &'static str,
}

/// Whom a client trusts.
#[derive(Clone, Debug)]
pub enum ServerTrust {
    /// Anybody: for probes, never for a run.
    Anybody,
    /// Servers whose chain leads to an anchor and that bear the right name.
    Chain(Trust),
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: std::sync::OnceLock<Arc<CryptoProvider>> = std::sync::OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider())))
}

/// Gives the library of signatures that a chain may have.
fn believing(trust: &Trust) -> Arc<CryptoProvider> {
    if trust.allows_sha1 { sha1::provider(&provider()) } else { provider() }
}

/// Gives the revocation lists to look at. Without any the library looks at nothing and believes everybody, so that
/// where that is not wanted the list of an authority that issued nothing is one.
fn lists(trust: &Trust) -> Result<Vec<RevocationList>, Error> {
    if trust.revocation == RevocationPolicy::Soft || !trust.revocations.is_empty() {
        return Ok(trust.revocations.clone());
    }
    // Any day: whose certificate it could name is never asked about.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let options = AuthorityOptions { name: "Nobody".to_owned(), now, days: 1, key: KeyKind::EcP256, crl_url: None };
    let list = Authority::new(&options).and_then(|nobody| nobody.crl(now)).map_err(failed)?;
    Ok(vec![list])
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Tls { reason: error.to_string() }
}

/// Shows a certificate whatever its key: the usual way refuses keys that a scenario shows on purpose.
fn resolver(identity: &Identity) -> Result<Arc<rustls::sign::SingleCertAndKey>, Error> {
    let key = identity.certified_key().map_err(|error| failed(format!("could not {error}")))?;
    Ok(Arc::new(rustls::sign::SingleCertAndKey::from((*key).clone())))
}

fn roots(trust: &Trust) -> Arc<RootCertStore> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(trust.anchors.iter().cloned());
    Arc::new(store)
}

impl TlsServer {
    /// Sets a server up.
    ///
    /// # Errors
    /// [`Error::Tls`] where certificate, key or trust cannot be used.
    pub fn new(identity: &Identity, clients: &ClientAuth, versions: Versions, alpn: &[String]) -> Result<Self, Error> {
        Self::made(provider(), identity, clients, versions, alpn)
    }

    /// Sets a server up that can answer with an application protocol that was not offered; see [`Welcome::OtherAlpn`].
    ///
    /// # Errors
    /// As [`TlsServer::new`].
    ///
    /// [`Welcome::OtherAlpn`]: crate::Welcome::OtherAlpn
    pub fn with_any_alpn(identity: &Identity, clients: &ClientAuth, versions: Versions) -> Result<Self, Error> {
        let made = Self::made(crate::alpn::provider(&provider()), identity, clients, versions, &[])?;
        Ok(Self { other_alpn: true, ..made })
    }

    /// Gives these settings for a client with that offer; one that offers nothing can be answered nothing (RFC 7301 §3.1).
    pub(crate) fn with_other_alpn(&self, offered: &[String]) -> Self {
        let base = crate::alpn::base(offered).map(|name| name.clone().into_bytes());
        let mut config = (*self.config).clone();
        config.alpn_protocols = base.into_iter().collect();
        Self { config: Arc::new(config), ..self.clone() }
    }

    /// Gives the name that the client saw in place of the one that rustls believes was agreed.
    pub(crate) fn shown_alpn(&self, agreed: Option<&str>) -> Option<String> {
        agreed.filter(|_| self.other_alpn).map(|name| String::from_utf8_lossy(&crate::alpn::other(name.as_bytes())).into_owned())
    }

    /// Says why the certificate of a client that was let through would not be believed.
    pub(crate) fn refusal(&self, connection: &rustls::CommonState) -> Option<String> {
        let (certificate, chain) = connection.peer_certificates()?.split_first()?;
        let now = self.config.time_provider.current_time()?;
        self.judge.as_ref()?.verify_client_cert(certificate, chain, now).err().map(|error| error.to_string())
    }

    /// Tells whether the name in a plain ServerHello is to be changed on its way out.
    pub(crate) fn changes_alpn(&self) -> bool {
        self.other_alpn && !self.config.alpn_protocols.is_empty()
    }

    fn made(
        provider: Arc<CryptoProvider>,
        identity: &Identity,
        clients: &ClientAuth,
        versions: Versions,
        alpn: &[String],
    ) -> Result<Self, Error> {
        let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions.list()).map_err(failed)?;
        let verifier = |trust: &Trust| {
            let builder = WebPkiClientVerifier::builder_with_provider(roots(trust), believing(trust));
            let builder = builder.with_crls(lists(trust)?).only_check_end_entity_revocation();
            Ok::<_, Error>(match trust.revocation {
                RevocationPolicy::Soft => builder.allow_unknown_revocation_status(),
                RevocationPolicy::Hard => builder.enforce_revocation_expiration(),
            })
        };
        let mut judge: Option<Arc<dyn ClientCertVerifier>> = None;
        let builder = match clients {
            ClientAuth::Any(trust) => {
                let inner = verifier(trust)?.allow_unauthenticated().build().map_err(failed)?;
                judge = Some(Arc::clone(&inner));
                builder.with_client_cert_verifier(Arc::new(LetThrough(inner)))
            }
            ClientAuth::None => builder.with_no_client_auth(),
            ClientAuth::Optional(trust) => {
                builder.with_client_cert_verifier(verifier(trust)?.allow_unauthenticated().build().map_err(failed)?)
            }
            ClientAuth::Required(trust) => builder.with_client_cert_verifier(verifier(trust)?.build().map_err(failed)?),
        };
        let mut config = builder.with_cert_resolver(resolver(identity)?);
        // Each connection is judged by itself: a resumed one would show no certificate.
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.alpn_protocols = alpn.iter().map(|name| name.clone().into_bytes()).collect();
        Ok(Self { config: Arc::new(config), other_alpn: false, judge })
    }
}

impl TlsClient {
    /// Sets a client up.
    ///
    /// # Errors
    /// [`Error::Tls`] where certificate, key or trust cannot be used.
    pub fn new(trust: &ServerTrust, identity: Option<&Identity>, versions: Versions, alpn: &[String]) -> Result<Self, Error> {
        let builder = ClientConfig::builder_with_provider(provider()).with_protocol_versions(versions.list()).map_err(failed)?;
        let builder = match trust {
            ServerTrust::Anybody => builder.dangerous().with_custom_certificate_verifier(Arc::new(TrustAnybody(provider()))),
            ServerTrust::Chain(trust) => {
                let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(roots(trust), believing(trust));
                let verifier = verifier.with_crls(lists(trust)?).only_check_end_entity_revocation();
                let verifier = match trust.revocation {
                    RevocationPolicy::Soft => verifier.allow_unknown_revocation_status(),
                    RevocationPolicy::Hard => verifier.enforce_revocation_expiration(),
                };
                builder.with_webpki_verifier(verifier.build().map_err(failed)?)
            }
        };
        let mut config = match identity {
            Some(identity) => builder.with_client_cert_resolver(resolver(identity)?),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = alpn.iter().map(|name| name.clone().into_bytes()).collect();
        // Each connection is judged by itself: a resumed one would show no certificate.
        config.resumption = rustls::client::Resumption::disabled();
        let highest = if versions == Versions::Only12 { "1.2" } else { "1.3" };
        Ok(Self { config: Arc::new(config), alpn: alpn.to_vec(), highest })
    }
}

/// Lets a client through whatever its certificate, so that the answer can say what is wrong with it.
#[derive(Debug)]
struct LetThrough(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for LetThrough {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Accepts any server, for probes that ask how a server refuses.
#[derive(Debug)]
struct TrustAnybody(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAnybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Gives what a handshake came to.
pub(crate) fn facts(connection: &rustls::CommonState) -> Tls {
    Tls {
        version: connection.protocol_version().and_then(|version| match version {
            ProtocolVersion::TLSv1_2 => Some("1.2".to_owned()),
            ProtocolVersion::TLSv1_3 => Some("1.3".to_owned()),
            _ => None,
        }),
        suite: connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str().map(iana)),
        alpn: connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
        peer: connection.peer_certificates().and_then(|chain| chain.first()).map(peer),
        ..Tls::default()
    }
}

/// Adds what the client offered.
pub(crate) fn offered(mut tls: Tls, hello: Option<&Hello>) -> Tls {
    if let Some(hello) = hello {
        tls.alpn_offered.clone_from(&hello.alpn);
        tls.server_name.clone_from(&hello.server_name);
        tls.version_offered.clone_from(&hello.version);
    }
    tls
}

/// rustls spells TLS 1.3 suites `TLS13_...`; IANA spells them `TLS_...`.
fn iana(name: &str) -> String {
    name.replacen("TLS13_", "TLS_", 1)
}

fn peer(der: &CertificateDer<'_>) -> PeerCertificate {
    match describe(der) {
        Ok(certificate) => PeerCertificate {
            subject: certificate.subject,
            issuer: certificate.issuer,
            serial: certificate.serial,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            names: certificate.names,
            fingerprint: certificate.fingerprint,
            key: certificate.key,
        },
        // What cannot be read is said to be so rather than left out: the peer did show something.
        Err(error) => PeerCertificate { subject: format!("not readable: {error}"), ..PeerCertificate::default() },
    }
}

/// Finds a TLS alert among the causes of an error.
pub(crate) fn alert_behind(error: &(dyn std::error::Error + 'static)) -> Option<Alert> {
    let mut source = Some(error);
    while let Some(inner) = source {
        if let Some(alert) = inner.downcast_ref::<std::io::Error>().and_then(alert_of) {
            return Some(alert);
        }
        source = inner.source();
    }
    None
}

/// Finds the alert in an I/O error that TLS raised; `None` where it is about something else.
pub(crate) fn alert_of(error: &std::io::Error) -> Option<Alert> {
    let error = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())?;
    Some(match error {
        rustls::Error::AlertReceived(description) => Alert { side: TlsSide::Peer, description: alert_name(*description) },
        other => Alert { side: TlsSide::Ours, description: our_alert(other) },
    })
}

/// Spells an alert as RFC 8446 §6 does.
pub(crate) fn alert_name(description: AlertDescription) -> String {
    let text = description.as_str().map_or_else(|| format!("alert {}", u8::from(description)), ToOwned::to_owned);
    let mut name = String::new();
    for (at, character) in text.chars().enumerate() {
        if character.is_ascii_uppercase() && at > 0 {
            name.push('_');
        }
        name.push(character.to_ascii_lowercase());
    }
    name
}

/// Names the alert that we send for an error of ours, as rustls chooses it.
fn our_alert(error: &rustls::Error) -> String {
    let named = |description: AlertDescription| alert_name(description);
    match error {
        rustls::Error::NoCertificatesPresented => named(AlertDescription::CertificateRequired),
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => format!("certificate_unknown ({other})"),
        rustls::Error::InvalidCertificate(error) => named(error.clone().into()),
        rustls::Error::PeerIncompatible(
            PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::Tls12NotOffered,
        ) => named(AlertDescription::ProtocolVersion),
        rustls::Error::PeerIncompatible(
            PeerIncompatible::NullCompressionRequired | PeerIncompatible::UncompressedEcPointsRequired,
        ) => named(AlertDescription::IllegalParameter),
        rustls::Error::PeerIncompatible(_) => named(AlertDescription::HandshakeFailure),
        rustls::Error::PeerMisbehaved(rustls::PeerMisbehaved::SelectedUnofferedApplicationProtocol) => {
            named(AlertDescription::IllegalParameter)
        }
        rustls::Error::NoApplicationProtocol => named(AlertDescription::NoApplicationProtocol),
        rustls::Error::InvalidMessage(error) => named((*error).into()),
        rustls::Error::DecryptError => named(AlertDescription::DecryptError),
        other => other.to_string(),
    }
}
