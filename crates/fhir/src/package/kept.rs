//! A package as it is kept on disk once it was read, so that it need not be unpacked and cut down again.
//!
//! A kept file is taken only if it is ours, of this form, made from the very package, and whole: the digest of the package and
//! that of the content stand in it. Anything else is no kept file, whatever it is, and the package is read anew.

use super::packed::Packed;
use super::read::{Definition, Kind, Package};
use crate::version::FhirVersion;
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// What a kept file begins with. The number rises whenever what is kept of a definition changes.
const MARK: &[u8] = b"counterpart fhir package 2\n";
const DIGEST_BYTES: usize = 32;

/// The digest of a package's bytes, which tells what was kept of it from everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackageDigest([u8; DIGEST_BYTES]);

impl PackageDigest {
    /// Computes it.
    #[must_use]
    pub fn of(package: &[u8]) -> Self {
        Self(sha256(package))
    }

    /// Gives the name of the file in which the package is kept.
    #[must_use]
    pub fn file_name(&self) -> String {
        let hex: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{hex}.fhir")
    }
}

fn sha256(bytes: &[u8]) -> [u8; DIGEST_BYTES] {
    let mut out = [0; DIGEST_BYTES];
    // SHA-256 gives as many bytes as there is room for.
    out.iter_mut().zip(digest(&SHA256, bytes).as_ref()).for_each(|(to, from)| *to = *from);
    out
}

/// What stands before the texts of the definitions.
#[derive(Serialize, Deserialize)]
struct Index {
    name: String,
    fhir: Option<FhirVersion>,
    dependencies: Vec<(String, String)>,
    notices: Vec<String>,
    definitions: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    kind: Kind,
    url: String,
    version: String,
    fhir: Option<FhirVersion>,
    bytes: usize,
}

impl Package {
    /// Writes what was read of a package.
    #[must_use]
    pub fn keep(&self, package: &PackageDigest) -> Vec<u8> {
        let entries = self.definitions.iter().map(|definition| Entry {
            kind: definition.kind,
            url: definition.url.clone(),
            version: definition.version.clone(),
            fhir: definition.fhir,
            bytes: definition.json.bytes().len(),
        });
        let index = Index {
            name: self.name.clone(),
            fhir: self.fhir,
            dependencies: self.dependencies.clone(),
            notices: self.notices.clone(),
            definitions: entries.collect(),
        };
        // Texts and numbers always have a JSON form.
        let index = serde_json::to_vec(&index).unwrap_or_default();
        let mut content = u64::try_from(index.len()).unwrap_or(u64::MAX).to_le_bytes().to_vec();
        content.extend(index);
        self.definitions.iter().for_each(|definition| content.extend_from_slice(definition.json.bytes()));
        sealed(&content, package)
    }

    /// Takes what was kept of a package; `None` where the bytes are anything else, or are not whole.
    ///
    /// ```
    /// use counterpart_fhir::{Package, PackageDigest};
    /// let text = br#"{"resourceType": "ValueSet", "url": "urn:set"}"#;
    /// let digest = PackageDigest::of(text);
    /// let kept = Package::read("set.json", text.as_slice())?.keep(&digest);
    /// assert_eq!(Package::kept(&kept.clone().into(), &digest).map(|package| package.definitions.len()), Some(1));
    /// assert!(Package::kept(&kept.into(), &PackageDigest::of(b"another package")).is_none());
    /// # Ok::<(), counterpart_fhir::Error>(())
    /// ```
    #[must_use]
    pub fn kept(file: &Bytes, package: &PackageDigest) -> Option<Self> {
        let start = MARK.len() + 2 * DIGEST_BYTES;
        let content = file.get(start..)?;
        let head = [MARK, &package.0, &sha256(content)].concat();
        if file.get(..start)? != head.as_slice() {
            return None;
        }
        let length = usize::try_from(u64::from_le_bytes(content.get(..8)?.try_into().ok()?)).ok()?;
        let end = length.checked_add(8)?;
        let index: Index = serde_json::from_slice(content.get(8..end)?).ok()?;
        let texts = file.slice(start.checked_add(end)?..);
        let mut at: usize = 0;
        let mut definitions = Vec::with_capacity(index.definitions.len());
        for entry in index.definitions {
            let to = at.checked_add(entry.bytes).filter(|to| *to <= texts.len())?;
            let Entry { kind, url, version, fhir, .. } = entry;
            definitions.push(Definition { kind, url, version, json: Packed::from_bytes(texts.slice(at..to)), fhir });
            at = to;
        }
        let Index { name, fhir, dependencies, notices, .. } = index;
        (at == texts.len()).then_some(Self { name, fhir, dependencies, definitions, notices })
    }
}

/// Puts mark and digests before a content.
fn sealed(content: &[u8], package: &PackageDigest) -> Vec<u8> {
    [MARK, &package.0, &sha256(content), content].concat()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::{MARK, Package, PackageDigest, sealed, sha256};
    use crate::definitions::Definitions;
    use crate::samples::findings;
    use bytes::Bytes;
    use serde_json::{Value, json};

    fn package() -> (Package, PackageDigest) {
        let lamp = json!({ "path": "Lamp", "short": "prose", "constraint": [{ "key": "l-1", "severity": "error", "human": "on", "expression": "on" }] });
        let on = json!({ "path": "Lamp.on", "min": 1, "max": "1", "type": [{ "code": "boolean" }] });
        let bundle = json!({ "resourceType": "Bundle", "entry": [
            { "resource": { "resourceType": "StructureDefinition", "url": "http://hl7.org/fhir/StructureDefinition/Lamp", "version": "3.0.1",
                "fhirVersion": "3.0.1", "type": "Lamp", "kind": "resource", "snapshot": { "element": [lamp, on] } } },
            { "resource": { "resourceType": "ValueSet", "url": "urn:set", "expansion": { "contains": [{ "system": "s", "code": "c" }] } } },
            { "resource": { "resourceType": "CodeSystem", "url": "urn:codes", "content": "complete", "concept": [{ "code": "c" }] } },
            { "resource": { "resourceType": "ValueSet" } },
        ] });
        let text = bundle.to_string();
        let package = Package::read("lamp.json", text.as_bytes()).unwrap();
        assert_eq!((package.definitions.len(), package.notices.len()), (3, 1));
        (package, PackageDigest::of(text.as_bytes()))
    }

    #[test]
    fn what_is_kept_comes_back_and_checks_the_same() {
        let (package, digest) = package();
        let kept = Package::kept(&package.keep(&digest).into(), &digest).unwrap();
        assert_eq!(format!("{kept:?}"), format!("{package:?}"));
        let checked = |package: Package| {
            let mut definitions = Definitions::new(package.fhir.unwrap());
            definitions.add(package);
            let lamp = |more: Value| findings(&definitions, &more, &[]);
            [lamp(json!({ "resourceType": "Lamp" })), lamp(json!({ "resourceType": "Lamp", "on": false }))]
        };
        let found = checked(kept);
        assert_eq!(found, checked(package));
        assert!(found.iter().all(|found| !found.is_empty()), "{found:?}");
    }

    /// Where this fails, what is kept of a definition has changed: raise the number in `MARK`, then mend the digest here.
    #[test]
    fn form_of_what_is_kept_is_that_of_its_number() {
        let (package, _) = package();
        let texts = package.definitions.iter().flat_map(|definition| definition.json.text().unwrap());
        let content: Vec<u8> = MARK.iter().copied().chain(texts).collect();
        let hex: String = sha256(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "68d2e710ece0442008551f4de7b9beaaa800c74c23a8ccc8176c4e013f64bfbd");
    }

    #[test]
    fn whatever_is_not_whole_or_not_of_the_package_is_not_taken() {
        let (package, digest) = package();
        let whole = package.keep(&digest);
        for length in 0..whole.len() {
            assert!(Package::kept(&Bytes::copy_from_slice(&whole[..length]), &digest).is_none(), "{length} bytes");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(Package::kept(&changed.into(), &digest).is_none(), "byte {at}");
        }
        let longer = [whole.as_slice(), b" "].concat();
        assert!(Package::kept(&longer.into(), &digest).is_none());
        assert!(Package::kept(&whole.into(), &PackageDigest::of(b"")).is_none());
        assert_eq!(PackageDigest::of(b"").file_name(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.fhir");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]
        /// Somebody who can write into the folder can compute digests too: what they write is at worst another package.
        #[test]
        fn sealed_content_of_any_kind_is_no_panic(at in 0_usize..1_200, byte in 0_u8..=255, length in 0_usize..1_200) {
            let (package, digest) = package();
            let whole = package.keep(&digest);
            let mut content = whole[MARK.len() + 64..].to_vec();
            if let Some(changed) = content.get_mut(at) {
                *changed = byte;
            }
            content.truncate(length);
            if let Some(package) = Package::kept(&sealed(&content, &digest).into(), &digest) {
                let mut definitions = Definitions::new(crate::FhirVersion::Stu3);
                definitions.add(package);
                findings(&definitions, &json!({ "resourceType": "Lamp", "on": true }), &[]);
            }
        }
    }
}
