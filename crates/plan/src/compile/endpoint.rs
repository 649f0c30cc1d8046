//! Endpoints: what is spoken there, who answers there, and the checks that stand for every exchange.

use super::scenario::role;
use super::{Compiler, Scope};
use crate::model::{Endpoint, Standing};
use counterpart_diag::{Diagnostic, Span};
use counterpart_evidence::{Part, Role};
use counterpart_scenario::model::{EndpointItem, EndpointKind, RoleWord, Standing as StandingRecord, StandingChecks};
use counterpart_transport::Protocol;

/// Tells what is spoken at an endpoint.
pub(super) fn protocol(record: &EndpointItem) -> Protocol {
    match record.kind {
        EndpointKind::Ldap => Protocol::Directory,
        EndpointKind::Http | EndpointKind::Proxy => Protocol::Http,
    }
}

impl Compiler<'_> {
    /// Tells whether an endpoint is used in the role of the run.
    pub(crate) fn takes_part(&self, record: &EndpointItem) -> bool {
        let wanted = self.options.run_role.or(self.options.role);
        record.plays_in.is_empty() || wanted.is_none_or(|wanted| plays_in(record, wanted))
    }

    /// Gives the endpoints of the run with the stubs that answer there; those of both roles where none is chosen.
    pub(crate) fn endpoints(&mut self, played: Role) -> Vec<Endpoint> {
        let pack = &self.main().pack.record;
        // What stands for the whole pack is compiled once, so that a wrong name is told once.
        let usual = self.standing(pack.standing.as_ref(), played);
        let mut endpoints = Vec::new();
        for record in &pack.endpoints {
            self.report_endpoint(record);
            if !self.takes_part(record) {
                continue;
            }
            let mut scope = Scope::rule();
            endpoints.push(Endpoint {
                name: record.name.value.clone(),
                stubs: record.stubs.iter().filter_map(|name| self.stub(name)).collect(),
                standing: match &record.standing {
                    Some(own) => self.standing(Some(own), played),
                    // What stands for the pack speaks of HTTP.
                    None if protocol(record) == Protocol::Directory => {
                        Standing { connection: usual.connection.clone(), ..Standing::default() }
                    }
                    None => usual.clone(),
                },
                client_certificate: self.expression_if(record.client_certificate.as_ref(), &mut scope),
                proxy: self.proxy(record),
                protocol: protocol(record),
                stands_in: record.kind != EndpointKind::Http || record.stands_in.as_ref().is_some_and(|flag| flag.value),
            });
        }
        endpoints
    }

    /// Gives the checks that every exchange of a role is put to.
    fn standing(&mut self, record: Option<&StandingRecord>, played: Role) -> Standing {
        let record = record.and_then(|record| match played {
            Role::Consumer => record.consumer.as_ref(),
            Role::Provider => record.provider.as_ref(),
        });
        let Some(StandingChecks { exchange, connection, .. }) = record else { return Standing::default() };
        let exchange = exchange.iter().filter_map(|name| self.named_check(name));
        let (at_end, exchange) = exchange.partition(|check| played == Role::Provider && check.on == Part::Timing);
        Standing { exchange, at_end, connection: connection.iter().filter_map(|name| self.named_check(name)).collect() }
    }

    /// Reports what an endpoint says that could never matter.
    fn report_endpoint(&mut self, record: &EndpointItem) {
        let name = &record.name.value;
        if let Some(flag) = record.stands_in.as_ref().filter(|_| record.kind != EndpointKind::Http) {
            let message = format!("endpoint `{name}` says `stands-in`, and its kind says so already");
            self.idle(message, flag.span, "only at `kind: http`", "take `stands-in` out");
        }
        let Some(standing) = &record.standing else { return };
        let roles = [(Role::Consumer, &standing.consumer), (Role::Provider, &standing.provider)];
        for (played, checks) in roles {
            let first = checks.iter().flat_map(|checks| checks.exchange.iter().chain(&checks.connection)).next();
            if let Some(first) = first.filter(|_| !record.plays_in.is_empty() && !plays_in(record, played)) {
                let message = format!("checks stand at endpoint `{name}` in role {}, in which it has no part", played.name());
                let help = format!("name the role under `plays-in`, or take `{}` out of `standing`", played.name());
                self.idle(message, first.span, "never applied", help);
            }
        }
    }

    fn idle(&mut self, message: String, span: Span, label: &str, help: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error("PK022", message).at(span, label.to_owned()).help(help));
    }
}

fn plays_in(record: &EndpointItem, wanted: Role) -> bool {
    record.plays_in.iter().any(|word: &RoleWord| role(*word) == wanted)
}
