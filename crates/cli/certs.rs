//! `counterpart certs`: a test authority and its certificates.

use crate::args::{CertsArgs, CertsCommand, CsrArgs};
use crate::exit::{Exit, Trouble};
use crate::{console, keyring, moment};
use counterpart_keys::{
    Authority, AuthorityOptions, CsrOptions, Defect, Existing, Issue, KeyKind, Purpose, Question, Reason, Source, Usage, csr,
    explain, file_name, read_chain,
};
use std::path::Path;

/// Files and values are the user's, but for what could not be made or written.
fn could_not(error: counterpart_keys::Error) -> Trouble {
    let reason = format!("could not {error}");
    match error {
        counterpart_keys::Error::Make { .. } | counterpart_keys::Error::WriteFile { .. } => Trouble::Ours(reason),
        _ => Trouble::Usage(reason),
    }
}

fn usage_of(word: &str) -> Result<Usage, Trouble> {
    Usage::from_name(word).ok_or_else(|| Trouble::Usage(format!("`--usage {word}`: server, client or both")))
}

fn key_of(word: &str) -> Result<KeyKind, Trouble> {
    let known: Vec<&str> = KeyKind::ALL.iter().map(|(_, name)| *name).collect();
    KeyKind::from_name(word).ok_or_else(|| Trouble::Usage(format!("`--key {word}`: known are {}", known.join(", "))))
}

pub(crate) fn certs(args: &CertsArgs) -> Result<Exit, Trouble> {
    match &args.command {
        CertsCommand::Init { dir, key, replace } => {
            init(dir, key_of(key)?, if *replace { Existing::Replace } else { Existing::Keep })
        }
        CertsCommand::Issue { dir, name, usage, san, defect, key, days } => {
            let usage = usage_of(usage)?;
            let known: Vec<&str> = Defect::ALL.iter().map(|(_, name)| *name).collect();
            let defect = Defect::from_name(defect)
                .ok_or_else(|| Trouble::Usage(format!("`--defect {defect}`: known are {}", known.join(", "))))?;
            let mut authority = Authority::load(dir).map_err(could_not)?;
            let issue = Issue {
                usage,
                common_name: name.clone(),
                names: san.clone(),
                defect,
                days: *days,
                key: key_of(key)?,
                now: moment::now(),
            };
            let credential = authority.issue(&issue).map_err(could_not)?;
            let files = credential.save(dir, &file_name(name), Existing::Keep).map_err(could_not)?;
            authority.save_index(dir, moment::now()).map_err(could_not)?;
            console::data(&format!("{}\n", credential.words));
            files.iter().for_each(|file| console::data(&format!("{}\n", file.display())));
            Ok(Exit::Pass)
        }
        CertsCommand::Revoke { dir, certificate } => {
            let mut authority = Authority::load(dir).map_err(could_not)?;
            let issued = authority.revoke(certificate, Reason::ALL[0].0, moment::now()).map_err(could_not)?;
            authority.save_index(dir, moment::now()).map_err(could_not)?;
            console::data(&format!("revoked {}\n", issued.serial));
            Ok(Exit::Pass)
        }
        CertsCommand::Csr(args) => request(args),
        CertsCommand::Crl { dir } => {
            let authority = Authority::load(dir).map_err(could_not)?;
            for file in authority.save_index(dir, moment::now()).map_err(could_not)? {
                console::data(&format!("{}\n", file.display()));
            }
            Ok(Exit::Pass)
        }
        CertsCommand::Show { files, ca, name } => show(files, ca.as_deref(), name.as_deref()),
    }
}

fn init(dir: &Path, key: KeyKind, existing: Existing) -> Result<Exit, Trouble> {
    let now = moment::now();
    let options = AuthorityOptions { name: "Counterpart test authority".to_owned(), now, days: 825, key, crl_url: None };
    let mut authority = Authority::new(&options).map_err(could_not)?;
    authority.save(dir, existing, now).map_err(could_not)?;
    for (usage, name, file) in [(Usage::Server, "localhost", "server"), (Usage::Client, "counterpart-client", "client")] {
        let names = if usage == Usage::Server { vec!["localhost".to_owned(), "127.0.0.1".to_owned()] } else { Vec::new() };
        let issue = Issue { usage, common_name: name.to_owned(), names, defect: Defect::None, days: 397, key, now };
        authority.issue(&issue).and_then(|credential| credential.save(dir, file, existing)).map_err(could_not)?;
    }
    authority.save_index(dir, now).map_err(could_not)?;
    for line in authority.summary().map_err(could_not)? {
        console::data(&format!("{line}\n"));
    }
    console::talk(&format!(
        "let the system under test trust `{}`, and give `--certs {}` to `counterpart run`",
        dir.join("root.pem").display(),
        dir.display()
    ));
    Ok(Exit::Pass)
}

fn request(args: &CsrArgs) -> Result<Exit, Trouble> {
    let options = CsrOptions {
        common_name: args.name.clone(),
        organisation: args.organisation.clone(),
        unit: args.unit.clone(),
        locality: args.locality.clone(),
        state: args.state.clone(),
        country: args.country.clone(),
        names: args.san.clone(),
        usage: usage_of(&args.usage)?,
        key: key_of(&args.key)?,
    };
    let csr = csr(&options).map_err(could_not)?;
    let files = csr.save(&args.dir, &file_name(&args.name), Existing::Keep).map_err(could_not)?;
    files.iter().for_each(|file| console::data(&format!("{}\n", file.display())));
    console::data(&csr.csr_pem);
    for (at, line) in csr.words.iter().enumerate() {
        console::talk(&format!("{}. {line}", at + 1));
    }
    Ok(Exit::Pass)
}

fn show(files: &[std::path::PathBuf], ca: Option<&Path>, name: Option<&str>) -> Result<Exit, Trouble> {
    let mut chain = Vec::new();
    for file in files {
        let content = keyring::bytes(file).map_err(Trouble::Usage)?;
        let shown = file.display().to_string();
        chain.extend(read_chain(Source { name: &shown, bytes: &content }).map_err(could_not)?);
    }
    let trust = ca.map(keyring::trust).transpose().map_err(Trouble::Usage)?;
    let question =
        Question { chain: &chain, trust: trust.as_ref(), purpose: Purpose::Server, expected_name: name, now: moment::now() };
    let explanation = explain(&question);
    console::data(&explanation.render());
    Ok(if explanation.problems.is_empty() { Exit::Pass } else { Exit::Fail })
}
