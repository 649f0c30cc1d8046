//! What is judged in every certificate of a path: life, key, signature, use, name, revocation.

use super::{Explanation, ProblemKind, Purpose, Question};
use crate::{
    describe::{self, Key, describe},
    limits, name, time,
    verify::{Verified, verify},
};
use rustls::pki_types::CertificateDer;
use std::net::IpAddr;
use x509_parser::prelude::*;

/// Judges every certificate of a path; in an anchored one the last is trusted as it is.
pub(super) fn check_path(
    question: &Question<'_>,
    path: &[&X509Certificate<'_>],
    anchored: bool,
    now: i64,
    explanation: &mut Explanation,
) {
    for (index, certificate) in path.iter().enumerate() {
        let who = format!("`{}`", name::line(certificate.subject()));
        check_life(certificate, &who, now, explanation);
        check_key(certificate, &who, explanation);
        // A trusted root is trusted as a key: its own signature proves nothing and is not looked at.
        let own = certificate.subject().as_raw() == certificate.issuer().as_raw();
        if !own {
            check_signature(certificate, &who, explanation);
        }
        if index > 0 {
            check_authority(certificate, &who, explanation);
        }
        if let Some(issuer) = path.get(index + 1).filter(|_| anchored) {
            check_revocation(question, certificate, issuer, now, explanation);
        }
    }
    if let Some(leaf) = path.first() {
        check_usage(question.purpose, leaf, explanation);
        if let Some(expected) = question.expected_name {
            check_name(expected, leaf, explanation);
        }
        let days = (leaf.validity().not_after.timestamp() - leaf.validity().not_before.timestamp()) / time::DAY_S;
        if question.purpose == Purpose::Server && days > limits::PUBLIC_LIFE_DAYS_MAX {
            explanation.notes.push(format!(
                "it lives {days} days; browsers refuse more than {} from public authorities",
                limits::PUBLIC_LIFE_DAYS_MAX
            ));
        }
    }
}

fn check_life(certificate: &X509Certificate<'_>, who: &str, now: i64, explanation: &mut Explanation) {
    let (from, until) = (certificate.validity().not_before, certificate.validity().not_after);
    let text = |at: ASN1Time| time::rfc3339(at.to_datetime());
    if now > until.timestamp() {
        explanation.refuse(
            ProblemKind::Expired,
            format!("{who} expired at {}", text(until)),
            "a certificate counts only within its life (RFC 5280 §6.1.3)",
            "have it renewed; if the date looks right, set the clock of the machine that refuses it",
        );
    } else if now < from.timestamp() {
        explanation.refuse(
            ProblemKind::NotYetValid,
            format!("{who} is valid only from {}", text(from)),
            "a certificate counts only within its life (RFC 5280 §6.1.3)",
            "wait until then, or set the clock of the machine that refuses it",
        );
    }
}

fn check_key(certificate: &X509Certificate<'_>, who: &str, explanation: &mut Explanation) {
    let key = Key::of(certificate.public_key());
    if key.is_weak() {
        explanation.refuse(
            ProblemKind::WeakKey,
            format!("{who} has the weak key {key}"),
            "keys of less than 112 bits of security can be broken (NIST SP 800-57); RSA needs 2048 bits",
            "make a new key, EC P-256 or RSA of 2048 bits or more, and have a certificate made for it",
        );
    }
}

fn check_signature(certificate: &X509Certificate<'_>, who: &str, explanation: &mut Explanation) {
    let signature = describe::signature(&certificate.signature_algorithm);
    if signature.contains("SHA-1") || signature.contains("MD") {
        explanation.refuse(
            ProblemKind::WeakSignature,
            format!("{who} is signed by {signature}"),
            "such signatures can be forged, and peers refuse them (RFC 9155)",
            "have the authority issue it again with SHA-256",
        );
    }
}

fn check_authority(certificate: &X509Certificate<'_>, who: &str, explanation: &mut Explanation) {
    let may_sign = certificate.key_usage().ok().flatten().is_none_or(|usage| usage.value.key_cert_sign());
    if !certificate.is_ca() || !may_sign {
        explanation.refuse(
            ProblemKind::NotAuthority,
            format!("{who} signed another certificate and may not"),
            "only a certificate that says it is an authority's may sign others (RFC 5280 §6.1.4)",
            "use the authority's own certificate, with `CA:TRUE` and the key usage of certificate signing",
        );
    }
}

fn check_usage(purpose: Purpose, leaf: &X509Certificate<'_>, explanation: &mut Explanation) {
    let Ok(Some(usage)) = leaf.extended_key_usage() else { return };
    let (allowed, word) = match purpose {
        Purpose::Client => (usage.value.client_auth, "client"),
        Purpose::Server => (usage.value.server_auth, "server"),
    };
    if !allowed && !usage.value.any {
        explanation.refuse(
            ProblemKind::WrongUsage,
            format!("it is not for use by a {word}"),
            "its extended key usage does not name that use (RFC 5280 §4.2.1.12)",
            &format!("have one issued with the extended key usage `{word}Auth`"),
        );
    }
}

fn check_name(expected: &str, leaf: &X509Certificate<'_>, explanation: &mut Explanation) {
    let address = expected.parse::<IpAddr>().ok();
    let names = leaf.subject_alternative_name().ok().flatten();
    let fits = names.into_iter().flat_map(|names| &names.value.general_names).any(|general| match (general, address) {
        (GeneralName::DNSName(dns), None) => covers(dns, expected),
        (GeneralName::IPAddress(bytes), Some(address)) => describe::address(bytes) == Some(address),
        _ => false,
    });
    if !fits {
        let der = CertificateDer::from(leaf.as_raw());
        let names = describe(&der).map(|certificate| certificate.names).unwrap_or_default();
        let names = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
        explanation.refuse(
            ProblemKind::WrongName,
            format!("it is made out to {names}, not to {}", name::clean(expected)),
            "only the subject alternative names count, the common name does not (RFC 9525 §6.3)",
            "call the peer by a name of its certificate, or have one issued with that name",
        );
    }
}

/// Tells whether a DNS name of a certificate covers a host (RFC 9525 §6.3: `*` stands for exactly the first label).
fn covers(pattern: &str, host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    match (pattern.strip_prefix("*."), host.split_once('.')) {
        (Some(rest), Some((first, parent))) => !first.is_empty() && rest.eq_ignore_ascii_case(parent),
        _ => pattern.eq_ignore_ascii_case(host),
    }
}

fn check_revocation(
    question: &Question<'_>,
    certificate: &X509Certificate<'_>,
    issuer: &X509Certificate<'_>,
    now: i64,
    explanation: &mut Explanation,
) {
    let who = format!("`{}`", name::line(certificate.subject()));
    let mut listed = false;
    for der in question.trust.iter().flat_map(|trust| &trust.revocations) {
        let Ok((_, list)) = CertificateRevocationList::from_der(der) else { continue };
        if list.issuer().as_raw() != issuer.subject().as_raw() {
            continue;
        }
        let body = list.tbs_cert_list.as_ref();
        if verify(issuer.public_key(), &list.signature_algorithm, &list.signature_value, body) == Verified::Bad {
            explanation
                .notes
                .push(format!("a revocation list in the name of `{}` is not signed by it", name::line(list.issuer())));
            continue;
        }
        listed = true;
        if let Some(next) = list.next_update().filter(|next| next.timestamp() < now) {
            let until = time::rfc3339(next.to_datetime());
            explanation.notes.push(format!("the revocation list of `{}` was good until {until}", name::line(list.issuer())));
        }
        let serial = describe::serial(certificate);
        let found = list.iter_revoked_certificates().find(|entry| describe::without_zeros(entry.raw_serial()) == serial);
        if let Some(entry) = found {
            let when = time::rfc3339(entry.revocation_date.to_datetime());
            let reason = entry.reason_code().map(|(_, code)| format!(" ({code:?})")).unwrap_or_default();
            explanation.refuse(
                ProblemKind::Revoked,
                format!("{who} was revoked at {when}{reason}"),
                "it stands on its issuer's revocation list",
                "make a new key and have a new certificate issued; a revoked one does not come back",
            );
            return;
        }
    }
    if !listed {
        explanation.notes.push(format!("no revocation list of the issuer of {who} was given: not judged whether it is revoked"));
    }
}
