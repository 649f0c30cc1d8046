//! A run from plan to reports: shared by `run`, `demo`, `simulate` and `prove`.

use crate::args::RunArgs;
use crate::console;
use crate::exit::{Exit, Trouble};
use crate::header::{About, header};
use crate::signals::Signals;
use crate::sink::RecordingSink;
use counterpart_engine::{Actor, Clock, Doors, Manner, Order, Stage, Surroundings, Undone};
use counterpart_evidence::{
    Event, FileDigest, Inventory, JournalHead, MaskKey, MaskRules, Masker, Recorder, RunFolder, RunRecord, Storage, WhenFull,
};
use counterpart_plan::Plan;
use counterpart_report::{Bodies, Format, Options};
use counterpart_transport::{Limits, Recording};
use futures_util::future::BoxFuture;
use indicatif::ProgressBar;
use serde_json::Value;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::{Scope, ScopedJoinHandle};
use tokio::sync::watch;

/// An actor that is made after those who ask it.
#[derive(Default)]
pub(crate) struct LateActor(OnceLock<Arc<dyn Actor>>);

impl LateActor {
    pub(crate) fn set(&self, actor: Arc<dyn Actor>) {
        // It is empty until here: nobody else sets it.
        drop(self.0.set(actor));
    }
}

impl Actor for LateActor {
    fn act(&self, order: Order) -> BoxFuture<'_, Result<Value, Undone>> {
        match self.0.get() {
            Some(actor) => actor.act(order),
            None => Box::pin(async { Err(Undone::Nobody) }),
        }
    }
}

/// Reads stored messages of a run folder.
pub(crate) struct FolderBodies<'a>(pub(crate) &'a RunFolder);

impl Bodies for FolderBodies<'_> {
    fn body(&self, digest: &str) -> Option<Vec<u8>> {
        self.0.body(digest).ok().flatten()
    }
}

/// Where a run is recorded.
pub(crate) struct Book {
    pub(crate) folder: RunFolder,
    pub(crate) sink: Arc<RecordingSink>,
}

/// Opens a run folder with everything masked that the plan says.
pub(crate) fn open_book(
    out: &Path,
    name: &str,
    plan: &Plan,
    random: &[u8; 32],
    storage: Storage,
    progress: ProgressBar,
) -> Result<Book, Trouble> {
    let could_not = |error: counterpart_evidence::Error| match error {
        // The secret is the user's setting; everything else is the machine's.
        counterpart_evidence::Error::MaskSecret { .. } => Trouble::Usage(format!("could not {error}")),
        _ => Trouble::Ours(format!("could not {error}\nhelp: `--out DIR` names another folder")),
    };
    let folder = RunFolder::create(out, name).map_err(could_not)?.with_flush(storage.flush);
    let rules = MaskRules {
        secrets: plan.secrets.iter().map(|secret| secret.clone().into_bytes()).collect(),
        headers: plan.masked_headers.clone(),
        pointers: plan.masked_json.clone(),
        literals: Vec::new(),
    };
    let masker = Masker::new(&rules, MaskKey::new(random)).map_err(could_not)?;
    let recorder = Recorder::new(&folder, masker, storage).map_err(could_not)?;
    Ok(Book { folder, sink: Arc::new(RecordingSink::new(recorder, progress)) })
}

impl Book {
    /// Removes the folder of a run that did not begin.
    pub(crate) fn discard(&self) {
        // It holds nothing yet; that it stays behind on a disk that lets nothing be removed harms nobody.
        drop(std::fs::remove_dir_all(self.folder.path()));
    }
}

/// What is played, and in what surroundings.
pub(crate) struct Performance {
    pub(crate) plan: Arc<Plan>,
    pub(crate) clock: Clock,
    pub(crate) around: Surroundings,
    pub(crate) doors: Doors,
    pub(crate) manner: Manner,
    pub(crate) recording: Recording,
}

impl Performance {
    /// Sets the stage.
    pub(crate) async fn stage(self) -> Result<(Stage, Manner, Clock), String> {
        let clock = self.clock.clone();
        let stage = Stage::set(self.plan, self.clock, self.around, &self.doors, self.recording, Limits::default()).await;
        stage.map(|stage| (stage, self.manner, clock)).map_err(|error| format!("could not {error}"))
    }
}

/// Records the run's beginning.
pub(crate) fn begin(sink: &Arc<RecordingSink>, plan: &Plan, about: About, clock: &Clock) {
    use counterpart_engine::Sink as _;
    sink.event(Event::RunStarted(Box::new(header(plan, about))), clock.now_us());
    crate::jumps::watch(sink, clock);
    crate::lateness::watch(sink, clock);
}

/// A run that is continued.
pub(crate) struct Earlier {
    pub(crate) folder: RunFolder,
    pub(crate) record: RunRecord,
}

/// A run that is over, with its reports written.
pub(crate) struct Finished {
    pub(crate) record: RunRecord,
    pub(crate) folder: PathBuf,
    /// The end of its journal as it stands on the disk.
    head: JournalHead,
}

/// Records the run's end, folds the evidence, and writes every report.
pub(crate) fn finish(
    book: Book,
    clock: &Clock,
    finished: String,
    early: Option<String>,
    earlier: Option<&Earlier>,
    formats: &[Format],
) -> Result<Finished, Trouble> {
    use counterpart_engine::Sink as _;
    let could_not = |error: counterpart_evidence::Error| format!("could not {error}");
    let Book { mut folder, sink } = book;
    let broken = sink.broken();
    crate::lateness::tell(&sink, clock);
    sink.event(Event::RunEnded { finished, early, broken: broken.clone() }, clock.now_us());
    let written = sink.take().map(|recorder| recorder.finish().map_err(could_not)).transpose()?.flatten();
    let mut record = folder
        .fold_journal()
        .map_err(could_not)?
        .ok_or_else(|| broken.clone().unwrap_or_else(|| "the run never began".to_owned()))?;
    if let Some(earlier) = earlier {
        record = counterpart_evidence::merge(&[earlier.record.clone(), record]).map_err(could_not)?;
        folder.adopt_bodies(&earlier.folder).map_err(could_not)?;
    }
    let head = written.map_or_else(|| folder.journal_head().map_err(could_not), Ok)?;
    let inventory = write_all(&head, &record, &folder, formats)?;
    let head = folder.finish(&record, inventory).map_err(could_not)?;
    Ok(Finished { record, folder: folder.path().to_owned(), head })
}

/// Says where the reports are, and the digest that stands for the evidence: noted elsewhere, it shows any later change.
pub(crate) fn where_it_is(run: &Finished) -> String {
    format!("\nreports: {}\nevidence: {}\n", run.folder.display(), run.head.digest)
}

/// Writes reports of a record in several formats into its folder, each beside the others; `json` is the record itself and always there.
pub(crate) fn written(record: &RunRecord, folder: &RunFolder, formats: &[Format]) -> Result<Vec<(String, FileDigest)>, String> {
    let head = folder.journal_head().map_err(|error| format!("could not {error}"))?;
    let options = options(&head, folder);
    let one = |format| write_one(record, folder, format, &options);
    std::thread::scope(|scope| joined(threads(scope, &one, formats)))
}

/// Writes the record and every report, each beside the others.
fn write_all(head: &JournalHead, record: &RunRecord, folder: &RunFolder, formats: &[Format]) -> Result<Inventory, String> {
    let options = options(head, folder);
    let one = |format| write_one(record, folder, format, &options);
    let (inventory, reports) = std::thread::scope(|scope| {
        let threads = threads(scope, &one, formats);
        (folder.write_record(record).map_err(|error| format!("could not {error}")), joined(threads))
    });
    let mut inventory = inventory?;
    for (name, digest) in reports? {
        inventory.add(name, digest);
    }
    Ok(inventory)
}

/// A report in the run folder by its name there, or why it is not.
type Written = Result<(String, FileDigest), String>;

fn write_one(record: &RunRecord, folder: &RunFolder, format: Format, options: &Options) -> Written {
    let could_not = |error: counterpart_evidence::Error| format!("could not {error}");
    let mut file = folder.begin_report(file_name(format)).map_err(could_not)?;
    render(record, folder, format, options, &mut file)?;
    Ok((file_name(format).to_owned(), file.finish().map_err(could_not)?))
}

/// Writes each format in a thread of its own.
fn threads<'scope>(
    scope: &'scope Scope<'scope, '_>,
    one: &'scope (impl Fn(Format) -> Written + Sync),
    formats: &[Format],
) -> Vec<ScopedJoinHandle<'scope, Written>> {
    beside_record(formats).map(|format| scope.spawn(move || one(format))).collect()
}

/// The formats that are rendered: JSON is the record itself.
fn beside_record(formats: &[Format]) -> impl Iterator<Item = Format> {
    formats.iter().copied().filter(|format| *format != Format::Json)
}

fn options(head: &JournalHead, folder: &RunFolder) -> Options {
    let name = folder.path().file_name().map(|name| name.to_string_lossy().into_owned());
    let evidence_digest = (!head.digest.is_empty()).then(|| head.digest.clone());
    Options { evidence_digest, folder: name, ..Options::default() }
}

fn render(record: &RunRecord, folder: &RunFolder, format: Format, options: &Options, out: &mut dyn Write) -> Result<(), String> {
    let written = counterpart_report::render_to(record, &FolderBodies(folder), format, options, out);
    written.map_err(|error| format!("could not {error}"))
}

fn joined<T>(threads: Vec<ScopedJoinHandle<'_, Result<T, String>>>) -> Result<Vec<T>, String> {
    // A fault of ours in one of them is one of the whole.
    threads.into_iter().map(|thread| thread.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault))).collect()
}

/// Writes the reports that were asked for under names of their own.
pub(crate) fn copies(args: &RunArgs, record: &RunRecord, folder: &Path) -> Result<(), Trouble> {
    let could_not = |error: counterpart_evidence::Error| format!("could not {error}");
    let book = RunFolder::open(folder).map_err(could_not)?;
    let options = options(&book.journal_head().map_err(could_not)?, &book);
    for (path, format) in [(&args.html, Format::Html), (&args.junit, Format::Junit), (&args.xml, Format::Xml)] {
        let Some(path) = path else { continue };
        let unwritable = |error: std::io::Error| format!("could not write `{}`: {error}", path.display());
        let mut file = BufWriter::new(File::create(path).map_err(unwritable)?);
        render(record, &book, format, &options, &mut file)?;
        file.flush().map_err(unwritable)?;
    }
    Ok(())
}

pub(crate) fn file_name(format: Format) -> &'static str {
    match format {
        Format::ChecklistCsv => "checklist.csv",
        Format::ChecklistHtml => "checklist.html",
        Format::Html => "report.html",
        Format::Json => "run.json",
        Format::Junit => "junit.xml",
        Format::Xml => "report.xml",
    }
}

/// The formats by their names on the command line. The checklist comes as page and as table, with the report that both lead into.
const FORMATS: [(&str, &[Format]); 5] = [
    ("html", &[Format::Html]),
    ("json", &[Format::Json]),
    ("junit", &[Format::Junit]),
    ("xml", &[Format::Xml]),
    (CHECKLIST, &[Format::ChecklistCsv, Format::ChecklistHtml, Format::Html]),
];

/// The name of the checklist on the command line.
const CHECKLIST: &str = "checklist";

/// Reads format names.
pub(crate) fn formats(names: &[String]) -> Result<Vec<Format>, String> {
    let mut all: Vec<Format> = Vec::new();
    for name in names {
        let found = FORMATS.iter().find(|(known, _)| *known == name.trim());
        let known = || format!("unknown format `{name}`: known are {}", FORMATS.map(|(known, _)| known).join(", "));
        let (_, formats) = found.ok_or_else(known)?;
        for format in *formats {
            if !all.contains(format) {
                all.push(*format);
            }
        }
    }
    Ok(all)
}

/// Refuses to fill a checklist that the pack does not declare.
pub(crate) fn refuse_no_checklist(formats: &[Format], pack: &str, declares: bool) -> Result<(), Trouble> {
    if declares || !formats.contains(&Format::ChecklistCsv) {
        return Ok(());
    }
    let reason =
        format!("the pack `{pack}` declares no checklist: `--format {CHECKLIST}` fills the form in its `checklist.yaml`");
    Err(Trouble::Usage(reason))
}

/// Waits for Ctrl-C or the signal to end, then lets the run end cleanly; the second time it ends at once.
pub(crate) fn stop_on_interrupt() -> watch::Receiver<bool> {
    let (stop, stopping) = watch::channel(false);
    // From here on they end nothing by themselves: the task that waits for them may begin late.
    let mut signals = Signals::heard();
    tokio::spawn(async move {
        signals.next().await;
        console::talk("\nending: what is under way is cleaned up and reported; Ctrl-C again ends at once");
        let _ = stop.send(true);
        signals.next().await;
        // What was acknowledged stands in the journal, from which `counterpart report` still renders.
        std::process::exit(Exit::Inconclusive as i32);
    });
    stopping
}

/// Gives storage habits.
pub(crate) fn storage(flush: counterpart_evidence::Flush, when_full: WhenFull) -> Storage {
    Storage { when_full, flush, ..Storage::default() }
}
