#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::{CsrOptions, Defect, Reason, Usage, csr, sample};

#[test]
fn authority_comes_back_from_its_folder_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut authority = sample::authority();
    let first = sample::issued(&mut authority, Usage::Server, Defect::None);
    sample::issued(&mut authority, Usage::Client, Defect::Revoked);
    authority.save(folder.path(), Existing::Keep, sample::now()).unwrap();
    let mut again = Authority::load(folder.path()).unwrap();
    assert_eq!(again.issued(), authority.issued());
    assert_eq!(again.crl_url.as_deref(), Some("http://crl.example.test/lists"));
    assert_eq!(again.root(), authority.root());
    again.revoke(&first.serial, Reason::KeyCompromise, sample::now()).unwrap();
    again.save_index(folder.path(), sample::now()).unwrap();
    let last = Authority::load(folder.path()).unwrap();
    assert!(last.issued().iter().all(|issued| issued.revoked.is_some()));
    assert_eq!(last.summary().unwrap().len(), 4);
}

#[test]
fn existing_authority_is_kept_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    sample::authority().save(folder.path(), Existing::Keep, sample::now()).unwrap();
    let before = fs::read(folder.path().join(ROOT)).unwrap();
    let second = sample::authority();
    let refusal = second.save(folder.path(), Existing::Keep, sample::now()).unwrap_err();
    assert!(matches!(refusal, Error::Overwrite { .. }), "{refusal}");
    assert_eq!(fs::read(folder.path().join(ROOT)).unwrap(), before);
    second.save(folder.path(), Existing::Replace, sample::now()).unwrap();
    assert_ne!(fs::read(folder.path().join(ROOT)).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn keys_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mut authority = sample::authority();
    let credential = sample::issued(&mut authority, Usage::Server, Defect::None);
    credential.save(folder.path(), "server", Existing::Keep).unwrap();
    authority.save(folder.path(), Existing::Keep, sample::now()).unwrap();
    let options = CsrOptions { common_name: "real.example.test".to_owned(), ..CsrOptions::default() };
    csr(&options).unwrap().save(folder.path(), "real", Existing::Keep).unwrap();
    for name in [ROOT_KEY, ISSUING_KEY, "server-key.pem", "real-key.pem"] {
        let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let left = fs::read_dir(folder.path()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with(".tmp")
    });
    assert_eq!(left.count(), 0);
}

#[test]
fn file_names_that_leave_the_folder_or_hit_the_authority_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let credential = sample::issued(&mut sample::authority(), Usage::Server, Defect::None);
    for name in ["../out", "a/b", "", ".hidden", "root", "issuing"] {
        let refusal = credential.save(folder.path(), name, Existing::Replace).unwrap_err();
        assert!(matches!(refusal, Error::UseValue { .. }), "{name}: {refusal}");
    }
    assert_eq!(file_name("*.example.test"), "example.test");
    assert_eq!(file_name("../../x"), "x");
}

#[test]
fn damaged_folder_is_told_by_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut authority = sample::authority();
    sample::issued(&mut authority, Usage::Server, Defect::None);
    authority.save(folder.path(), Existing::Keep, sample::now()).unwrap();
    let index = folder.path().join(INDEX);
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, text.replace("\tserver\t", "\tsrever\t")).unwrap();
    let refusal = Authority::load(folder.path()).unwrap_err().to_string();
    assert!(refusal.contains("line 2") && refusal.contains("usage is not known"), "{refusal}");
    fs::write(&index, text).unwrap();
    fs::copy(folder.path().join(ISSUING_KEY), folder.path().join(ROOT_KEY)).unwrap();
    assert!(matches!(Authority::load(folder.path()), Err(Error::MatchKey { .. })));
    fs::remove_file(folder.path().join(ROOT_KEY)).unwrap();
    assert!(Authority::load(folder.path()).unwrap_err().to_string().contains(ROOT_KEY));
}
