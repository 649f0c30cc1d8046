//! The stub against a bare server: rates, latencies, CPU, memory.

use crate::load::{Asked, Load, Went, ask, mixed, post};
use crate::packs::Looked;
use crate::process::Served;
use crate::{Size, identity, packs, row};
use counterpart_keys::Usage;
use std::path::Path;
use std::time::Duration;

fn load(size: Size) -> Load {
    Load { connections: 64, duration: size.pick(Duration::from_secs(2), Duration::from_millis(60)) }
}

/// Puts load on servers in turns, so that what else the machine does meets all alike.
fn turns(size: Size, servers: &[&Served], tls: Option<&tokio_rustls::TlsConnector>, requests: &[Asked]) -> Vec<Went> {
    let mut went: Vec<Went> = servers.iter().map(|_| Went::default()).collect();
    // Warm first, uncounted.
    let short = Load { duration: load(size).duration / 4, ..load(size) };
    servers.iter().for_each(|server| drop(ask(&server.address, tls.cloned(), requests.to_vec(), short)));
    for _ in 0..size.pick(4, 1) {
        for (server, went) in servers.iter().zip(&mut went) {
            went.add(ask(&server.address, tls.cloned(), requests.to_vec(), load(size)));
        }
    }
    went
}

fn percent(one: f64, other: f64) -> f64 {
    100.0 * one / other
}

/// CPU of a server for one of many requests, in microseconds.
fn cpu_us(size: Size, server: &Served, requests: Vec<Asked>) -> f64 {
    let before = server.cpu();
    let duration = size.pick(Duration::from_secs(4), Duration::from_millis(60));
    let went = ask(&server.address, None, requests, Load { duration, ..load(size) });
    (server.cpu() - before).as_secs_f64() * 1e6 / went.answers as f64
}

/// Puts the mixed load on a server that runs already.
pub(crate) fn load_alone(address: &str, seconds: u64) {
    let mut went = ask(address, None, mixed(), Load { connections: 64, duration: Duration::from_secs(seconds) });
    println!("{:.0} requests a second, p99 {:.0} us", went.rate(), went.p99_us());
}

pub(crate) fn rate(size: Size, folder: &Path) {
    let bare = Served::bare(None);
    let off = Served::simulate(&packs::three(folder), folder, &["--plain", "--record", "off"]);
    let full = Served::simulate(&packs::checked(folder, Looked::AtId), folder, &["--plain"]);
    let idle_mb = off.resident_mb();
    let mut went = turns(size, &[&bare, &off, &full], None, &mixed());
    let rates: Vec<f64> = went.iter().map(Went::rate).collect();
    println!("requests a second: bare {:.0}, recording off {:.0}, full recording and checks {:.0}", rates[0], rates[1], rates[2]);
    let off_percent = percent(rates[1], rates[0]);
    row("recording off, of the bare server's rate", &format!("{off_percent:.0} %"), ">= 70 %", off_percent >= 70.0);
    let full_percent = percent(rates[2], rates[0]);
    row("full recording and checks, of the bare server's rate", &format!("{full_percent:.0} %"), ">= 45 %", full_percent >= 45.0);
    let p99: Vec<f64> = went.iter_mut().map(Went::p99_us).collect();
    for (name, at) in [("recording off", 1), ("full recording and checks", 2)] {
        let ratio = p99[at] / p99[0].max(1.0);
        row(&format!("p99, {name}, to the bare server's {:.0} us", p99[0]), &format!("{ratio:.1} x"), "<= 3 x", ratio <= 3.0);
    }
    let one = || vec![post(r#"{"kind":"echo","id":"a-1"}"#)];
    let (bare_us, off_us, full_us) = (cpu_us(size, &bare, one()), cpu_us(size, &off, one()), cpu_us(size, &full, one()));
    drop(full);
    let failing = Served::simulate(&packs::checked(folder, Looked::AtFields), folder, &["--plain"]);
    let failing_us = cpu_us(size, &failing, one());
    println!(
        "server CPU of a POST: bare {bare_us:.1} us, full recording and 31 checks {full_us:.1} us, {failing_us:.1} us where 30 fail"
    );
    row("server CPU of a POST, recording off", &format!("{off_us:.1} us"), "<= 20 us", off_us <= 20.0);
    row("memory of an idle stub", &format!("{idle_mb:.1} MB"), "< 30 MB", idle_mb < 30.0);
}

pub(crate) fn tls(size: Size, folder: &Path) {
    let server = identity::issue(folder, "server", Usage::Server);
    let connector = identity::connector(&server, None);
    let bare = Served::bare(Some((&server.cert, &server.key)));
    let paths = [server.cert.to_str().unwrap(), server.key.to_str().unwrap()];
    let options = ["--tls-cert", paths[0], "--tls-key", paths[1], "--record", "off"];
    let off = Served::simulate(&packs::three(folder), folder, &options);
    let went = turns(size, &[&bare, &off], Some(&connector), &mixed());
    let ratio = percent(went[1].rate(), went[0].rate());
    println!("requests a second over TLS: bare {:.0}, recording off {:.0}", went[0].rate(), went[1].rate());
    row("TLS, recording off, of bare hyper with rustls", &format!("{ratio:.0} %"), ">= 70 %", ratio >= 70.0);
}

pub(crate) fn rules(size: Size, folder: &Path) {
    let three = Served::simulate(&packs::three(folder), folder, &["--plain", "--record", "off"]);
    let thousand = Served::simulate(&packs::thousand(folder), folder, &["--plain", "--record", "off"]);
    let went = turns(size, &[&three, &thousand], None, &[post(r#"{"kind":"echo","id":"a-1"}"#)]);
    let ratio = percent(went[1].rate(), went[0].rate());
    row("a thousand rules, of the rate with three", &format!("{ratio:.0} %"), ">= 90 %", ratio >= 90.0);
}

pub(crate) fn checks(size: Size, folder: &Path) {
    let plain = Served::simulate(&packs::three(folder), folder, &["--plain", "--record", "off"]);
    let checked = Served::simulate(&packs::checked(folder, Looked::AtFields), folder, &["--plain", "--record", "off"]);
    let message = packs::message();
    let one = || vec![post(&message)];
    // Warm first, uncounted.
    for server in [&plain, &checked] {
        let _ = cpu_us(Size::Smoke, server, one());
    }
    let cost_us = cpu_us(size, &checked, one()) - cpu_us(size, &plain, one());
    let what = format!("checks of one message of {} bytes: schema and 30 rules", message.len());
    row(&what, &format!("{cost_us:.0} us"), "<= 100 us", cost_us <= 100.0);
}

pub(crate) fn memory(size: Size, folder: &Path) {
    let full = Served::simulate(&packs::checked(folder, Looked::AtFields), folder, &["--plain"]);
    let wanted = size.pick(1_000_000, 500);
    let mut answers = 0;
    while answers < wanted {
        answers += ask(&full.address, None, mixed(), load(size)).answers;
    }
    let held_mb = full.resident_mb();
    row(&format!("memory after {answers} recorded exchanges"), &format!("{held_mb:.1} MB"), "< 100 MB", held_mb < 100.0);
}
