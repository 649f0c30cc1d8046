//! A chain in words: who, until when, what would be refused, why, and what to do.
//!
//! Reads and judges; it never fetches a revocation list and decides no connection: that is the TLS library's work.
//! <https://www.rfc-editor.org/rfc/rfc5280#section-6>

mod path;
mod rules;
#[cfg(test)]
mod tests;

use crate::{
    Certificate, Trust,
    describe::{self, describe},
    limits, time,
};
use rustls::pki_types::CertificateDer;
use std::time::SystemTime;

/// What a certificate is shown for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To a server, by its client.
    Client,
    /// To a client, by its server.
    Server,
}

/// What is asked about a chain.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The chain as it is shown: end entity first.
    pub chain: &'a [CertificateDer<'static>],
    /// Whom the judging side believes; without it, issuers and revocation are not judged.
    pub trust: Option<&'a Trust>,
    /// What it is shown for.
    pub purpose: Purpose,
    /// The DNS name or IP address that it must be made out to; without it, names are not judged.
    pub expected_name: Option<&'a str>,
    /// The time of judging.
    pub now: SystemTime,
}

/// The kind of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// An authority's certificate is used as an end entity.
    AuthorityAsLeaf,
    /// A signature in the chain is not the issuer's.
    BadSignature,
    /// The chain is empty.
    Empty,
    /// Its life is over.
    Expired,
    /// An intermediate certificate is missing.
    MissingIntermediate,
    /// A certificate signs others and may not.
    NotAuthority,
    /// Its life has not begun.
    NotYetValid,
    /// It is on a revocation list.
    Revoked,
    /// No trusted root stands at the end of the chain.
    UnknownIssuer,
    /// It cannot be parsed.
    Unreadable,
    /// Its key can be broken.
    WeakKey,
    /// It was signed with a hash that can be forged.
    WeakSignature,
    /// It is made out to other names.
    WrongName,
    /// The chain's certificates are not in order.
    WrongOrder,
    /// It is not for this use.
    WrongUsage,
}

/// Something for which a peer would refuse the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub kind: ProblemKind,
    /// What is wrong, one sentence.
    pub what: String,
    /// Why a peer refuses it.
    pub why: String,
    /// What to do.
    pub mend: String,
}

/// A chain in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// One section for each certificate, in the order of the chain: a title and lines `name: value`.
    pub sections: Vec<(String, Vec<String>)>,
    /// What would be refused.
    pub problems: Vec<Problem>,
    /// What would not be refused and is worth knowing, such as what was not judged.
    pub notes: Vec<String>,
}

impl Explanation {
    /// Renders it as lines of plain text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        for (title, lines) in &self.sections {
            text.push_str(&format!("{title}\n"));
            for line in lines {
                text.push_str(&format!("  {line}\n"));
            }
            text.push('\n');
        }
        if self.problems.is_empty() {
            text.push_str("nothing found that would be refused\n");
        }
        for problem in &self.problems {
            text.push_str(&format!("refused: {}\n  why:  {}\n  mend: {}\n", problem.what, problem.why, problem.mend));
        }
        for note in &self.notes {
            text.push_str(&format!("note: {note}\n"));
        }
        text
    }

    pub(crate) fn refuse(&mut self, kind: ProblemKind, what: String, why: &str, mend: &str) {
        self.problems.push(Problem { kind, what, why: why.to_owned(), mend: mend.to_owned() });
    }
}

/// Explains a chain and what a peer would refuse in it.
#[must_use]
pub fn explain(question: &Question<'_>) -> Explanation {
    let mut explanation = Explanation::default();
    let now = time::unix_s(question.now);
    if question.chain.is_empty() {
        let why = "a peer that asks for a certificate and gets none ends the handshake";
        explanation.refuse(ProblemKind::Empty, "the chain is empty".to_owned(), why, "give a certificate");
    }
    if question.chain.len() > limits::CHAIN_MAX {
        explanation.notes.push(format!("only the first {} certificates were looked at", limits::CHAIN_MAX));
    }
    let shown = question.chain.get(..limits::CHAIN_MAX).unwrap_or(question.chain);
    for (index, der) in shown.iter().enumerate() {
        let title = format!("certificate {} of {}", index + 1, question.chain.len());
        match (describe(der), describe::parse(der)) {
            (Ok(certificate), Ok(parsed)) => {
                let left = days_left(parsed.validity().not_after.timestamp(), now);
                explanation.sections.push((title, lines(&certificate, &left)));
            }
            (Err(error), _) | (_, Err(error)) => {
                let mend = "make the file again from the authority's answer";
                let what = format!("{title} cannot be read");
                explanation.refuse(ProblemKind::Unreadable, what, &format!("could not {error}"), mend);
            }
        }
    }
    if explanation.problems.is_empty() {
        path::check(question, shown, now, &mut explanation);
    }
    explanation
}

fn days_left(until_unix_s: i64, now_unix_s: i64) -> String {
    let days = until_unix_s.saturating_sub(now_unix_s) / time::DAY_S;
    match until_unix_s.cmp(&now_unix_s) {
        std::cmp::Ordering::Less => format!("ended {} days ago", -days),
        _ => format!("{days} days left"),
    }
}

fn lines(certificate: &Certificate, left: &str) -> Vec<String> {
    let list = |values: &[String], none: &str| if values.is_empty() { none.to_owned() } else { values.join(", ") };
    let kind = if certificate.is_ca { "an authority, may sign certificates" } else { "an end entity" };
    let mut lines = vec![
        format!("who: {}", certificate.subject),
        format!("issued by: {}", certificate.issuer),
        format!("valid: {} to {} ({left})", certificate.not_before, certificate.not_after),
        format!("names: {}", list(&certificate.names, "none")),
        format!("kind: {kind}"),
        format!("key: {}", certificate.key),
        format!("signed with: {}", certificate.signature),
        format!("for: {}", list(&certificate.extended_key_usages, "any use")),
        format!("key usage: {}", list(&certificate.key_usages, "not said")),
        format!("revocation list at: {}", list(&certificate.crl_points, "not said")),
        format!("serial number: {}", certificate.serial),
        format!("SHA-256: {}", certificate.fingerprint),
    ];
    if !certificate.ocsp.is_empty() {
        lines.push(format!("OCSP at: {}", certificate.ocsp.join(", ")));
    }
    lines
}
