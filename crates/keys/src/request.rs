//! Certificate requests for a real authority.
//!
//! <https://www.rfc-editor.org/rfc/rfc2986>

use crate::{Error, KeyKind, Usage, authority, issue, kind::made, limits};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyUsagePurpose};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::fmt;

/// What is to be requested.
#[derive(Clone, Debug, Default)]
pub struct CsrOptions {
    /// Common name.
    pub common_name: String,
    /// Organisation.
    pub organisation: Option<String>,
    /// Unit of the organisation.
    pub unit: Option<String>,
    /// Town.
    pub locality: Option<String>,
    /// State or county.
    pub state: Option<String>,
    /// Country, two letters (ISO 3166-1).
    pub country: Option<String>,
    /// DNS names and IP addresses; empty stands for the common name where it is one.
    pub names: Vec<String>,
    /// What it is to be used for.
    pub usage: Usage,
    /// Kind of the key to make.
    pub key: KeyKind,
}

/// A request with the private key that was made for it.
#[derive(Clone)]
pub struct Csr {
    /// The request as PEM: goes to the authority.
    pub csr_pem: String,
    /// The private key as PEM, unencrypted: stays here.
    pub key_pem: String,
    /// What to do with both, for the user.
    pub words: Vec<String>,
}

impl fmt::Debug for Csr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Csr").field("csr_pem", &self.csr_pem).field("key", &"(secret)").finish_non_exhaustive()
    }
}

/// Makes a private key and a request for a certificate of it.
///
/// # Errors
/// [`Error::UseValue`] where a part of the name cannot be used, [`Error::Make`] where the library refuses.
pub fn csr(options: &CsrOptions) -> Result<Csr, Error> {
    authority::check_text(&options.common_name, "the name of a certificate")?;
    if options.names.len() > limits::NAMES_MAX {
        let reason = format!("a certificate has at most {} names", limits::NAMES_MAX);
        return Err(Error::UseValue { value: format!("{} names", options.names.len()), reason });
    }
    let key = options.key.generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name = subject(options)?;
    params.subject_alt_names = issue::alternative_names(&options.common_name, &options.names)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = issue::extended_key_usages(options.usage);
    let request = params.serialize_request(&key).map_err(|error| made("the request", &error))?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Ok(Csr {
        csr_pem: crate::pem::encode("CERTIFICATE REQUEST", request.der()),
        key_pem: authority::key_pem(&private),
        words: words(options),
    })
}

fn subject(options: &CsrOptions) -> Result<DistinguishedName, Error> {
    let mut subject = DistinguishedName::new();
    if let Some(country) = &options.country {
        // RFC 5280 appendix A.1, X520countryName: a printable string of two letters.
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            let reason = "a country is two capital letters, such as `GB`".to_owned();
            return Err(Error::UseValue { value: crate::name::clean(country), reason });
        }
        let printable = country.as_str().try_into().map_err(|error| made("the request", &error))?;
        subject.push(DnType::CountryName, rcgen::DnValue::PrintableString(printable));
    }
    let parts = [
        (DnType::StateOrProvinceName, &options.state),
        (DnType::LocalityName, &options.locality),
        (DnType::OrganizationName, &options.organisation),
        (DnType::OrganizationalUnitName, &options.unit),
    ];
    for (kind, value) in parts {
        if let Some(value) = value {
            authority::check_text(value, "a part of the name")?;
            subject.push(kind, value.as_str());
        }
    }
    subject.push(DnType::CommonName, options.common_name.as_str());
    Ok(subject)
}

fn words(options: &CsrOptions) -> Vec<String> {
    vec![
        format!("Send the request to the authority and ask for a TLS {} certificate", role(options.usage)),
        "Keep the private key here: the authority does not need it and must not have it".to_owned(),
        "When the certificate comes, put it and every intermediate certificate into one PEM file, yours first".to_owned(),
        "Look at that file with `counterpart certs show` before the first test".to_owned(),
    ]
}

fn role(usage: Usage) -> &'static str {
    match usage {
        Usage::Both => "client and server",
        Usage::Client => "client",
        Usage::Server => "server",
    }
}
