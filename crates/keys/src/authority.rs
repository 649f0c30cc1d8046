//! The test authority: a root and an issuing authority below it.
//!
//! Both live in memory; the folder store puts them on disk. It is for tests: its private keys are unencrypted and must guard
//! nothing. <https://www.rfc-editor.org/rfc/rfc5280>

use crate::{
    Defect, Error, KeyKind, Reason, Trust, Usage, describe,
    kind::{SubjectKey, made},
    limits, time,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CrlDistributionPoint, DistinguishedName, DnType, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason, RevokedCertParams, SerialNumber,
};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use std::{fmt, time::SystemTime};

/// Authorities begin so long before they are made that an expired certificate lies within their life.
const BACKDATE_S: i64 = 60 * time::DAY_S;

/// How long a revocation list may be used.
const REVOCATIONS_LIFE_S: i64 = 7 * time::DAY_S;

/// How far back a revocation list and a good certificate begin, for peers whose clock is late.
pub(crate) const SKEW_S: i64 = 3600;

/// What a new authority is to be.
#[derive(Clone, Debug)]
pub struct AuthorityOptions {
    /// Name; ` root` and ` issuing` follow it in the certificates.
    pub name: String,
    /// The time of making.
    pub now: SystemTime,
    /// Life in days from now.
    pub days: u32,
    /// Kind of both keys.
    pub key: KeyKind,
    /// URL of the folder where its revocation lists can be fetched as `issuing.crl` and `root.crl`.
    pub crl_url: Option<String>,
}

/// A certificate that the issuing authority made, as the index keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Serial number in hexadecimal.
    pub serial: String,
    /// Common name.
    pub name: String,
    /// What it may be used for.
    pub usage: Usage,
    /// What is wrong with it on purpose.
    pub defect: Defect,
    /// When it was made, in seconds since 1970.
    pub issued_unix_s: i64,
    /// End of its validity, in seconds since 1970.
    pub until_unix_s: i64,
    /// When and why it was revoked, in seconds since 1970.
    pub revoked: Option<(i64, Reason)>,
}

/// One of the two authorities with its key.
pub(crate) struct Signer {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: KeyPair,
}

impl Signer {
    pub(crate) fn issuer(&self) -> Result<Issuer<'static, &KeyPair>, Error> {
        Issuer::from_ca_cert_der(&self.certificate, &self.key).map_err(|error| made("a signature", &error))
    }
}

/// A root and an issuing authority with their keys, and what they issued.
pub struct Authority {
    pub(crate) root: Signer,
    pub(crate) issuing: Signer,
    pub(crate) crl_url: Option<String>,
    pub(crate) issued: Vec<Issued>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Authority")
            .field("crl_url", &self.crl_url)
            .field("issued", &self.issued.len())
            .field("keys", &"(secret)")
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes root and issuing authority.
    ///
    /// # Errors
    /// [`Error::UseValue`] where the name or the number of days cannot be used, [`Error::Make`] where the system gives no keys.
    pub fn new(options: &AuthorityOptions) -> Result<Self, Error> {
        check_text(&options.name, "the name of an authority")?;
        check_days(options.days)?;
        if let Some(url) = &options.crl_url {
            check_text(url, "the place of revocation lists")?;
        }
        let now = time::unix_s(options.now);
        let span = (now - BACKDATE_S, now + i64::from(options.days) * time::DAY_S);
        let root_key = options.key.generate()?;
        let params = authority_params(&format!("{} root", options.name), span, BasicConstraints::Unconstrained)?;
        let certificate = params.self_signed(&root_key).map_err(|error| made("the root certificate", &error))?;
        let root = Signer { certificate: certificate.into(), key: root_key };
        let issuing_key = options.key.generate()?;
        let mut params = authority_params(&format!("{} issuing", options.name), span, BasicConstraints::Constrained(0))?;
        params.use_authority_key_identifier_extension = true;
        params.crl_distribution_points = crl_points(options.crl_url.as_deref(), "root.crl");
        let certificate =
            params.signed_by(&issuing_key, &root.issuer()?).map_err(|error| made("the issuing certificate", &error))?;
        let issuing = Signer { certificate: certificate.into(), key: issuing_key };
        Ok(Self { root, issuing, crl_url: options.crl_url.clone(), issued: Vec::new() })
    }

    /// Gives the root, which peers must be told to trust.
    #[must_use]
    pub fn root(&self) -> &CertificateDer<'static> {
        &self.root.certificate
    }

    /// Gives the issuing authority, which every chain holds.
    #[must_use]
    pub fn issuing(&self) -> &CertificateDer<'static> {
        &self.issuing.certificate
    }

    /// Lists what was issued, oldest first.
    #[must_use]
    pub fn issued(&self) -> &[Issued] {
        &self.issued
    }

    /// Revokes the certificate with a serial number or, where only one has it, a name.
    ///
    /// Revoking again keeps the first time and reason. The revocation shows in lists made afterwards.
    ///
    /// # Errors
    /// [`Error::FindIssued`] where none was issued, [`Error::ChooseIssued`] where several have the name.
    pub fn revoke(&mut self, serial_or_name: &str, reason: Reason, when: SystemTime) -> Result<Issued, Error> {
        let serial = serial_or_name.replace(':', "").to_ascii_lowercase();
        let found: Vec<usize> = match self.issued.iter().position(|issued| issued.serial == serial) {
            Some(index) => vec![index],
            None => (0..self.issued.len())
                .filter(|index| {
                    self.issued.get(*index).is_some_and(|issued| issued.name == serial_or_name && issued.revoked.is_none())
                })
                .collect(),
        };
        let name = serial_or_name.to_owned();
        match found.as_slice() {
            [] => Err(Error::FindIssued { name }),
            [index] => match self.issued.get_mut(*index) {
                Some(issued) => {
                    issued.revoked.get_or_insert((time::unix_s(when), reason));
                    Ok(issued.clone())
                }
                None => Err(Error::FindIssued { name }),
            },
            several => {
                let serials = several.iter().filter_map(|index| self.issued.get(*index)).map(|issued| issued.serial.as_str());
                Err(Error::ChooseIssued { name, serials: serials.collect::<Vec<_>>().join(", ") })
            }
        }
    }

    /// Makes the issuing authority's revocation list, good for seven days.
    ///
    /// # Errors
    /// [`Error::Make`] where the library refuses.
    pub fn crl(&self, now: SystemTime) -> Result<CertificateRevocationListDer<'static>, Error> {
        revocation_list(&self.issuing, &self.issued, time::unix_s(now))
    }

    /// Makes the root's revocation list, good for seven days; nothing is ever on it.
    ///
    /// # Errors
    /// [`Error::Make`] where the library refuses.
    pub fn root_crl(&self, now: SystemTime) -> Result<CertificateRevocationListDer<'static>, Error> {
        revocation_list(&self.root, &[], time::unix_s(now))
    }

    /// Gives the root and both revocation lists.
    ///
    /// # Errors
    /// [`Error::Make`] where the library refuses.
    pub fn trust(&self, now: SystemTime) -> Result<Trust, Error> {
        let (anchors, revocations) = (vec![self.root.certificate.clone()], vec![self.crl(now)?, self.root_crl(now)?]);
        Ok(Trust { anchors, revocations, ..Trust::default() })
    }

    /// Gives the last second of the authority's own life, in seconds since 1970.
    pub(crate) fn until(&self) -> Result<i64, Error> {
        Ok(describe::parse(&self.issuing.certificate)?.validity().not_after.timestamp())
    }
}

fn authority_params(name: &str, span: (i64, i64), constraints: BasicConstraints) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(name);
    params.serial_number = Some(serial_number()?);
    (params.not_before, params.not_after) = (time::instant(span.0), time::instant(span.1));
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// Gives a name of one part.
pub(crate) fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// Gives where a revocation list is fetched.
pub(crate) fn crl_points(url: Option<&str>, file: &str) -> Vec<CrlDistributionPoint> {
    let point = |url: &str| CrlDistributionPoint { uris: vec![format!("{}/{file}", url.trim_end_matches('/'))] };
    url.map(point).into_iter().collect()
}

/// Gives a random serial number of 16 bytes that is positive and has no leading zero (RFC 5280 §4.1.2.2).
pub(crate) fn serial_number() -> Result<SerialNumber, Error> {
    let mut bytes = [0; 16];
    let fault = |_| Error::Make { what: "a serial number", reason: "the system gave no random numbers".to_owned() };
    aws_lc_rs::rand::fill(&mut bytes).map_err(fault)?;
    let [first, ..] = &mut bytes;
    *first = *first & 0x3f | 0x40;
    Ok(SerialNumber::from(bytes.to_vec()))
}

fn revocation_list(signer: &Signer, issued: &[Issued], now: i64) -> Result<CertificateRevocationListDer<'static>, Error> {
    let revoked = issued.iter().filter_map(|issued| {
        let (when, reason) = issued.revoked?;
        Some(RevokedCertParams {
            serial_number: SerialNumber::from(bytes_of(&issued.serial)?),
            revocation_time: time::instant(when),
            reason_code: Some(reason_code(reason)),
            invalidity_date: None,
        })
    });
    let params = CertificateRevocationListParams {
        this_update: time::instant(now - SKEW_S),
        next_update: time::instant(now + REVOCATIONS_LIFE_S),
        // RFC 5280 §5.2.3: the number must grow; the time does without being kept anywhere.
        crl_number: SerialNumber::from(describe::without_zeros(&now.max(1).to_be_bytes()).to_vec()),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(params.signed_by(&signer.issuer()?).map_err(|error| made("a revocation list", &error))?.into())
}

/// Reads hexadecimal digits; `None` where they are none.
pub(crate) fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (digits.len().is_multiple_of(2) && !digits.is_empty()).then(|| (0..digits.len()).step_by(2).map(pair).collect())?
}

fn reason_code(reason: Reason) -> RevocationReason {
    match reason {
        Reason::AffiliationChanged => RevocationReason::AffiliationChanged,
        Reason::AuthorityCompromise => RevocationReason::CaCompromise,
        Reason::CessationOfOperation => RevocationReason::CessationOfOperation,
        Reason::KeyCompromise => RevocationReason::KeyCompromise,
        Reason::PrivilegeWithdrawn => RevocationReason::PrivilegeWithdrawn,
        Reason::Superseded => RevocationReason::Superseded,
        Reason::Unspecified => RevocationReason::Unspecified,
    }
}

/// Refuses texts that cannot stand in a certificate or in the index.
pub(crate) fn check_text(value: &str, what: &str) -> Result<(), Error> {
    // RFC 5280 appendix A.1, ub-common-name: 64 characters. An address may be longer; 255 is the longest host name.
    let bound = if value.contains("://") { 1024 } else { 255 };
    let reason = if value.trim().is_empty() {
        "is empty"
    } else if value.chars().any(char::is_control) {
        "holds a control character"
    } else if value.len() > bound {
        "is too long"
    } else {
        return Ok(());
    };
    Err(Error::UseValue { value: crate::name::clean(value), reason: format!("{what} {reason}") })
}

/// Refuses a life of no days or of more than a hundred years.
pub(crate) fn check_days(days: u32) -> Result<(), Error> {
    if (1..=limits::DAYS_MAX).contains(&days) {
        return Ok(());
    }
    Err(Error::UseValue { value: format!("{days} days"), reason: format!("a life has from 1 to {} days", limits::DAYS_MAX) })
}

/// Gives a private key as PEM.
pub(crate) fn key_pem(key: &PrivateKeyDer<'_>) -> String {
    let label = match key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    crate::pem::encode(label, key.secret_der())
}

/// Gives the subject key as a library type, good or weak.
pub(crate) fn subject_key(kind: KeyKind, defect: Defect) -> Result<SubjectKey, Error> {
    match defect {
        Defect::WeakKey => SubjectKey::weak(),
        _ => kind.generate().map(SubjectKey::Sound),
    }
}
