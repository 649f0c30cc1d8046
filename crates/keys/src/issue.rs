//! Issuing certificates, good ones and bad ones.
//!
//! A bad one has exactly one defect, so that a peer which refuses it does so for the reason under test.

#[cfg(test)]
mod tests;

use crate::{
    Authority, AuthorityOptions, Defect, Error, Identity, Issued, KeyKind, Reason, Usage, authority,
    kind::{SubjectKey, made},
    limits, pem, time,
};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, PublicKeyData, SanType};
use rustls::pki_types::CertificateDer;
use std::{fmt, net::IpAddr, sync::Arc, time::SystemTime};

/// The name that a certificate with the wrong name has; nobody can own it (RFC 6761 §6.4).
pub const WRONG_NAME: &str = "wrong-name.invalid";

/// What is to be issued.
#[derive(Clone, Debug)]
pub struct Issue {
    /// What it is to be used for.
    pub usage: Usage,
    /// Common name; also a DNS name or address where `names` is empty and it is one.
    pub common_name: String,
    /// DNS names (a leading `*.` is allowed) and IP addresses.
    pub names: Vec<String>,
    /// What is to be wrong.
    pub defect: Defect,
    /// Life in days.
    pub days: u32,
    /// Kind of its key; a weak key is always RSA.
    pub key: KeyKind,
    /// The time of issuing.
    pub now: SystemTime,
}

/// An issued certificate with its private key.
#[derive(Clone)]
pub struct Credential {
    /// Chain (without the root) and key.
    pub identity: Identity,
    /// The chain as PEM.
    pub chain_pem: String,
    /// The private key as PEM, unencrypted.
    pub key_pem: String,
    /// Its serial number in hexadecimal.
    pub serial: String,
    /// One sentence on what it is and what is wrong with it.
    pub words: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credential").field("serial", &self.serial).field("words", &self.words).finish_non_exhaustive()
    }
}

impl Authority {
    /// Issues a certificate; a revoked one stands on the lists that are made from now on.
    ///
    /// # Errors
    /// [`Error::UseValue`] where a name or the life cannot be used, [`Error::Outlive`] where it would outlive the authority,
    /// [`Error::Make`] where the library refuses.
    pub fn issue(&mut self, issue: &Issue) -> Result<Credential, Error> {
        check(issue)?;
        if self.issued.len() >= limits::ISSUED_MAX {
            return Err(Error::Make { what: "a certificate", reason: "the authority has issued too many already".to_owned() });
        }
        if issue.defect == Defect::UnknownIssuer {
            return stranger(issue);
        }
        let now = time::unix_s(issue.now);
        let (from, until) = span(issue, now);
        let end = self.until()?;
        if until > end {
            let text = |at| time::rfc3339(time::instant(at));
            return Err(Error::Outlive { until: text(until), authority_until: text(end) });
        }
        let key = authority::subject_key(issue.key, issue.defect)?;
        let mut params = params(issue, &key, (from, until))?;
        params.crl_distribution_points = authority::crl_points(self.crl_url.as_deref(), "issuing.crl");
        let certificate = params.signed_by(&key, &self.issuing.issuer()?).map_err(|error| made("a certificate", &error))?;
        // `params` sets a serial number above.
        let serial = params.serial_number.map(|serial| crate::describe::hexadecimal(serial.as_ref())).unwrap_or_default();
        self.issued.push(Issued {
            serial: serial.clone(),
            name: name_of(issue).to_owned(),
            usage: issue.usage,
            defect: issue.defect,
            issued_unix_s: now,
            until_unix_s: until,
            revoked: (issue.defect == Defect::Revoked).then_some((now - authority::SKEW_S, Reason::KeyCompromise)),
        });
        Ok(credential(issue, vec![certificate.into(), self.issuing.certificate.clone()], &key, serial))
    }
}

/// Issues from an authority that is thrown away at once.
fn stranger(issue: &Issue) -> Result<Credential, Error> {
    let options = AuthorityOptions {
        name: "Unknown test authority".to_owned(),
        now: issue.now,
        days: issue.days.saturating_add(1).min(limits::DAYS_MAX),
        key: issue.key,
        crl_url: None,
    };
    let sound = Issue { defect: Defect::None, ..issue.clone() };
    let issued = Authority::new(&options)?.issue(&sound)?;
    Ok(Credential { words: words(issue, &issued.serial), ..issued })
}

fn credential(issue: &Issue, chain: Vec<CertificateDer<'static>>, key: &SubjectKey, serial: String) -> Credential {
    let private = key.private();
    Credential {
        chain_pem: chain.iter().map(|certificate| pem::encode("CERTIFICATE", certificate)).collect(),
        key_pem: authority::key_pem(&private),
        identity: Identity { chain, key: Arc::new(private) },
        words: words(issue, &serial),
        serial,
    }
}

fn words(issue: &Issue, serial: &str) -> String {
    let fault = match issue.defect {
        Defect::Expired => ", expired a day ago",
        Defect::None => "",
        Defect::NotYetValid => ", valid only in thirty days",
        Defect::Revoked => ", on the revocation list",
        Defect::UnknownIssuer => ", issued by an authority that nobody knows",
        Defect::WeakKey => ", with an RSA key of only 1024 bits",
        Defect::WrongName => ", made out to a wrong name",
    };
    format!("{} certificate for `{}`, serial number {serial}{fault}", issue.usage, name_of(issue))
}

fn name_of(issue: &Issue) -> &str {
    match issue.defect {
        Defect::WrongName => WRONG_NAME,
        _ => &issue.common_name,
    }
}

fn check(issue: &Issue) -> Result<(), Error> {
    authority::check_text(&issue.common_name, "the name of a certificate")?;
    authority::check_days(issue.days)?;
    if issue.names.len() > limits::NAMES_MAX {
        let reason = format!("a certificate has at most {} names", limits::NAMES_MAX);
        return Err(Error::UseValue { value: format!("{} names", issue.names.len()), reason });
    }
    Ok(())
}

/// Gives the life of the certificate in seconds since 1970.
fn span(issue: &Issue, now: i64) -> (i64, i64) {
    let life = i64::from(issue.days) * time::DAY_S;
    match issue.defect {
        Defect::Expired => (now - time::DAY_S - life.min(30 * time::DAY_S), now - time::DAY_S),
        Defect::NotYetValid => (now + 30 * time::DAY_S, now + 30 * time::DAY_S + life),
        _ => (now - authority::SKEW_S, now + life),
    }
}

fn params(issue: &Issue, key: &SubjectKey, span: (i64, i64)) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = authority::common_name(name_of(issue));
    params.serial_number = Some(authority::serial_number()?);
    (params.not_before, params.not_after) = (time::instant(span.0), time::instant(span.1));
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = key_usages(key);
    params.extended_key_usages = extended_key_usages(issue.usage);
    let wrong = [WRONG_NAME.to_owned()];
    let names: &[String] = if issue.defect == Defect::WrongName { &wrong } else { &issue.names };
    params.subject_alt_names = alternative_names(name_of(issue), names)?;
    Ok(params)
}

/// Gives the key usages of a key in TLS (RFC 8446 §4.4.2.2; RFC 5246 §7.4.2 for RSA key transport).
fn key_usages(key: &SubjectKey) -> Vec<KeyUsagePurpose> {
    let mut usages = vec![KeyUsagePurpose::DigitalSignature];
    if *PublicKeyData::algorithm(key) == rcgen::PKCS_RSA_SHA256 {
        usages.push(KeyUsagePurpose::KeyEncipherment);
    }
    usages
}

/// Gives the extended key usages of a usage.
pub(crate) fn extended_key_usages(usage: Usage) -> Vec<ExtendedKeyUsagePurpose> {
    match usage {
        Usage::Both => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
        Usage::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
        Usage::Server => vec![ExtendedKeyUsagePurpose::ServerAuth],
    }
}

/// Gives the alternative names: those that were given, else the common name where it is a DNS name or an address.
pub(crate) fn alternative_names(common_name: &str, names: &[String]) -> Result<Vec<SanType>, Error> {
    if names.is_empty() {
        return Ok(alternative_name(common_name).into_iter().collect());
    }
    let refuse = |name: &String| Error::UseValue {
        value: crate::name::clean(name),
        reason: "it is neither a DNS name nor an IP address; write names like `server.example.test` or `127.0.0.1`".to_owned(),
    };
    names.iter().map(|name| alternative_name(name).ok_or_else(|| refuse(name))).collect()
}

fn alternative_name(name: &str) -> Option<SanType> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Some(SanType::IpAddress(address));
    }
    // RFC 5280 §4.2.1.6 takes the preferred name syntax of RFC 1034 §3.5; RFC 9525 §6.3 allows `*` as the whole first label.
    let host = name.strip_prefix("*.").unwrap_or(name);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A last label of digits only would read as an address to some (RFC 1123 §2.1).
    let numeric = host.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if host.len() > 253 || !host.split('.').all(label) || numeric {
        return None;
    }
    name.try_into().ok().map(SanType::DnsName)
}
