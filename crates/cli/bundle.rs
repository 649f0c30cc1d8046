//! `counterpart bundle`: a run folder as one zip file, the same bytes each time.

use crate::args::BundleArgs;
use crate::console;
use crate::exit::{Exit, Trouble};
use crate::limits::BUNDLE_BYTES_MAX;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Packs a run folder that is as its manifest says.
pub(crate) fn bundle(args: &BundleArgs) -> Result<Exit, Trouble> {
    let folder =
        counterpart_evidence::RunFolder::open(&args.run).map_err(|error| Trouble::Usage(format!("could not {error}")))?;
    let found = counterpart_evidence::verify(folder.path());
    if let Some(problem) = found.problems.first() {
        console::error(&format!(
            "`{}` does not match its manifest and is not packed: {problem}\nhelp: `counterpart verify` tells all",
            folder.path().display()
        ));
        return Ok(Exit::Fail);
    }
    let name = folder_name(folder.path())?;
    let out = args.out.clone().unwrap_or_else(|| folder.path().with_file_name(format!("{name}.zip")));
    let files = files(folder.path())?;
    write(&out, &name, folder.path(), &files)?;
    let digest = sha256(&out)?;
    console::data(&format!("{}\nsha256 {digest}\n", out.display()));
    Ok(Exit::Pass)
}

fn folder_name(folder: &Path) -> Result<String, Trouble> {
    let real = folder.canonicalize().map_err(|error| failed("read", folder, &error))?;
    Ok(real.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())
}

fn failed(what: &str, path: &Path, error: &dyn std::fmt::Display) -> Trouble {
    Trouble::Ours(format!("could not {what} `{}`: {error}", path.display()))
}

/// Lists the evidence files, sorted, with `/` between folder and name: those that the manifest lists, and itself.
fn files(folder: &Path) -> Result<Vec<String>, Trouble> {
    let mut names = Vec::new();
    for (prefix, place) in [("", folder.to_owned()), ("bodies/", folder.join("bodies"))] {
        let Ok(entries) = std::fs::read_dir(&place) else { continue };
        let mut bytes = 0;
        for entry in entries {
            let entry = entry.map_err(|error| failed("read", &place, &error))?;
            let about = entry.metadata().map_err(|error| failed("read", &entry.path(), &error))?;
            bytes += about.len();
            if about.is_file() {
                names.push(format!("{prefix}{}", entry.file_name().to_string_lossy()));
            }
        }
        if bytes > BUNDLE_BYTES_MAX {
            return Err(Trouble::Ours(format!(
                "could not pack `{}`: it has more than {BUNDLE_BYTES_MAX} bytes",
                place.display()
            )));
        }
    }
    names.sort();
    Ok(names)
}

/// Writes the file whole under another name first, so that what is there is never half a bundle.
fn write(out: &Path, name: &str, folder: &Path, files: &[String]) -> Result<(), Trouble> {
    let part = PathBuf::from(format!("{}.part", out.display()));
    let file = File::create(&part).map_err(|error| failed("write", &part, &error))?;
    let mut zip = ZipWriter::new(file);
    // No clock and no owner goes in: the same folder gives the same bytes.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .large_file(true);
    for path in files {
        let source = folder.join(path);
        let mut content = File::open(&source).map_err(|error| failed("read", &source, &error))?;
        zip.start_file(format!("{name}/{path}"), options).map_err(|error| failed("write", &part, &error))?;
        std::io::copy(&mut content, &mut zip).map_err(|error| failed("write", &part, &error))?;
    }
    let mut file = zip.finish().map_err(|error| failed("write", &part, &error))?;
    file.flush().map_err(|error| failed("write", &part, &error))?;
    std::fs::rename(&part, out).map_err(|error| failed("write", out, &error))
}

fn sha256(path: &Path) -> Result<String, Trouble> {
    counterpart_evidence::digest_of_file(path).map_err(|error| Trouble::Ours(format!("could not {error}")))
}
