#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::{Authority, Defect, Usage, sample};

fn asked<'a>(chain: &'a [CertificateDer<'static>], trust: &'a Trust) -> Question<'a> {
    let expected_name = Some("peer.example.test");
    Question { chain, trust: Some(trust), purpose: Purpose::Server, expected_name, now: sample::now() }
}

fn kinds(explanation: &Explanation) -> Vec<ProblemKind> {
    explanation.problems.iter().map(|problem| problem.kind).collect()
}

fn made(defect: Defect) -> (Authority, Vec<CertificateDer<'static>>, Trust) {
    let mut authority = sample::authority();
    let chain = sample::issued(&mut authority, Usage::Server, defect).identity.chain;
    let trust = authority.trust(sample::now()).unwrap();
    (authority, chain, trust)
}

#[test]
fn every_defect_is_named_and_nothing_else() {
    let expected = [
        (Defect::None, None),
        (Defect::Expired, Some(ProblemKind::Expired)),
        (Defect::NotYetValid, Some(ProblemKind::NotYetValid)),
        (Defect::Revoked, Some(ProblemKind::Revoked)),
        (Defect::UnknownIssuer, Some(ProblemKind::UnknownIssuer)),
        (Defect::WeakKey, Some(ProblemKind::WeakKey)),
        (Defect::WrongName, Some(ProblemKind::WrongName)),
    ];
    assert_eq!(expected.len(), Defect::ALL.len());
    for (defect, kind) in expected {
        let (_, chain, trust) = made(defect);
        let explanation = explain(&asked(&chain, &trust));
        assert_eq!(kinds(&explanation), Vec::from_iter(kind), "{defect}: {}", explanation.render());
    }
}

#[test]
fn good_chain_is_told_with_its_facts() {
    let (_, chain, trust) = made(Defect::None);
    let text = explain(&asked(&chain, &trust)).render();
    for part in [
        "certificate 1 of 2",
        "who: CN=peer.example.test",
        "issued by: CN=Sample issuing",
        "(90 days left)",
        "names: peer.example.test, 127.0.0.1",
        "key: EC P-256",
        "signed with: ECDSA with SHA-256",
        "for: server authentication",
        "revocation list at: http://crl.example.test/lists/issuing.crl",
        "nothing found that would be refused",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn leaf_alone_lacks_its_intermediate() {
    let (_, chain, trust) = made(Defect::None);
    assert_eq!(kinds(&explain(&asked(&chain[..1], &trust))), [ProblemKind::MissingIntermediate]);
}

#[test]
fn chain_upside_down_is_in_wrong_order() {
    let (_, mut chain, trust) = made(Defect::None);
    chain.reverse();
    assert!(kinds(&explain(&asked(&chain, &trust))).contains(&ProblemKind::WrongOrder));
}

#[test]
fn authority_shown_as_end_entity_is_refused() {
    let (authority, _, trust) = made(Defect::None);
    let chain = [authority.issuing().clone()];
    assert!(kinds(&explain(&asked(&chain, &trust))).contains(&ProblemKind::AuthorityAsLeaf));
}

#[test]
fn server_certificate_is_refused_as_a_clients() {
    let (_, chain, trust) = made(Defect::None);
    let question = Question { purpose: Purpose::Client, ..asked(&chain, &trust) };
    assert_eq!(kinds(&explain(&question)), [ProblemKind::WrongUsage]);
}

#[test]
fn changed_bytes_are_a_bad_signature() {
    let (_, mut chain, trust) = made(Defect::None);
    let mut bytes = chain[0].to_vec();
    let at = bytes.windows(4).position(|window| window == b"peer").unwrap();
    bytes[at] = b'b';
    chain[0] = bytes.into();
    let question = Question { expected_name: None, ..asked(&chain, &trust) };
    assert_eq!(kinds(&explain(&question)), [ProblemKind::BadSignature]);
}

#[test]
fn authority_of_the_same_name_and_another_key_is_a_bad_signature() {
    let (_, chain, _) = made(Defect::None);
    let (_, other_chain, other_trust) = made(Defect::None);
    let mixed = [chain[0].clone(), other_chain[1].clone()];
    assert_eq!(kinds(&explain(&asked(&mixed, &other_trust))), [ProblemKind::BadSignature]);
}

#[test]
fn without_trust_nothing_is_said_of_issuers() {
    let (_, chain, trust) = made(Defect::UnknownIssuer);
    let question = Question { trust: None, ..asked(&chain, &trust) };
    let explanation = explain(&question);
    assert_eq!(kinds(&explanation), []);
    assert!(explanation.render().contains("not judged"));
}

#[test]
fn long_life_is_a_note_and_no_problem() {
    let mut authority = sample::authority();
    let issue = crate::Issue { days: 500, ..sample::wanted(Usage::Server, Defect::None) };
    let chain = authority.issue(&issue).unwrap().identity.chain;
    let explanation = explain(&asked(&chain, &authority.trust(sample::now()).unwrap()));
    assert_eq!(kinds(&explanation), []);
    assert!(explanation.notes.iter().any(|note| note.contains("398")), "{:?}", explanation.notes);
}

#[test]
fn sha1_and_short_rsa_of_a_foreign_chain_are_named() {
    if !sample::has_openssl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root =
        ["req", "-x509", "-newkey", "rsa:1024", "-sha1", "-nodes", "-keyout", "rk.pem", "-out", "r.pem", "-subj", "/CN=old"];
    assert!(sample::openssl(folder.path(), &root).0);
    let leaf =
        ["req", "-x509", "-newkey", "rsa:1024", "-sha1", "-nodes", "-keyout", "k.pem", "-out", "c.pem", "-subj", "/CN=leaf"];
    let signed = ["-CA", "r.pem", "-CAkey", "rk.pem", "-addext", "basicConstraints=CA:FALSE"];
    assert!(sample::openssl(folder.path(), &[&leaf[..], &signed].concat()).0);
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let (root, chain, key) = (read("r.pem"), read("c.pem"), read("k.pem"));
    let source = |name, bytes| crate::Source { name, bytes };
    let identity = crate::read_identity(source("c.pem", &chain), source("k.pem", &key)).unwrap();
    assert!(identity.certified_key().is_ok());
    let described = describe(&identity.chain[0]).unwrap();
    assert_eq!((described.signature.as_str(), described.key.as_str()), ("RSA with SHA-1", "RSA 1024"));
    let trust = crate::read_trust(source("r.pem", &root)).unwrap();
    // OpenSSL takes the time from the machine; what is said of lives is left aside.
    let mut named = kinds(&explain(&Question { expected_name: None, ..asked(&identity.chain, &trust) }));
    named.retain(|kind| ![ProblemKind::Expired, ProblemKind::NotYetValid].contains(kind));
    assert_eq!(named, [ProblemKind::WeakKey, ProblemKind::WeakSignature, ProblemKind::WeakKey]);
}
