//! Stored bodies: once each, read back with and without the index.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use super::*;
use crate::digest::hex;
use crate::{Error, Storage};
use bytes::Bytes;

#[test]
fn bodies_are_stored_once_and_read_back_with_or_without_index() {
    let folder = tempfile::tempdir().unwrap();
    let store = Bodies::create(folder.path(), Storage::default()).unwrap();
    let bodies: Vec<Bytes> = (0..2_000).map(|number| Bytes::from(format!("body {}\n", number % 1_500).repeat(60))).collect();
    let digests: Vec<String> = bodies
        .iter()
        .map(|body| {
            let digest = hex(&store.put(&[body])[0]);
            store.write().unwrap();
            digest
        })
        .collect();
    let length = std::fs::metadata(folder.path().join("bodies/segment-0001.bin")).unwrap().len();
    assert!(length < 1_500 * 700, "{length}");
    for index in [true, false] {
        if !index {
            std::fs::remove_file(folder.path().join("bodies/segment-0001.index")).unwrap();
        }
        let reader = BodyReader::open(folder.path()).unwrap();
        assert_eq!(reader.digests().count(), 1_500);
        for (digest, body) in digests.iter().zip(&bodies) {
            assert_eq!(reader.bytes(digest).unwrap().as_deref(), Some(body.as_ref()));
        }
    }
    assert_eq!(first_changed(folder.path()).unwrap(), None);
}

#[test]
fn size_limit_stops_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage { bodies_bytes_max: 10_000, ..Storage::default() };
    let store = Bodies::create(folder.path(), storage).unwrap();
    let stop = (0..100).find_map(|number| {
        store.put(&[&Bytes::from(format!("{number:1000}"))]);
        store.write().err()
    });
    assert!(matches!(stop, Some(Error::BodiesFull { bytes_max: 10_000 })));
    assert_eq!(BodyReader::open(folder.path()).unwrap().digests().count(), 9);
}

#[test]
fn changed_body_is_named_and_not_given_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = Bodies::create(folder.path(), Storage::default()).unwrap();
    let digest = hex(&store.put(&[&Bytes::from_static(b"some body")])[0]);
    store.write().unwrap();
    let path = folder.path().join("bodies/segment-0001.bin");
    let text = std::fs::read_to_string(&path).unwrap().replace("some", "same");
    std::fs::write(&path, text).unwrap();
    assert!(first_changed(folder.path()).unwrap().unwrap().contains(&digest));
    assert_eq!(BodyReader::open(folder.path()).unwrap().bytes(&digest).unwrap(), None);
}
