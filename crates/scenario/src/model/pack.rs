//! `pack.yaml` and `requirements.yaml`.

use crate::model::{Condition, FhirItem, FhirPackageItem, Send};
use crate::read::{record, word};
use crate::{Cel, Flag, Node, Spanned, Text, Time, WordList};

record! {
    /// `pack.yaml`: what a pack is, what it needs, and what holds for all of it.
    PackFile "pack" {
        /// Name; the same as the folder's.
        required pack "pack": Text,
        /// Title for people.
        required title "title": Text,
        /// Version of the pack (semantic versioning); a change that can alter a verdict raises it.
        required version "version": Text,
        /// Version of the scenario language; this tool reads 1.
        required language "language": Spanned<i64>,
        /// One paragraph on what the pack tests.
        optional summary "summary": Text,
        /// Packs whose files this one may use.
        list uses "uses": Text,
        /// Documents that requirements cite.
        list documents "documents": DocumentItem,
        /// What we play and what is under test, in each role.
        optional roles "roles": Roles,
        /// Values needed to run (ISO/IEC 9646 IXIT).
        list settings "settings": SettingItem,
        /// Further credentials that scenarios use beside those of the run, such as those of another environment.
        list credentials "credentials": CredentialsItem,
        /// Named sets of settings, for readings between which documents leave a choice.
        list profiles "profiles": ProfileItem,
        /// Items of the supplier's conformance statement (ISO/IEC 9646 ICS).
        list claims "claims": ClaimItem,
        /// What a system under test can be asked to do.
        list actions "actions": ActionItem,
        /// Endpoints that we play or call; the first is the one that `--listen` or `--target` means.
        list endpoints "endpoints": EndpointItem,
        /// CEL over `request` and `connection`: the evidence group and store that a request belongs to.
        optional discriminator "discriminator": Cel,
        /// CEL over `request`: the value that binds a request to a scenario.
        optional correlate "correlate": Cel,
        /// What is overwritten in evidence beside the usual secrets.
        optional masking "masking": Masking,
        /// What is proved of a server under test before the first scored message, beside route, TLS and hooks.
        optional preflight "preflight": PreflightItem,
        /// Checks applied to every exchange of a run, at endpoints that have none of their own.
        optional standing "standing": Standing,
        /// FHIR in its messages: both forms of a resource are one.
        optional fhir "fhir": FhirItem,
        /// FHIR packages that add to the definitions in `profiles/`; the user gives them, and theirs stand before the pack's.
        list fhir_packages "fhir-packages": FhirPackageItem,
        /// XML namespace prefixes for every XPath of the pack; a check file may add its own.
        map namespaces "namespaces": Text,
        /// Named CEL values over settings, usable wherever a setting is: `pack.NAME` (`let` is a reserved word of CEL).
        map lets "let": Cel,
    }
}

record! {
    /// A document that the pack was written from.
    DocumentItem "a document" {
        /// Short id that requirements cite.
        required id "id": Text,
        /// Title.
        required title "title": Text,
        /// Version or date.
        optional version "version": Text,
        /// Where it can be read.
        optional link "link": Text,
        /// When it was read.
        optional read "read": Text,
    }
}

record! {
    /// Further credentials, which a user gives under `[credentials.NAME]` of the workspace.
    CredentialsItem "further credentials" {
        /// Name.
        required name "name": Text,
        /// Settings whose values they replace.
        list settings "settings": Text,
        /// What they are and who issues them.
        required doc "doc": Text,
    }
}

record! {
    /// The two roles of a pack.
    Roles "roles" {
        /// Counterpart calls; a server is under test.
        optional consumer "consumer": RoleItem,
        /// Counterpart answers; a client is under test.
        optional provider "provider": RoleItem,
    }
}

record! {
    /// One role.
    RoleItem "a role" {
        /// What we play.
        required plays "plays": Text,
        /// What is under test.
        required tests "tests": Text,
    }
}

word! {
    /// What a setting's value is.
    SettingKind "setting type" {
        /// `true` or `false`.
        "boolean" Boolean,
        /// A path to a folder or file.
        "path" Path,
        /// A whole number.
        "integer" Integer,
        /// A number.
        "number" Number,
        /// Text.
        "text" Text,
        /// An absolute URL.
        "url" Url,
    }
}

record! {
    /// A value needed to run.
    SettingItem "a setting" {
        /// Name, as in `--set NAME=VALUE` and `setting.NAME`.
        required name "name": Text,
        /// Type.
        required kind "type": SettingKind,
        /// Value where the user gives none; without it the setting is needed by whatever uses it.
        optional default "default": Node,
        /// Whether it is masked everywhere and given as `env:NAME` or `file:PATH` only.
        optional secret "secret": Flag,
        /// Values that are allowed.
        list one_of "one-of": Node,
        /// Whether it is a switch between readings of the documents; `profile.NAME` is its value, and reports show it.
        optional switch "switch": Flag,
        /// What it is for.
        required doc "doc": Text,
    }
}

record! {
    /// A named set of settings.
    ProfileItem "a profile" {
        /// Name; the one called `default` is in force unless another is chosen.
        required name "name": Text,
        /// What it stands for.
        required summary "summary": Text,
        /// Settings with their values; an option or the workspace still wins.
        map set "set": Node,
    }
}

word! {
    /// How a claim binds (ISO/IEC 9646-7).
    ClaimStatus "claim status" {
        /// Must be yes under a condition.
        "conditional" Conditional,
        /// Must be yes.
        "mandatory" Mandatory,
        /// May be yes.
        "optional" Optional,
    }
}

record! {
    /// One item of the conformance statement.
    ClaimItem "a claim" {
        /// Name, as in `claim.NAME`.
        required id "id": Text,
        /// The question, answered yes or no.
        required question "question": Text,
        /// How it binds.
        required status "status": ClaimStatus,
        /// The answer where the user gives none.
        required default "default": Flag,
        /// When a conditional claim must be yes.
        optional condition "condition": Text,
    }
}

word! {
    /// A role that Counterpart plays.
    RoleWord "role" {
        /// It calls.
        "consumer" Consumer,
        /// It answers.
        "provider" Provider,
    }
}

record! {
    /// Something that a system under test can be asked to do, by a hook or a person.
    ActionItem "an action" {
        /// Name, as in `[hooks]` of the workspace.
        required name "name": Text,
        /// What the system under test must do, one sentence, as told to a person.
        required does "does": Text,
        /// Roles in which it is used.
        list roles "roles": RoleWord,
        /// Arguments by name, with what each means.
        map arguments "arguments": Text,
        /// JSON Schema of what comes back.
        optional returns "returns": Node,
        /// How long it may take; 30 s without.
        optional within "within": Time,
        /// Whether it changes nothing and needs no arguments, so that the pre-flight may ask for it to see that its hook answers.
        optional harmless "harmless": Flag,
    }
}

word! {
    /// What an endpoint speaks.
    EndpointKind "endpoint kind" {
        /// HTTP, with or without TLS.
        "http" Http,
        /// LDAP version 3 (RFC 4511), over TLS where HTTP is: a directory that is searched.
        "ldap" Ldap,
        /// HTTP that passes requests on to other endpoints.
        "proxy" Proxy,
    }
}

word! {
    /// How a request to a proxy says what it is for.
    ProxyForm "proxy form" {
        /// The URL is the request target (RFC 9112 §3.2.2).
        "absolute" Absolute,
        /// The URL, as it is or percent-encoded, is the path after one slash.
        "path" Path,
    }
}

record! {
    /// An endpoint that we play or call.
    EndpointItem "an endpoint" {
        /// Name.
        required name "name": Text,
        /// What it speaks.
        required kind "kind": EndpointKind,
        /// Roles in which it is ours to play or to call.
        list plays_in "plays-in": RoleWord,
        /// Stub files whose rules answer there, in order.
        list stubs "stubs": Text,
        /// How a request to a proxy says what it is for; `absolute` without.
        optional form "form": ProxyForm,
        /// Endpoints that a proxy passes requests on to; it never reaches anything else.
        list reaches "reaches": Text,
        /// What it stands for.
        optional doc "doc": Text,
        /// Whether it asks for a client certificate: `required` unless the settings say otherwise; CEL giving `any`, `none`, `optional` or `required`. `any` lets through a wrong one as well, and none: `connection.certificate_problem` says what is wrong, for a rule to answer.
        optional client_certificate "client-certificate": Cel,
        /// Checks applied to every exchange here, in the place of those that stand for the pack; `{}` for none.
        optional standing "standing": Standing,
        /// Whether it is no system under test but a service beside it: where we call and no address is given, we play it ourselves, as we do with every proxy and directory.
        optional stands_in "stands-in": Flag,
    }
}

record! {
    /// A request made before the first scored message, to see that the set-up is right; it is not part of the evidence.
    PreflightItem "preflight" {
        /// The request, with the credentials of the run; no system, right or wrong, may keep anything of it.
        required send "send": Send,
        /// Conditions on its answer that, where all hold, say that the credentials are not accepted.
        list refused "refused": Condition,
        /// How far the clock of the system under test may be from ours, as `Date` in its answer tells; only shown without.
        optional clock_skew "clock-skew": Time,
    }
}

record! {
    /// What is overwritten in evidence beside the usual secrets.
    Masking "masking" {
        /// Header fields whose value is overwritten whole.
        list headers "headers": Text,
        /// JSON Pointers whose value is overwritten, in requests and responses; not in a pack with `fhir`, whose bodies are XML as well.
        list json "json": Text,
    }
}

record! {
    /// Checks applied to every exchange of the pack, or of one endpoint.
    Standing "standing" {
        /// Where Counterpart calls.
        optional consumer "consumer": StandingChecks,
        /// Where Counterpart answers.
        optional provider "provider": StandingChecks,
    }
}

record! {
    /// Names of checks.
    StandingChecks "standing checks" {
        /// Applied to every exchange. What stands for the pack speaks of HTTP and is not applied at directories, which can have their own.
        list exchange "exchange": Text,
        /// Applied to every connection that brought no request.
        list connection "connection": Text,
    }
}

word! {
    /// How strongly a requirement binds (RFC 2119).
    LevelWord "level" {
        /// Never changes a verdict.
        "may" May,
        /// Breaking it fails.
        "must" Must,
        /// Breaking it warns.
        "should" Should,
    }
}

word! {
    /// What a requirement rests on.
    BasisWord "basis" {
        /// Our reading where the documents are silent.
        "assumed" Assumed,
        /// The system's own documents.
        "published" Published,
        /// A standard that they point to.
        "standard" Standard,
    }
}

record! {
    /// `requirements.yaml`: every obligation, once.
    RequirementFile "requirements" {
        /// The obligations.
        list requirements "requirements": RequirementItem,
    }
}

record! {
    /// One obligation.
    RequirementItem "a requirement" {
        /// Id; never reused.
        required id "id": Text,
        /// Level.
        required level "level": LevelWord,
        /// Basis.
        required basis "basis": BasisWord,
        /// The obligation in one sentence, in our words.
        required text "text": Text,
        /// Document id and section.
        required source "source": Text,
        /// Roles of ours in which it can be tested.
        required roles "roles": WordList,
        /// The claim it hangs on.
        optional claim "claim": Text,
        /// Why no machine can test it; it becomes `review`.
        optional untestable "untestable": Text,
    }
}
