//! The test authority as a folder.
//!
//! Files: `root.pem`, `root-key.pem`, `issuing.pem`, `issuing-key.pem`, `chain.pem` (issuing and root), `root.crl` and
//! `issuing.crl` (DER, as RFC 5280 §4.2.1.13 wants them fetched), `root-crl.pem` and `issuing-crl.pem`, `index.tsv`. Every
//! file is written whole under another name and then renamed; keys can be read by their owner only. What exists already is
//! kept unless the caller says to replace it.

#[cfg(test)]
mod tests;

use crate::{Authority, Credential, Csr, Error, Source, authority::Signer, describe, index, limits, pem, read, time};
use rcgen::KeyPair;
use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    time::SystemTime,
};

const INDEX: &str = "index.tsv";
const ROOT: &str = "root.pem";
const ROOT_KEY: &str = "root-key.pem";
const ISSUING: &str = "issuing.pem";
const ISSUING_KEY: &str = "issuing-key.pem";

/// What to do with files that exist already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Leave them and fail.
    Keep,
    /// Write over them; a replaced authority can no longer revoke what it issued.
    Replace,
}

/// Who may read a file.
#[derive(Clone, Copy)]
enum Readers {
    Everyone,
    Owner,
}

impl Authority {
    /// Writes the authority with its revocation lists into a folder, which is made where it is not there.
    ///
    /// Gives the files that were written.
    ///
    /// # Errors
    /// [`Error::Overwrite`] where the folder holds an authority already, [`Error::WriteFile`] naming the file.
    pub fn save(&self, folder: &Path, existing: Existing, now: SystemTime) -> Result<Vec<PathBuf>, Error> {
        let names = [ROOT, ROOT_KEY, ISSUING, ISSUING_KEY, INDEX];
        check_absent(folder, &names, existing)?;
        make_folder(folder)?;
        let certificate = |signer: &Signer| pem::encode("CERTIFICATE", &signer.certificate);
        let key = |signer: &Signer| pem::encode("PRIVATE KEY", signer.key.serialized_der());
        let chain = certificate(&self.issuing) + &certificate(&self.root);
        // Keys first: a folder with a certificate and without its key would look whole and be of no use.
        let mut written = vec![
            write(folder, ROOT_KEY, key(&self.root).as_bytes(), Readers::Owner)?,
            write(folder, ISSUING_KEY, key(&self.issuing).as_bytes(), Readers::Owner)?,
            write(folder, ROOT, certificate(&self.root).as_bytes(), Readers::Everyone)?,
            write(folder, ISSUING, certificate(&self.issuing).as_bytes(), Readers::Everyone)?,
            write(folder, "chain.pem", chain.as_bytes(), Readers::Everyone)?,
        ];
        written.extend(self.save_index(folder, now)?);
        Ok(written)
    }

    /// Writes the index and new revocation lists, as after issuing or revoking.
    ///
    /// # Errors
    /// [`Error::WriteFile`] naming the file, [`Error::Make`] where a list cannot be made.
    pub fn save_index(&self, folder: &Path, now: SystemTime) -> Result<Vec<PathBuf>, Error> {
        let mut written = vec![write(folder, INDEX, index::render(&self.issued).as_bytes(), Readers::Everyone)?];
        for (name, list) in [("issuing", self.crl(now)?), ("root", self.root_crl(now)?)] {
            written.push(write(folder, &format!("{name}.crl"), &list, Readers::Everyone)?);
            let text = pem::encode("X509 CRL", &list);
            written.push(write(folder, &format!("{name}-crl.pem"), text.as_bytes(), Readers::Everyone)?);
        }
        Ok(written)
    }

    /// Reads the authority of a folder.
    ///
    /// # Errors
    /// [`Error::ReadFile`], [`Error::ReadIndex`], [`Error::MatchKey`] and the errors of reading PEM, each naming the file.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let root = load_signer(folder, ROOT, ROOT_KEY)?;
        let issuing = load_signer(folder, ISSUING, ISSUING_KEY)?;
        let file = folder.join(INDEX);
        // A line has about 150 bytes.
        let bytes = read::read_file(&file, limits::ISSUED_MAX as u64 * 512)?;
        let refuse = |_| Error::ReadIndex { file: file.clone(), line: 1, reason: "it is not text in UTF-8" };
        let issued = index::parse(std::str::from_utf8(&bytes).map_err(refuse)?, &file)?;
        // The issuing certificate says where the lists are, so that the folder needs no further file.
        let points = describe(&issuing.certificate)?.crl_points;
        let crl_url = points.first().and_then(|point| point.strip_suffix("/root.crl")).map(str::to_owned);
        Ok(Self { root, issuing, crl_url, issued })
    }

    /// Says in lines what the authority is and what it issued, oldest first.
    ///
    /// # Errors
    /// [`Error::ParseCertificate`] where its certificates cannot be read.
    pub fn summary(&self) -> Result<Vec<String>, Error> {
        let root = describe(&self.root.certificate)?;
        let mut lines = vec![format!("root `{}`, until {}", root.subject, root.not_after)];
        lines.push(match &self.crl_url {
            Some(url) => format!("revocation lists at {url}"),
            None => "revocation lists only as files".to_owned(),
        });
        for one in &self.issued {
            let until = time::rfc3339(time::instant(one.until_unix_s));
            let revoked = match one.revoked {
                Some((when, why)) => format!(", revoked {} ({why})", time::rfc3339(time::instant(when))),
                None => String::new(),
            };
            lines.push(format!("{} {} `{}`, defect {}, until {until}{revoked}", one.serial, one.usage, one.name, one.defect));
        }
        Ok(lines)
    }
}

impl Credential {
    /// Writes `NAME.pem` (the chain) and `NAME-key.pem` into a folder and gives their paths.
    ///
    /// # Errors
    /// [`Error::UseValue`] where the name is no plain file name, [`Error::Overwrite`], [`Error::WriteFile`].
    pub fn save(&self, folder: &Path, name: &str, existing: Existing) -> Result<[PathBuf; 2], Error> {
        save_pair(folder, [&format!("{name}.pem"), &format!("{name}-key.pem")], [&self.chain_pem, &self.key_pem], existing)
    }
}

impl Csr {
    /// Writes `NAME-csr.pem` and `NAME-key.pem` into a folder and gives their paths.
    ///
    /// # Errors
    /// [`Error::UseValue`] where the name is no plain file name, [`Error::Overwrite`], [`Error::WriteFile`].
    pub fn save(&self, folder: &Path, name: &str, existing: Existing) -> Result<[PathBuf; 2], Error> {
        save_pair(folder, [&format!("{name}-csr.pem"), &format!("{name}-key.pem")], [&self.csr_pem, &self.key_pem], existing)
    }
}

fn save_pair(folder: &Path, names: [&str; 2], texts: [&str; 2], existing: Existing) -> Result<[PathBuf; 2], Error> {
    let [public, private] = names;
    check_file_name(public)?;
    // The authority's own files are never written over by a certificate that happens to have their name.
    let reserved = [ROOT, ROOT_KEY, ISSUING, ISSUING_KEY, "chain.pem", "root-crl.pem", "issuing-crl.pem"];
    if reserved.contains(&public) || reserved.contains(&private) {
        return Err(Error::UseValue { value: public.to_owned(), reason: "the authority's own files have that name".to_owned() });
    }
    check_absent(folder, &names, existing)?;
    make_folder(folder)?;
    let key = write(folder, private, texts[1].as_bytes(), Readers::Owner)?;
    Ok([write(folder, public, texts[0].as_bytes(), Readers::Everyone)?, key])
}

/// Gives a file name for a common name: what is not a letter, digit, dot, dash or underscore becomes a dash.
#[must_use]
pub fn file_name(common_name: &str) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() || "._-".contains(character) { character } else { '-' };
    let text: String = common_name.chars().take(100).map(plain).collect();
    // A leading dot would hide the file, a leading dash would read as an option.
    let text = text.trim_matches(['.', '-']);
    if text.is_empty() { "certificate".to_owned() } else { text.to_owned() }
}

fn check_file_name(name: &str) -> Result<(), Error> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if file_name(stem) == stem {
        return Ok(());
    }
    let reason = "a file name here has letters, digits, dots, dashes and underscores".to_owned();
    Err(Error::UseValue { value: crate::name::clean(name), reason })
}

fn check_absent(folder: &Path, names: &[&str], existing: Existing) -> Result<(), Error> {
    let there = names.iter().map(|name| folder.join(name)).find(|file| file.symlink_metadata().is_ok());
    match (there, existing) {
        (Some(file), Existing::Keep) => Err(Error::Overwrite { file }),
        _ => Ok(()),
    }
}

fn make_folder(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|source| Error::WriteFile { file: folder.to_owned(), source })
}

fn load_signer(folder: &Path, certificate: &str, key: &str) -> Result<Signer, Error> {
    let (certificate, key) = (folder.join(certificate), folder.join(key));
    let chain = read::read_file(&certificate, limits::FILE_BYTES_MAX)?;
    let private = read::read_file(&key, limits::FILE_BYTES_MAX)?;
    let (certificate_name, key_name) = (certificate.display().to_string(), key.display().to_string());
    let identity =
        read::read_identity(Source { name: &certificate_name, bytes: &chain }, Source { name: &key_name, bytes: &private })?;
    let pair = KeyPair::try_from(&*identity.key)
        .map_err(|error| Error::ParseKey { name: key_name, reason: format!("an authority cannot sign with it ({error})") })?;
    match identity.chain.into_iter().next() {
        Some(certificate) => Ok(Signer { certificate, key: pair }),
        None => Err(Error::FindCertificate { name: certificate_name, found: "it is empty".to_owned() }),
    }
}

/// Writes a file whole or not at all: under another name first, then renamed.
fn write(folder: &Path, name: &str, bytes: &[u8], readers: Readers) -> Result<PathBuf, Error> {
    let file = folder.join(name);
    // The process number keeps two programs that write at once apart.
    let draft = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let result = write_draft(&draft, bytes, readers).and_then(|()| fs::rename(&draft, &file));
    match result {
        Ok(()) => Ok(file),
        Err(source) => {
            // The draft is of no use; the first fault is the one to tell.
            let _ = fs::remove_file(&draft);
            Err(Error::WriteFile { file, source })
        }
    }
}

fn write_draft(draft: &Path, bytes: &[u8], readers: Readers) -> std::io::Result<()> {
    // A draft left by a killed run of the same number; `create_new` below also refuses links put there by others.
    let _ = fs::remove_file(draft);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(match readers {
            Readers::Everyone => 0o644,
            Readers::Owner => 0o600,
        });
    }
    #[cfg(not(unix))]
    let _ = readers;
    let mut file = options.open(draft)?;
    file.write_all(bytes)?;
    file.sync_all()
}
