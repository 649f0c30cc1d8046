#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::{CsrOptions, Defect, KeyKind, Usage, csr, explain::*, read_pkcs12, sample};
use proptest::prelude::*;

fn source<'a>(name: &'a str, text: &'a str) -> Source<'a> {
    Source { name, bytes: text.as_bytes() }
}

#[test]
fn identity_comes_back_from_its_pem() {
    for defect in [Defect::None, Defect::WeakKey] {
        let made = sample::issued(&mut sample::authority(), Usage::Both, defect);
        let read = read_identity(source("c", &made.chain_pem), source("k", &made.key_pem)).unwrap();
        assert_eq!((read.chain, read.key), (made.identity.chain, made.identity.key));
    }
}

#[test]
fn trust_and_lists_come_back_from_pem_and_der() {
    let mut authority = sample::authority();
    sample::issued(&mut authority, Usage::Server, Defect::Revoked);
    let trust = authority.trust(sample::now()).unwrap();
    let mut text = crate::pem::encode("CERTIFICATE", &trust.anchors[0]);
    for list in &trust.revocations {
        text.push_str(&crate::pem::encode("X509 CRL", list));
        assert_eq!(read_crl(Source { name: "l", bytes: list }).unwrap(), std::slice::from_ref(list));
    }
    let read = read_trust(source("trust.pem", &text)).unwrap();
    assert_eq!((read.anchors, read.revocations), (trust.anchors.clone(), trust.revocations));
    assert_eq!(read_chain(Source { name: "r", bytes: &trust.anchors[0] }).unwrap(), trust.anchors);
}

#[test]
fn key_of_another_certificate_is_refused_with_both_files() {
    let mut authority = sample::authority();
    let one = sample::issued(&mut authority, Usage::Server, Defect::None);
    let two = sample::issued(&mut authority, Usage::Server, Defect::None);
    let refusal = read_identity(source("one.pem", &one.chain_pem), source("two-key.pem", &two.key_pem)).unwrap_err().to_string();
    assert!(refusal.contains("one.pem") && refusal.contains("two-key.pem"), "{refusal}");
}

#[test]
fn wrong_files_are_told_what_they_are() {
    let made = sample::issued(&mut sample::authority(), Usage::Server, Defect::None);
    let request = csr(&CsrOptions { common_name: "x.test".to_owned(), ..CsrOptions::default() }).unwrap();
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let cut = made.chain_pem.get(..200).unwrap();
    let told = [
        (read_chain(source("f", &made.key_pem)).unwrap_err(), "only a private key"),
        (read_chain(source("f", &request.csr_pem)).unwrap_err(), "a request"),
        (read_chain(source("f", "")).unwrap_err(), "empty"),
        (read_chain(source("f", "hello")).unwrap_err(), "neither PEM nor DER"),
        (read_chain(source("f", cut)).unwrap_err(), "cut short"),
        (read_key(source("f", &made.chain_pem)).unwrap_err(), "only certificates"),
        (read_key(source("f", encrypted)).unwrap_err(), "openssl pkey -in f"),
        (read_crl(source("f", &made.chain_pem)).unwrap_err(), "only certificates"),
        (read_pkcs12(source("f", &made.chain_pem), "").unwrap_err(), "not PKCS#12"),
        (read_file(Path::new("/nowhere/x.pem"), 10).unwrap_err(), "/nowhere/x.pem"),
    ];
    for (error, words) in told {
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
}

#[test]
fn pkcs12_of_the_store_library_comes_back() {
    let made = sample::issued(&mut sample::authority(), Usage::Client, Defect::None);
    let bytes = pkcs12(&made.identity);
    let read = read_pkcs12(Source { name: "c.p12", bytes: &bytes }, "password").unwrap();
    assert_eq!(read.chain, made.identity.chain);
    assert_eq!(read.key.secret_der(), made.identity.key.secret_der());
    let wrong = read_pkcs12(Source { name: "c.p12", bytes: &bytes }, "passwort").unwrap_err().to_string();
    assert!(wrong.contains("c.p12") && wrong.contains("password is wrong"), "{wrong}");
    assert!(!wrong.contains("passwort"));
}

fn pkcs12(identity: &Identity) -> Vec<u8> {
    use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
    let key = PrivateKey::from_der(identity.key.secret_der()).unwrap();
    let chain: Vec<_> = identity.chain.iter().map(|der| Certificate::from_der(der).unwrap()).collect();
    let mut store = KeyStore::new();
    store.add_entry("one", KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new("one", key, chain)));
    store.writer("password").encryption_iterations(1000).mac_iterations(1000).write().unwrap()
}

#[test]
fn pkcs12_of_openssl_comes_back_in_both_forms() {
    if !sample::has_openssl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let made = sample::issued(&mut sample::authority(), Usage::Client, Defect::None);
    made.save(folder.path(), "client", crate::Existing::Keep).unwrap();
    let export =
        ["pkcs12", "-export", "-in", "client.pem", "-inkey", "client-key.pem", "-out", "c.p12", "-passout", "pass:secret"];
    for form in [&[][..], &["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"]] {
        let (done, text) = sample::openssl(folder.path(), &[&export[..], form].concat());
        assert!(done, "{text}");
        let bytes = std::fs::read(folder.path().join("c.p12")).unwrap();
        let read = read_pkcs12(Source { name: "c.p12", bytes: &bytes }, "secret").unwrap();
        assert_eq!(read.chain, made.identity.chain);
    }
}

#[test]
fn requests_are_what_openssl_expects() {
    let folder = tempfile::tempdir().unwrap();
    let options = CsrOptions {
        common_name: "real.example.test".to_owned(),
        organisation: Some("Example Ltd".to_owned()),
        country: Some("GB".to_owned()),
        usage: Usage::Both,
        key: KeyKind::Rsa2048,
        ..CsrOptions::default()
    };
    assert!(csr(&CsrOptions { country: Some("uk".to_owned()), ..options.clone() }).is_err());
    let request = csr(&options).unwrap();
    assert!(!format!("{request:?}").contains("PRIVATE"));
    request.save(folder.path(), "real", crate::Existing::Keep).unwrap();
    if !sample::has_openssl() {
        return;
    }
    let (_, text) = sample::openssl(folder.path(), &["req", "-in", "real-csr.pem", "-noout", "-verify", "-text"]);
    for part in ["verify OK", "O = Example Ltd", "DNS:real.example.test", "TLS Web Client Authentication"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn keys_never_show() {
    let mut authority = sample::authority();
    let made = sample::issued(&mut authority, Usage::Server, Defect::None);
    let secret = made.identity.key.secret_der();
    let body: String = made.key_pem.lines().nth(1).unwrap().to_owned();
    let shown = [
        format!("{authority:?}"),
        format!("{made:?}"),
        format!("{:?}", made.identity),
        format!("{:#?}", made.identity),
        format!("{:?}", made.identity.certified_key().unwrap()),
        format!("{:?}", source("k", &made.key_pem)),
        read_key(source("k", &made.key_pem.replace("-----END", "!!-----END"))).unwrap_err().to_string(),
        format!("{:?}", read_key(source("k", &made.key_pem.replace("-----END", "!!-----END"))).unwrap_err()),
    ];
    for text in shown {
        assert!(!text.contains(&body), "{text}");
        assert!(!text.contains(&format!("{secret:?}")), "{text}");
        assert!(!text.contains(&describe::hexadecimal(secret)), "{text}");
    }
}

/// Gives every reader the same bytes; what counts is that each comes back.
fn read_all(bytes: &[u8]) {
    let source = Source { name: "any", bytes };
    let _ = read_key(source);
    let _ = read_identity(source, source);
    let _ = read_crl(source);
    let _ = read_pkcs12(source, "password");
    let trust = read_trust(source).unwrap_or_default();
    let chain = read_chain(source).unwrap_or_default();
    let raw = [CertificateDer::from(bytes.to_vec())];
    for chain in [chain.as_slice(), &raw] {
        let question = Question {
            chain,
            trust: Some(&trust),
            purpose: Purpose::Server,
            expected_name: Some("peer.example.test"),
            now: sample::now(),
        };
        let _ = explain(&question).render();
    }
    let _ = crate::index::parse(&String::from_utf8_lossy(bytes), Path::new("any"));
}

fn samples() -> Vec<Vec<u8>> {
    let mut authority = sample::authority();
    let made = sample::issued(&mut authority, Usage::Both, Defect::Revoked);
    let weak = sample::issued(&mut authority, Usage::Both, Defect::WeakKey);
    let list = authority.crl(sample::now()).unwrap();
    let mut both = made.chain_pem.clone() + &made.key_pem;
    both.push_str(&crate::pem::encode("X509 CRL", &list));
    vec![
        made.identity.chain[0].to_vec(),
        list.to_vec(),
        made.identity.key.secret_der().to_vec(),
        weak.identity.key.secret_der().to_vec(),
        pkcs12(&made.identity),
        both.into_bytes(),
        crate::index::render(authority.issued()).into_bytes(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        read_all(&bytes);
    }

    #[test]
    fn any_damage_is_read_or_refused(changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..6), cut in any::<u16>()) {
        static SAMPLES: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
        for sample in SAMPLES.get_or_init(samples) {
            let mut bytes = sample.clone();
            for (at, byte) in &changes {
                let at = usize::from(*at) % bytes.len();
                bytes[at] = *byte;
            }
            read_all(&bytes);
            bytes.truncate(usize::from(cut) % bytes.len());
            read_all(&bytes);
        }
    }
}
