//! The programs under test: what each is told, and how the command judges it.

use super::authorities;
use std::path::Path;
use std::process::Command;

/// Folders that a peer writes into, below its own.
pub(super) const FOLDERS: [&str; 2] = ["mail", "log"];

/// How many times faster the run's clock is against the sending client; its gaps are shorter by as much.
const CLIENT_SPEED: u32 = 4;
/// The first gap of the client in time of the run: 150 ms of the machine's, so that a busy machine does not blur the next.
const CLIENT_GAP_MS: u32 = 600;

/// How many times faster the run's clock is against a centre's system, whose minute is two seconds long then.
const SUPPLIER_SPEED: u32 = 30;
/// Limits of a centre's system in time of the run, wide enough that a busy machine blurs nothing: a gap may be 500 ms of the
/// machine's off, an answer is given up after 500 ms and must have been after 800.
const SUPPLIER_TIMEOUT_MS: u32 = 15_000;
const SUPPLIER_LIMITS: [&str; 4] = ["slack_ms=15000", "give_up_max_ms=24000", "answer_ms=24000", "mean_slack_ms=2000"];

/// Which of the programs is under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// A sending client; we answer.
    Client,
    /// A force's endpoint; we call.
    Force,
    /// The system of a removal centre; we answer.
    Supplier,
}

impl Program {
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "force_endpoint" => Self::Force,
            "ihub_client" => Self::Client,
            "irc_supplier" => Self::Supplier,
            _ => panic!("no program `{name}` is known"),
        }
    }

    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Client => "ihub_client.py",
            Self::Force => "force_endpoint.py",
            Self::Supplier => "irc_supplier.py",
        }
    }

    pub(super) fn pack(self) -> &'static str {
        if self == Self::Supplier { "irc-capacity" } else { "ihub" }
    }

    pub(crate) fn role(self) -> &'static str {
        if self == Self::Force { "consumer" } else { "provider" }
    }

    /// How many defects are judged side by side; a centre's system spends its time with waiting.
    pub(crate) fn side_by_side(self) -> usize {
        if self == Self::Supplier { 8 } else { 2 }
    }

    /// The speed of the run's clock where we answer.
    pub(super) fn speed(self) -> Option<u32> {
        match self {
            Self::Client => Some(CLIENT_SPEED),
            Self::Force => None,
            Self::Supplier => Some(SUPPLIER_SPEED),
        }
    }

    /// The endpoints of ours whose addresses the program must know from the start.
    pub(super) fn endpoints(self) -> &'static [&'static str] {
        if self == Self::Supplier { &["api", "tokens", "elsewhere"] } else { &[] }
    }

    /// Tells a program what it must know.
    pub(super) fn prepare(self, command: &mut Command, folder: &Path, doors: &[u16]) {
        let (known, unknown) = authorities();
        let pem = |name: &str| known.join(name).display().to_string();
        command.args(["--ca", &pem("root.pem")]);
        if self != Self::Force {
            command.args(["--second-client-id", "peer-id-second", "--second-client-secret", "env:PEER_SECRET_SECOND"]);
        }
        match self {
            Self::Force => command
                .args(["--cert", &pem("server.pem"), "--key", &pem("server-key.pem")])
                .args(["--unknown-ca", &unknown.join("root.pem").display().to_string(), "--store"])
                .arg(folder.join("store")),
            Self::Client => command
                .args(["--cert", &pem("client.pem"), "--key", &pem("client-key.pem"), "--connect-timeout-ms", "2000"])
                .args([
                    "--base-delay-ms",
                    &(CLIENT_GAP_MS / CLIENT_SPEED).to_string(),
                    "--response-timeout-ms",
                    "1500",
                    "--eml-dir",
                ])
                .arg(folder.join("mail")),
            Self::Supplier => command
                .args(["--base-url", &format!("https://127.0.0.1:{}", doors[0])])
                .args(["--auth-server-url", &format!("https://127.0.0.1:{}/auth", doors[1]), "--realm", "irc-test"])
                .args(["--centre", "testalpha", "--second-centre", "testbravo"])
                .args(["--time-scale", &(1.0 / f64::from(SUPPLIER_SPEED)).to_string()])
                .args(["--timeout-ms", &SUPPLIER_TIMEOUT_MS.to_string(), "--state-dir"])
                .arg(folder.join("state"))
                .arg("--support-log")
                .arg(folder.join("log")),
        };
    }

    /// Settings of the workspace beside the credentials.
    pub(super) fn settings(self, folder: &Path) -> String {
        match self {
            Self::Client | Self::Force => format!("second_brand = 1\neml_dir = \"{}\"", folder.join("mail").display()),
            Self::Supplier => format!("support_log = \"{}\"", folder.join("log").display()),
        }
    }

    /// The table of further credentials, where the pack has a use for one.
    pub(super) fn credentials(self) -> &'static str {
        match self {
            Self::Client | Self::Force => {
                "[credentials.other-environment]\nclient_id = \"other-id\"\nclient_secret = \"env:PEER_SECRET_OTHER\"\n"
            }
            Self::Supplier => "",
        }
    }

    /// Options of the command that judges.
    pub(super) fn run_options(self) -> &'static [&'static str] {
        if self == Self::Supplier { &[] } else { &["--profile", "quick", "--jobs", "8"] }
    }

    /// Settings of the run that go with the speed of the program.
    pub(super) fn limits(self) -> Vec<String> {
        match self {
            Self::Client | Self::Force => {
                vec![format!("retry_base_delay_ms={CLIENT_GAP_MS}"), "timeouts_response_ms=12000".to_owned()]
            }
            Self::Supplier => SUPPLIER_LIMITS.map(str::to_owned).to_vec(),
        }
    }
}
