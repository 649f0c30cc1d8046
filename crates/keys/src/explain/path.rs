//! From the certificate that is shown to a trusted root.
//!
//! Issuers are found by name and proved by signature (RFC 5280 §6.1.3).

use super::{Explanation, ProblemKind, Question, rules};
use crate::{
    describe, name,
    verify::{Verified, verify},
};
use rustls::pki_types::CertificateDer;
use x509_parser::prelude::*;

/// How far the path leads.
enum End {
    Anchor,
    Loose,
}

/// Follows the chain and judges every certificate on the way.
pub(super) fn check(question: &Question<'_>, shown: &[CertificateDer<'static>], now: i64, explanation: &mut Explanation) {
    // The caller has parsed every one of them before.
    let chain: Vec<_> = shown.iter().filter_map(|der| describe::parse(der).ok()).collect();
    let anchors: Vec<_> =
        question.trust.iter().flat_map(|trust| &trust.anchors).filter_map(|der| describe::parse(der).ok()).collect();
    let Some(leaf) = chain.first() else { return };
    let mut path = vec![leaf];
    let mut end = End::Loose;
    let mut places = vec![0];
    let mut broken = false;
    while let Some(current) = path.last().copied() {
        if anchors.iter().any(|anchor| anchor.as_raw() == current.as_raw()) {
            end = End::Anchor;
            break;
        }
        if let Some(anchor) = find(current, anchors.iter(), &mut broken) {
            path.push(anchor);
            end = End::Anchor;
            break;
        }
        let rest = chain.iter().filter(|candidate| !path.iter().any(|used| std::ptr::eq(*used, *candidate)));
        match find(current, rest, &mut broken) {
            Some(next) => {
                places.extend(chain.iter().position(|candidate| std::ptr::eq(candidate, next)));
                path.push(next);
            }
            None => break,
        }
    }
    check_order(&chain, &places, leaf, explanation);
    if broken && matches!(end, End::Loose) {
        explanation.refuse(
            ProblemKind::BadSignature,
            "a certificate was not signed by the one that has its issuer's name".to_owned(),
            "the key of that authority does not verify the signature: another authority has the same name, or bytes changed",
            "take the issuer's certificate from the authority that made this one",
        );
    } else if question.trust.is_some() && matches!(end, End::Loose) {
        check_end(&path, explanation);
    }
    if question.trust.is_none() {
        explanation.notes.push("no trusted roots were given: issuers and revocation were not judged".to_owned());
    }
    let anchored = matches!(end, End::Anchor);
    rules::check_path(question, &path, anchored, now, explanation);
}

/// Finds the issuer of a certificate by its name and proves it by its signature.
fn find<'a, 'b: 'a>(
    current: &X509Certificate<'_>,
    mut among: impl Iterator<Item = &'a X509Certificate<'b>>,
    broken: &mut bool,
) -> Option<&'a X509Certificate<'b>> {
    among.find(|candidate| {
        if candidate.subject().as_raw() != current.issuer().as_raw() || candidate.as_raw() == current.as_raw() {
            return false;
        }
        let body = current.tbs_certificate.as_ref();
        let verified = verify(candidate.public_key(), &current.signature_algorithm, &current.signature_value, body);
        *broken |= verified == Verified::Bad;
        verified != Verified::Bad
    })
}

fn check_order(chain: &[X509Certificate<'_>], places: &[usize], leaf: &X509Certificate<'_>, explanation: &mut Explanation) {
    let leaf_later = leaf.is_ca() && chain.iter().any(|other| !other.is_ca());
    if leaf_later || !places.is_sorted() {
        explanation.refuse(
            ProblemKind::WrongOrder,
            "the certificates are not in order".to_owned(),
            "the end entity stands first, then each one's issuer; TLS 1.2 demands it and many peers do (RFC 5246 §7.4.2)",
            "put them into one file in that order: yours, the one that issued it, and so on",
        );
    } else if leaf.is_ca() {
        explanation.refuse(
            ProblemKind::AuthorityAsLeaf,
            format!("`{}` is an authority's certificate", name::line(leaf.subject())),
            "a certificate that may sign others is no end entity, and peers refuse it as one",
            "show a certificate that was issued for this server or client, and its key",
        );
    } else if places.len() < chain.len() {
        let unused = chain.iter().enumerate().filter(|(place, _)| !places.contains(place));
        let names: Vec<_> = unused.map(|(_, other)| format!("`{}`", name::line(other.subject()))).collect();
        explanation.notes.push(format!("not needed to reach a root: {}", names.join(", ")));
    }
}

/// Says what is wrong with a path that ends in nobody who is trusted.
fn check_end(path: &[&X509Certificate<'_>], explanation: &mut Explanation) {
    let Some(top) = path.last() else { return };
    let (subject, issuer) = (name::line(top.subject()), name::line(top.issuer()));
    let own = top.subject().as_raw() == top.issuer().as_raw();
    if own || top.is_ca() {
        let what = if own {
            format!("the chain ends in `{subject}`, which is not a trusted root")
        } else {
            format!("the chain ends in `{subject}`, whose issuer `{issuer}` is not a trusted root")
        };
        explanation.refuse(
            ProblemKind::UnknownIssuer,
            what,
            "nobody whom this side trusts vouches for the certificate",
            "have that root added to the trusted ones, or use a certificate of an authority that is trusted; where a further \
             intermediate certificate is between, add it to the chain",
        );
    } else {
        explanation.refuse(
            ProblemKind::MissingIntermediate,
            format!("the certificate of `{issuer}`, which issued `{subject}`, is missing"),
            "it is neither in the chain nor a trusted root, and peers do not fetch it",
            "add the intermediate certificate to the file, after yours; if it is a root, have it added to the trusted ones",
        );
    }
}
