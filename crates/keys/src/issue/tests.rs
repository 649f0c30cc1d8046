//! Every defect is refused by a real handshake in memory, every good certificate is taken; OpenSSL agrees where it is there.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::{Trust, sample};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection,
    client::WebPkiServerVerifier,
    crypto::aws_lc_rs::default_provider,
    pki_types::{ServerName, UnixTime},
    server::WebPkiClientVerifier,
    sign::SingleCertAndKey,
    time_provider::TimeProvider,
};
use std::{process::Command, time::Duration};

#[derive(Debug)]
struct Fixed;

impl TimeProvider for Fixed {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(sample::NOW_S)))
    }
}

fn roots(trust: &Trust) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for anchor in &trust.anchors {
        roots.add(anchor.clone()).unwrap();
    }
    Arc::new(roots)
}

/// Shakes hands in memory with mutual TLS and gives the first refusal in words.
fn handshake(trust: &Trust, server: &Identity, client: &Identity) -> Result<(), String> {
    let provider = Arc::new(default_provider());
    let asks = WebPkiClientVerifier::builder_with_provider(roots(trust), provider.clone())
        .with_crls(trust.revocations.iter().cloned())
        .build()
        .unwrap();
    let server_config = ServerConfig::builder_with_details(provider.clone(), Arc::new(Fixed))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(asks)
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(server.certified_key().unwrap())));
    let judges = WebPkiServerVerifier::builder_with_provider(roots(trust), provider.clone())
        .with_crls(trust.revocations.iter().cloned())
        .build()
        .unwrap();
    let client_config = ClientConfig::builder_with_details(provider, Arc::new(Fixed))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_webpki_verifier(judges)
        .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(client.certified_key().unwrap())));
    let name = ServerName::try_from("peer.example.test").unwrap();
    let mut near = ClientConnection::new(Arc::new(client_config), name).unwrap();
    let mut far = ServerConnection::new(Arc::new(server_config)).unwrap();
    for _ in 0..8 {
        let mut wire = Vec::new();
        while near.wants_write() {
            near.write_tls(&mut wire).unwrap();
        }
        far.read_tls(&mut wire.as_slice()).unwrap();
        far.process_new_packets().map_err(|error| format!("server: {error:?}"))?;
        let mut wire = Vec::new();
        while far.wants_write() {
            far.write_tls(&mut wire).unwrap();
        }
        near.read_tls(&mut wire.as_slice()).unwrap();
        near.process_new_packets().map_err(|error| format!("client: {error:?}"))?;
    }
    assert!(!near.is_handshaking() && !far.is_handshaking());
    Ok(())
}

/// What rustls says of each defect.
const REFUSALS: &[(Defect, &str)] = &[
    (Defect::Expired, "Expired"),
    (Defect::NotYetValid, "NotValidYet"),
    (Defect::Revoked, "Revoked"),
    (Defect::UnknownIssuer, "UnknownIssuer"),
    (Defect::WeakKey, "BadSignature"),
];

#[test]
fn good_certificates_of_every_kind_are_taken() {
    for (key, _) in KeyKind::ALL.iter().filter(|(key, _)| *key != KeyKind::Rsa4096) {
        let mut authority = sample::authority();
        let server = authority.issue(&Issue { key: *key, ..sample::wanted(Usage::Server, Defect::None) }).unwrap();
        let client = authority.issue(&Issue { key: *key, ..sample::wanted(Usage::Client, Defect::None) }).unwrap();
        let trust = authority.trust(sample::now()).unwrap();
        assert_eq!(handshake(&trust, &server.identity, &client.identity), Ok(()), "{key}");
    }
}

#[test]
fn every_defect_of_a_server_is_refused_for_its_own_reason() {
    let wrong_name = (Defect::WrongName, "NotValidForName");
    for (defect, reason) in REFUSALS.iter().chain([&wrong_name]) {
        let mut authority = sample::authority();
        let server = sample::issued(&mut authority, Usage::Server, *defect);
        let client = sample::issued(&mut authority, Usage::Client, Defect::None);
        let refusal = handshake(&authority.trust(sample::now()).unwrap(), &server.identity, &client.identity).unwrap_err();
        assert!(refusal.starts_with("client: ") && refusal.contains(reason), "{defect}: {refusal}");
    }
}

#[test]
fn every_defect_of_a_client_is_refused_for_its_own_reason() {
    for (defect, reason) in REFUSALS {
        let mut authority = sample::authority();
        let server = sample::issued(&mut authority, Usage::Server, Defect::None);
        let client = sample::issued(&mut authority, Usage::Client, *defect);
        let refusal = handshake(&authority.trust(sample::now()).unwrap(), &server.identity, &client.identity).unwrap_err();
        assert!(refusal.starts_with("server: ") && refusal.contains(reason), "{defect}: {refusal}");
    }
}

#[test]
fn certificate_of_the_other_usage_is_refused() {
    let mut authority = sample::authority();
    let client = sample::issued(&mut authority, Usage::Client, Defect::None);
    let refusal = handshake(&authority.trust(sample::now()).unwrap(), &client.identity, &client.identity).unwrap_err();
    assert!(refusal.contains("InvalidPurpose"), "{refusal}");
}

#[test]
fn certificate_is_refused_once_it_is_revoked() {
    let mut authority = sample::authority();
    let server = sample::issued(&mut authority, Usage::Server, Defect::None);
    let client = sample::issued(&mut authority, Usage::Client, Defect::None);
    assert_eq!(handshake(&authority.trust(sample::now()).unwrap(), &server.identity, &client.identity), Ok(()));
    authority.revoke(&client.serial, Reason::Superseded, sample::now()).unwrap();
    let refusal = handshake(&authority.trust(sample::now()).unwrap(), &server.identity, &client.identity).unwrap_err();
    assert!(refusal.contains("Revoked"), "{refusal}");
}

#[test]
fn revoking_by_a_name_needs_exactly_one() {
    let mut authority = sample::authority();
    let first = sample::issued(&mut authority, Usage::Server, Defect::None);
    let second = sample::issued(&mut authority, Usage::Server, Defect::None);
    let ambiguous = authority.revoke("peer.example.test", Reason::Superseded, sample::now()).unwrap_err().to_string();
    assert!(ambiguous.contains(&first.serial) && ambiguous.contains(&second.serial), "{ambiguous}");
    authority.revoke(&first.serial, Reason::Superseded, sample::now()).unwrap();
    assert_eq!(authority.revoke("peer.example.test", Reason::Superseded, sample::now()).unwrap().serial, second.serial);
    assert!(matches!(authority.revoke("nobody", Reason::Superseded, sample::now()), Err(Error::FindIssued { .. })));
}

#[test]
fn life_beyond_the_authority_is_refused() {
    let mut authority = sample::authority();
    let issue = Issue { days: 3651, ..sample::wanted(Usage::Server, Defect::None) };
    assert!(matches!(authority.issue(&issue), Err(Error::Outlive { .. })));
}

#[test]
fn names_that_no_peer_can_match_are_refused() {
    for name in ["a b", "-x.test", "*.*.test", "", "x..test", "1.2.3", "über.test"] {
        let issue = Issue { names: vec![name.to_owned()], ..sample::wanted(Usage::Server, Defect::None) };
        assert!(matches!(sample::authority().issue(&issue), Err(Error::UseValue { .. })), "{name}");
    }
}

#[test]
fn openssl_judges_the_same() {
    if !sample::has_openssl() {
        return;
    }
    // Level 2 demands 112 bits of security; a name is looked at only because `-verify_hostname` says so.
    let judged: &[(Defect, &str)] = &[
        (Defect::None, "OK"),
        (Defect::Expired, "certificate has expired"),
        (Defect::NotYetValid, "certificate is not yet valid"),
        (Defect::Revoked, "certificate revoked"),
        (Defect::UnknownIssuer, "unable to get"),
        (Defect::WrongName, "hostname mismatch"),
        (Defect::WeakKey, "key too weak"),
    ];
    let mut authority = sample::authority();
    for (defect, word) in judged {
        let folder = tempfile::tempdir().unwrap();
        let credential = sample::issued(&mut authority, Usage::Server, *defect);
        credential.save(folder.path(), "leaf", crate::Existing::Keep).unwrap();
        authority.save(folder.path(), crate::Existing::Keep, sample::now()).unwrap();
        let output = Command::new("openssl")
            .current_dir(folder.path())
            .args(["verify", "-x509_strict", "-auth_level", "2", "-purpose", "sslserver", "-crl_check_all"])
            .args(["-attime", &sample::NOW_S.to_string(), "-verify_hostname", "peer.example.test"])
            .args(["-CAfile", "root.pem", "-CRLfile", "issuing-crl.pem", "-CRLfile", "root-crl.pem"])
            .args(["-untrusted", "leaf.pem", "leaf.pem"])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(text.contains(word), "{defect}: {text}");
        assert_eq!(output.status.success(), *defect == Defect::None, "{defect}: {text}");
    }
}
