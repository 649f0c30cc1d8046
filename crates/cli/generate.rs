//! `counterpart generate`: messages of a pack that are made and not sent.

use crate::args::{GenerateArgs, MessageFormat, RoleArg};
use crate::exit::{Exit, Trouble};
use crate::mirror::invented;
use crate::wanted::settings_given;
use crate::{console, fhir, moment, packs};
use counterpart_diag::{Sources, suggest};
use counterpart_engine::{Drafting, drafts};
use counterpart_evidence::{Request, Role};
use counterpart_matching::{Mutation, apply, mutations};
use counterpart_plan::{Options, PackFiles, Plan, Purpose};
use serde_json::{Map, Value};
use std::fmt::Write as _;
use std::path::Path;

/// A message with what it is called.
struct Made {
    name: String,
    message: Request,
}

pub(crate) fn generate(args: &GenerateArgs, format: MessageFormat) -> Result<Exit, Trouble> {
    let mut sources = Sources::default();
    let Some(plan) = plan(args, format, &mut sources)? else { return Ok(Exit::Usage) };
    let Some(name) = &args.request else {
        plan.drafts.keys().for_each(|name| console::data(&format!("{name}\n")));
        return Ok(Exit::Pass);
    };
    let Some(request) = plan.drafts.get(name) else {
        let known: Vec<&str> = plan.drafts.keys().map(String::as_str).collect();
        let hint = suggest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let reason = format!("the pack makes no `{name}`{hint}\nhelp: `counterpart generate {}` lists what it makes", args.pack);
        return Err(Trouble::Usage(reason));
    };
    let drafting =
        Drafting { count: args.count, given: names_given(&args.with)?, seed: args.seed, unix_ms: moment::unix_ms(moment::now()) };
    let made = drafts(&plan, request, &drafting).map_err(|reason| {
        Trouble::Usage(format!(
            "could not make `{name}`: {reason}\nhelp: give what a scenario would give with `--with NAME=VALUE`"
        ))
    })?;
    let made: Vec<Made> = made
        .into_iter()
        .enumerate()
        .flat_map(|(at, message)| {
            let name = format!("{name}-{:03}", at + 1);
            if args.broken { broken(&name, &message) } else { vec![Made { name, message }] }
        })
        .collect();
    match &args.out {
        Some(folder) => write(&made, folder, args.whole)?,
        None => made.iter().for_each(|one| console::data(&shown(one, args))),
    }
    Ok(Exit::Pass)
}

fn plan(args: &GenerateArgs, format: MessageFormat, sources: &mut Sources) -> Result<Option<Plan>, Trouble> {
    let files = packs::find(&args.pack).map_err(|reason| Trouble::Usage(format!("could not {reason}")))?;
    let refs: Vec<&PackFiles> = files.iter().collect();
    let mut settings = invented(&files, Path::new("generated"));
    settings.extend(settings_given(&args.settings)?);
    let options = Options {
        purpose: Purpose::Play,
        role: Some(if args.role == Some(RoleArg::Provider) { Role::Provider } else { Role::Consumer }),
        profile: args.profile.clone(),
        settings,
        fhir_packages: fhir::given(&args.fhir).map_err(Trouble::Usage)?,
        drafts: true,
        ..Options::default()
    };
    let (plan, found) = counterpart_plan::compile_pack(&refs, &options, sources);
    if plan.is_none() {
        console::diagnostics(&found.into_sorted(), sources, format);
    }
    Ok(plan)
}

/// Reads `NAME=VALUE`; what is JSON is a value of that type, anything else is text.
fn names_given(pairs: &[String]) -> Result<Map<String, Value>, Trouble> {
    let pair = |text: &String| {
        let (name, value) = text.split_once('=').ok_or_else(|| Trouble::Usage(format!("`--with {text}`: write `NAME=VALUE`")))?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        Ok((name.to_owned(), value))
    };
    pairs.iter().map(pair).collect()
}

/// Makes of a message as many as it can have generic defects, each with one, which its name says.
fn broken(name: &str, message: &Request) -> Vec<Made> {
    let spoilt = |mutation: Mutation| {
        let mut message = message.clone();
        apply(&[mutation.edit], &mut message).ok()?;
        let slug: String = mutation.id.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
        Some(Made { name: format!("{name}-{}", slug.trim_end_matches('-')), message })
    };
    let in_body = |mutation: &Mutation| !mutation.id.starts_with("header");
    mutations(message).found.into_iter().filter(in_body).filter_map(spoilt).collect()
}

fn ending(message: &Request) -> &'static str {
    let media_type = message.headers.first("content-type").unwrap_or_default();
    match media_type {
        _ if media_type.contains("json") => "json",
        _ if media_type.contains("xml") => "xml",
        _ => "txt",
    }
}

/// Gives a message as HTTP/1.1 writes it.
fn whole(message: &Request) -> Vec<u8> {
    let mut head = format!("{} {} HTTP/1.1\r\n", message.method, message.target);
    for header in &message.headers {
        // Writing to a string cannot fail.
        let _ = write!(head, "{}: {}\r\n", header.name, header.value);
    }
    head.push_str("\r\n");
    [head.as_bytes(), message.body.plain_bytes()].concat()
}

/// Gives what of a message is asked for: where it has no body, there is no other than all of it.
fn content(message: &Request, is_whole: bool) -> Vec<u8> {
    let body = message.body.plain_bytes();
    if is_whole || body.is_empty() { whole(message) } else { body.to_vec() }
}

fn shown(made: &Made, args: &GenerateArgs) -> String {
    let bytes = content(&made.message, args.whole);
    let text = String::from_utf8_lossy(&bytes);
    let line = if text.ends_with('\n') { "" } else { "\n" };
    // What is wrong with it is part of it.
    if args.broken { format!("# {}\n{text}{line}", made.name) } else { format!("{text}{line}") }
}

fn write(made: &[Made], folder: &Path, is_whole: bool) -> Result<(), Trouble> {
    let failed = |path: &Path, error: std::io::Error| Trouble::Usage(format!("could not write `{}`: {error}", path.display()));
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for one in made {
        let ending = if is_whole || one.message.body.plain_bytes().is_empty() { "http" } else { ending(&one.message) };
        let path = folder.join(format!("{}.{ending}", one.name));
        std::fs::write(&path, content(&one.message, is_whole)).map_err(|error| failed(&path, error))?;
    }
    console::talk(&format!("{} in {}", counterpart_report::counted(made.len() as u64, "message"), folder.display()));
    Ok(())
}
