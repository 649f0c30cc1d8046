//! What the tests of this crate share: one authority at one time.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::{Authority, AuthorityOptions, Credential, Defect, Issue, KeyKind, Usage};
use std::time::{Duration, SystemTime};

/// 2026-11-24T12:00:00Z, in seconds since 1970.
pub(crate) const NOW_S: u64 = 1_795_521_600;

pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW_S)
}

pub(crate) fn authority() -> Authority {
    let options = AuthorityOptions {
        name: "Sample".to_owned(),
        now: now(),
        days: 3650,
        key: KeyKind::EcP256,
        crl_url: Some("http://crl.example.test/lists/".to_owned()),
    };
    Authority::new(&options).unwrap()
}

pub(crate) fn wanted(usage: Usage, defect: Defect) -> Issue {
    Issue {
        usage,
        common_name: "peer.example.test".to_owned(),
        names: vec!["peer.example.test".to_owned(), "127.0.0.1".to_owned()],
        defect,
        days: 90,
        key: KeyKind::EcP256,
        now: now(),
    }
}

pub(crate) fn issued(authority: &mut Authority, usage: Usage, defect: Defect) -> Credential {
    authority.issue(&wanted(usage, defect)).unwrap()
}

/// Tells whether OpenSSL is on this machine, and says on stderr where it is not and a second opinion is left out.
#[expect(clippy::print_stderr, reason = "who runs the tests must know what was not tested")]
pub(crate) fn has_openssl() -> bool {
    let here = std::process::Command::new("openssl").arg("version").output().is_ok();
    if !here {
        eprintln!("openssl is not on this machine: its opinion is left out");
    }
    here
}

/// Runs OpenSSL in a folder and gives what it wrote, with whether it was content.
pub(crate) fn openssl(folder: &std::path::Path, arguments: &[&str]) -> (bool, String) {
    let output = std::process::Command::new("openssl").current_dir(folder).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text.into_owned())
}
