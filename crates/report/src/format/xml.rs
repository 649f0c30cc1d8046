//! XML: element by element what `reports/xml/report-1.xsd` says. The names are a contract; a new one is optional and
//! raises the version.

use crate::{Options, tally, text};
use counterpart_evidence::{
    Attempt, Basis, Cause, Direction, ExchangeRecord, Finding, MessageRecord, Requirement, RequirementRecord, RunRecord,
    ScenarioRecord, StepRecord, Version,
};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::borrow::Cow;
use std::io::{self, Write};

/// Namespace of the report.
const NAMESPACE: &str = "urn:counterpart:report:1";
/// Version of the form within the namespace.
const VERSION: &str = "1";

type Attributes<'a> = &'a [(&'static str, Option<Cow<'a, str>>)];

/// Renders a record as XML.
pub(crate) fn xml(record: &RunRecord, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut report = Out(Writer::new_with_indent(out, b' ', 2));
    report.report(record, options)?;
    report.0.into_inner().write_all(b"\n")
}

fn some<'a>(value: impl Into<Cow<'a, str>>) -> Option<Cow<'a, str>> {
    Some(value.into())
}

fn number<'a>(value: impl ToString) -> Option<Cow<'a, str>> {
    Some(Cow::Owned(value.to_string()))
}

/// Microseconds as milliseconds with three decimals.
fn ms<'a>(us: u64) -> Option<Cow<'a, str>> {
    Some(Cow::Owned(format!("{}.{:03}", us / 1_000, us % 1_000)))
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

struct Out<'w>(Writer<&'w mut dyn Write>);

impl Out<'_> {
    fn tag<'a>(name: &'static str, attributes: Attributes<'a>) -> BytesStart<'a> {
        let mut start = BytesStart::new(name);
        for (name, value) in attributes {
            if let Some(value) = value {
                // The writer escapes the value; what XML forbids was made visible before.
                start.push_attribute((*name, text::xml(value).as_str()));
            }
        }
        start
    }

    fn open(&mut self, name: &'static str, attributes: Attributes<'_>) -> io::Result<()> {
        self.0.write_event(Event::Start(Self::tag(name, attributes)))
    }

    fn close(&mut self, name: &'static str) -> io::Result<()> {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    fn empty(&mut self, name: &'static str, attributes: Attributes<'_>) -> io::Result<()> {
        self.0.write_event(Event::Empty(Self::tag(name, attributes)))
    }

    fn leaf(&mut self, name: &'static str, attributes: Attributes<'_>, content: &str) -> io::Result<()> {
        self.open(name, attributes)?;
        self.0.write_event(Event::Text(BytesText::new(&text::xml(content))))?;
        self.close(name)
    }

    fn optional(&mut self, name: &'static str, content: Option<&str>) -> io::Result<()> {
        content.map_or(Ok(()), |content| self.leaf(name, &[], content))
    }

    fn report(&mut self, record: &RunRecord, options: &Options) -> io::Result<()> {
        self.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let mode = serde_json::to_value(record.mode).ok();
        let conductor = serde_json::to_value(record.conductor).ok();
        let word = |value: &Option<serde_json::Value>| value.as_ref()?.as_str().map(|word| Cow::Owned(word.to_owned()));
        self.open(
            "report",
            &[
                ("xmlns", some(NAMESPACE)),
                ("format", some("counterpart-report")),
                ("version", some(VERSION)),
                ("run", some(&record.run)),
                ("verdict", some(record.verdict.name())),
                ("partial", some(truth(record.partial))),
                ("started", some(&record.started)),
                ("finished", record.finished.as_deref().map(Cow::Borrowed)),
                ("duration-ms", ms(record.duration_us)),
                ("mode", word(&mode)),
                ("role", some(record.role.name())),
                ("conductor", word(&conductor)),
                ("evidence", options.evidence_digest.as_deref().map(Cow::Borrowed)),
            ],
        )?;
        self.origin(record)?;
        self.summary(record)?;
        self.review(record)?;
        self.open("requirements", &[])?;
        record.requirements.iter().try_for_each(|row| self.requirement(row))?;
        self.close("requirements")?;
        self.open("scenarios", &[])?;
        record.scenarios.iter().try_for_each(|scenario| self.scenario(scenario))?;
        self.close("scenarios")?;
        self.open("exchanges", &[])?;
        record.exchanges.iter().try_for_each(|exchange| self.exchange(exchange))?;
        self.close("exchanges")?;
        self.unexpected(record)?;
        self.close("report")
    }

    fn origin(&mut self, record: &RunRecord) -> io::Result<()> {
        self.empty("tool", &[("name", some(&record.tool.name)), ("version", some(&record.tool.version))])?;
        let supplier = &record.supplier;
        let given = |value: &'_ Option<String>| value.clone().map(Cow::Owned);
        self.empty(
            "supplier",
            &[
                ("name", given(&supplier.name)),
                ("product", given(&supplier.product)),
                ("version", given(&supplier.version)),
                ("build", given(&supplier.build)),
            ],
        )?;
        let pack = &record.pack;
        self.open(
            "pack",
            &[
                ("name", some(&pack.name)),
                ("version", some(&pack.version)),
                ("digest", some(&pack.digest)),
                ("released", pack.released.map(|released| Cow::Borrowed(truth(released)))),
                ("profile", some(&pack.profile)),
            ],
        )?;
        self.leaf("title", &[], &pack.title)?;
        for document in &pack.documents {
            let attributes = [
                ("id", some(&document.id)),
                ("version", given(&document.version)),
                ("link", given(&document.link)),
                ("read", given(&document.read)),
            ];
            self.leaf("document", &attributes, &document.title)?;
        }
        for (name, value) in &pack.switches {
            self.leaf("switch", &[("name", some(name))], value)?;
        }
        pack.modified.iter().try_for_each(|file| self.leaf("modified", &[], file))?;
        self.close("pack")?;
        self.open("settings", &[])?;
        for setting in &record.settings {
            self.leaf("setting", &[("name", some(&setting.name)), ("origin", some(&setting.origin))], &setting.value)?;
        }
        self.close("settings")?;
        self.open("environment", &[("seed", some(&record.seed)), ("clock", some(&record.clock))])?;
        for (name, address) in &record.endpoints {
            self.leaf("endpoint", &[("name", some(name))], address)?;
        }
        for (name, value) in &record.environment {
            self.leaf("fact", &[("name", some(name))], value)?;
        }
        self.close("environment")
    }

    fn summary(&mut self, record: &RunRecord) -> io::Result<()> {
        let counts = record.summary;
        self.open(
            "summary",
            &[
                ("pass", number(counts.pass)),
                ("warning", number(counts.warning)),
                ("fail", number(counts.fail)),
                ("inconclusive", number(counts.inconclusive)),
                ("error", number(counts.error)),
                ("review", number(counts.review)),
                ("skipped", number(counts.skipped)),
                ("not-applicable", number(counts.not_applicable)),
                ("not-run", number(counts.not_run)),
            ],
        )?;
        let all = tally(record);
        self.empty(
            "findings",
            &[("pass", number(all.pass)), ("fail", number(all.fail)), ("skip", number(all.skip)), ("error", number(all.error))],
        )?;
        self.optional("ended-early", record.ended_early.as_deref())?;
        for limit in &record.limits {
            self.leaf("limit", &[("what", some(&limit.what))], &limit.why)?;
        }
        self.leaf("notice", &[], crate::NOTICE)?;
        self.close("summary")
    }

    fn review(&mut self, record: &RunRecord) -> io::Result<()> {
        self.open("review", &[])?;
        for change in &record.changes {
            let attributes = [("check", some(change.check.as_str())), ("change", some(&change.change))];
            self.leaf("check-change", &attributes, &change.reason)?;
        }
        for claim in &record.claims {
            self.open(
                "claim",
                &[
                    ("id", some(&claim.id)),
                    ("status", some(&claim.status)),
                    ("claimed", some(truth(claim.claimed))),
                    ("exercised", some(truth(claim.exercised))),
                ],
            )?;
            self.leaf("question", &[], &claim.question)?;
            self.optional("remark", claim.remark.as_deref())?;
            self.close("claim")?;
        }
        for flight in &record.preflight {
            let passed = flight.passed.map(|passed| Cow::Borrowed(truth(passed)));
            self.open("preflight", &[("name", some(&flight.name)), ("passed", passed)])?;
            self.leaf("detail", &[], &flight.detail)?;
            self.optional("hint", flight.hint.as_deref())?;
            self.close("preflight")?;
        }
        self.close("review")
    }

    fn requirement(&mut self, row: &RequirementRecord) -> io::Result<()> {
        let Requirement { id, level, basis, text, source, claim, untestable } = &row.requirement;
        self.open(
            "requirement",
            &[
                ("id", some(id.as_str())),
                ("level", some(level.name())),
                ("basis", some(basis.name())),
                ("verdict", some(row.verdict.name())),
                ("claimed", row.claimed.map(|claimed| Cow::Borrowed(truth(claimed)))),
                ("claim", claim.as_deref().map(Cow::Borrowed)),
                ("passed", number(row.passed)),
                ("failed", number(row.failed)),
                ("skipped", number(row.skipped)),
                ("by", row.by.as_deref().map(Cow::Borrowed)),
            ],
        )?;
        self.leaf("text", &[], text)?;
        self.leaf("source", &[], source)?;
        row.scenarios.iter().try_for_each(|id| self.empty("scenario-ref", &[("id", some(id.as_str()))]))?;
        self.optional("reason", row.reason.as_deref())?;
        self.optional("untestable", untestable.as_deref())?;
        self.close("requirement")
    }

    fn scenario(&mut self, scenario: &ScenarioRecord) -> io::Result<()> {
        let first = scenario.attempts.first();
        let took = scenario.attempts.iter().map(|attempt| attempt.duration_us).sum();
        self.open(
            "scenario",
            &[
                ("id", some(scenario.id.as_str())),
                ("role", some(scenario.role.name())),
                ("verdict", some(scenario.verdict.name())),
                ("cause", scenario.cause.map(|cause| Cow::Borrowed(cause.name()))),
                ("started", first.and_then(|attempt| ms(attempt.started_us))),
                ("duration-ms", ms(took)),
                ("flaky", scenario.flaky.then_some(Cow::Borrowed("true"))),
                ("attempts", number(scenario.attempts.len())),
            ],
        )?;
        self.leaf("title", &[], &scenario.title)?;
        self.leaf("purpose", &[], &scenario.purpose)?;
        self.optional("reason", scenario.reason.as_deref())?;
        self.leaf("replay", &[], &scenario.replay)?;
        scenario.covers.iter().try_for_each(|id| self.empty("covers", &[("requirement", some(id.as_str()))]))?;
        for attempt in &scenario.attempts {
            attempt.steps.iter().try_for_each(|step| self.step(step, attempt))?;
        }
        self.close("scenario")
    }

    fn step(&mut self, step: &StepRecord, attempt: &Attempt) -> io::Result<()> {
        self.open(
            "step",
            &[
                ("index", number(step.index)),
                ("kind", some(&step.kind)),
                ("verdict", some(step.verdict.name())),
                ("attempt", number(attempt.attempt)),
                ("phase", some(&step.phase)),
                ("title", some(&step.title)),
                ("cause", step.cause.map(|cause| Cow::Borrowed(cause.name()))),
                ("started", ms(step.started_us)),
                ("duration-ms", ms(step.duration_us)),
            ],
        )?;
        self.optional("reason", step.reason.as_deref())?;
        step.exchanges.iter().try_for_each(|id| self.empty("exchange-ref", &[("id", number(id))]))?;
        for (check, count) in &step.passed {
            self.empty("passed", &[("check", some(check.as_str())), ("count", number(count))])?;
        }
        for (check, count) in &step.not_applying {
            self.empty("not-applying", &[("check", some(check.as_str())), ("count", number(count))])?;
        }
        step.findings.iter().try_for_each(|finding| self.finding(finding))?;
        self.close("step")
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.open(
            "finding",
            &[
                ("check", some(finding.check.as_str())),
                ("requirement", some(finding.requirement.as_str())),
                ("level", some(finding.level.name())),
                ("basis", some(Basis::name(finding.basis))),
                ("outcome", some(finding.outcome.name())),
                ("effect", some(finding.effect.name())),
                ("cause", finding.cause.map(|cause| Cow::Borrowed(Cause::name(cause)))),
                ("exchange", finding.exchange.and_then(number)),
            ],
        )?;
        self.leaf("message", &[], &finding.message)?;
        finding.expected.iter().try_for_each(|value| self.leaf("expected", &[], value))?;
        self.optional("actual", finding.actual.as_deref())?;
        if let Some(place) = &finding.place {
            let attributes = [
                ("part", some(place.part.name())),
                ("line", place.line.and_then(number)),
                ("column", place.column.and_then(number)),
                ("from", place.bytes.and_then(|(from, _)| number(from))),
                ("to", place.bytes.and_then(|(_, to)| number(to))),
            ];
            self.leaf("place", &attributes, &place.path)?;
        }
        self.optional("hint", finding.hint.as_deref())?;
        self.close("finding")
    }

    fn exchange(&mut self, exchange: &ExchangeRecord) -> io::Result<()> {
        let direction = if exchange.direction == Direction::Inbound { "inbound" } else { "outbound" };
        self.open(
            "exchange",
            &[
                ("id", number(exchange.id)),
                ("scenario", exchange.scenario.as_ref().map(|id| Cow::Borrowed(id.as_str()))),
                ("endpoint", some(&exchange.endpoint)),
                ("leg", exchange.leg.as_deref().map(Cow::Borrowed)),
                ("parent", exchange.parent.and_then(number)),
                ("direction", some(direction)),
                ("started", ms(exchange.started_us)),
                ("duration-ms", exchange.timing.total_us.and_then(ms)),
                ("outcome", some(exchange.outcome.name())),
                ("effect", some(exchange.effect.name())),
                ("attempt", exchange.attempt.and_then(number)),
                ("step", exchange.step.and_then(number)),
                ("session", exchange.session.as_deref().map(Cow::Borrowed)),
                ("answered-by", exchange.answered_by.as_deref().map(Cow::Borrowed)),
                ("fault", exchange.fault.as_deref().map(Cow::Borrowed)),
                ("reason", exchange.reason.as_deref().map(Cow::Borrowed)),
            ],
        )?;
        exchange.request.iter().try_for_each(|message| self.message("request", message))?;
        exchange.response.iter().try_for_each(|message| self.message("response", message))?;
        self.connection(exchange)?;
        self.close("exchange")
    }

    fn message(&mut self, name: &'static str, message: &MessageRecord) -> io::Result<()> {
        let version = match message.version {
            Version::Http10 => "1.0",
            Version::Http11 => "1.1",
            Version::Http2 => "2",
            Version::Ldap3 => "ldap3",
        };
        self.open(
            name,
            &[
                ("method", message.method.as_deref().map(Cow::Borrowed)),
                ("target", message.target.as_deref().map(Cow::Borrowed)),
                ("status", message.status.and_then(number)),
                ("reason", message.reason.as_deref().map(Cow::Borrowed)),
                ("version", some(version)),
            ],
        )?;
        for header in &message.headers {
            self.leaf("header", &[("name", some(&header.name))], &header.value)?;
        }
        let bodies = [("body", &message.body), ("wire", &message.wire)];
        for (name, body) in bodies {
            let Some(body) = body else { continue };
            self.empty(
                name,
                &[
                    ("digest", some(&body.digest)),
                    ("bytes", number(body.bytes)),
                    ("masked", (!body.masked.is_empty()).then(|| Cow::Owned(body.masked.len().to_string()))),
                    ("followed-by", body.followed_by.as_deref().map(Cow::Borrowed)),
                    ("decoded", body.decoded.then_some(Cow::Borrowed("true"))),
                ],
            )?;
        }
        self.optional("body-fault", message.body_fault.as_deref())?;
        self.close(name)
    }

    fn connection(&mut self, exchange: &ExchangeRecord) -> io::Result<()> {
        let connection = &exchange.connection;
        let tls = connection.tls.as_ref();
        let given = |value: Option<&String>| value.map(|value| Cow::Owned(value.clone()));
        self.open(
            "connection",
            &[
                ("id", number(connection.id)),
                ("local", some(&connection.local)),
                ("peer", some(&connection.peer)),
                ("reused", some(truth(connection.reused))),
            ],
        )?;
        if let Some(tls) = tls {
            self.open(
                "tls",
                &[
                    ("version", given(tls.version.as_ref())),
                    ("suite", given(tls.suite.as_ref())),
                    ("alpn", given(tls.alpn.as_ref())),
                    ("server-name", given(tls.server_name.as_ref())),
                    ("version-offered", given(tls.version_offered.as_ref())),
                    ("alert", given(tls.alert.as_ref().map(|alert| &alert.description))),
                ],
            )?;
            if let Some(peer) = &tls.peer {
                self.empty(
                    "peer-certificate",
                    &[
                        ("subject", some(&peer.subject)),
                        ("issuer", some(&peer.issuer)),
                        ("serial", some(&peer.serial)),
                        ("not-before", some(&peer.not_before)),
                        ("not-after", some(&peer.not_after)),
                        ("key", some(&peer.key)),
                        ("fingerprint", some(&peer.fingerprint)),
                    ],
                )?;
            }
            self.close("tls")?;
        }
        let timing = exchange.timing;
        self.empty(
            "timing",
            &[
                ("connect-ms", timing.connect_us.and_then(ms)),
                ("tls-ms", timing.tls_us.and_then(ms)),
                ("first-byte-ms", timing.first_byte_us.and_then(ms)),
                ("total-ms", timing.total_us.and_then(ms)),
            ],
        )?;
        self.close("connection")
    }

    fn unexpected(&mut self, record: &RunRecord) -> io::Result<()> {
        self.open("unexpected", &[])?;
        record.unexpected.iter().try_for_each(|id| self.empty("exchange-ref", &[("id", number(id))]))?;
        for (id, reasons) in &record.unmatched {
            self.open("unmatched", &[("exchange", number(id))])?;
            reasons.iter().try_for_each(|reason| self.leaf("criterion", &[], reason))?;
            self.close("unmatched")?;
        }
        for (id, count) in &record.unexpected_passed {
            self.empty("passed", &[("requirement", some(id.as_str())), ("count", number(count))])?;
        }
        record.unexpected_findings.iter().try_for_each(|finding| self.finding(finding))?;
        record.unused_rules.iter().try_for_each(|rule| self.leaf("unused-rule", &[], rule))?;
        self.close("unexpected")
    }
}
