//! Whole commands: from start to listening, a run, a check, a report.

use crate::load::{Load, ask, mixed};
use crate::process::{Served, counterpart, median, timed};
use crate::{Size, packs, row};
use std::path::Path;
use std::time::Duration;

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub(crate) fn start(size: Size, folder: &Path) {
    let times = size.pick(11, 1);
    let three = packs::three(folder);
    let time = median(times, || Served::simulate(&three, folder, &["--plain"]).listening_after);
    row("start to listening, three rules", &format!("{:.1} ms", ms(time)), "< 15 ms", ms(time) < 15.0);
    // The default pack is the largest.
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let index = std::fs::read_to_string(scenarios.join("index.yaml")).unwrap();
    let name = index.lines().find_map(|line| line.strip_prefix("default:")).unwrap().trim().to_owned();
    let pack = scenarios.join(&name);
    let time = median(times, || Served::simulate(&pack, folder, &["--plain"]).listening_after);
    row(&format!("start to listening, {name}"), &format!("{:.1} ms", ms(time)), "< 100 ms", ms(time) < 100.0);
    let time = median(times, || timed(counterpart().arg("check").arg(&pack), 0));
    row(&format!("check of {name}"), &format!("{:.1} ms", ms(time)), "< 200 ms", ms(time) < 200.0);
}

pub(crate) fn run(size: Size, folder: &Path) {
    let bare = Served::bare(None);
    let pack = packs::three(folder);
    let target = format!("http://{}", bare.address);
    let out = folder.join("runs");
    let one = |scenario: &str| {
        let mut command = counterpart();
        command
            .arg("run")
            .arg(&pack)
            .args(["--role", "consumer", "--target", &target, "--scenario", scenario, "--out"])
            .arg(&out);
        // The other scenario is left out, so the run is partial, which is no failure.
        timed(&mut command, 0)
    };
    let ten = median(size.pick(11, 1), || one("three/steps/ten"));
    row("a run of ten steps with reports, whole process", &format!("{:.1} ms", ms(ten)), "< 20 ms", ms(ten) < 20.0);
    let many = median(size.pick(3, 1), || one("three/steps/many"));
    let step_us = (many.saturating_sub(ten)).as_secs_f64() * 1e6 / 1_990.0;
    row("a step, of 2,000 with reports", &format!("{step_us:.0} us"), "< 250 us", step_us < 250.0);
    report(size, folder);
}

/// A report of ten thousand exchanges.
fn report(size: Size, folder: &Path) {
    let out = folder.join("large");
    let served = Served::simulate(&packs::checked(folder, packs::Looked::AtFields), &out, &["--plain"]);
    let mut answers = 0;
    while answers < size.pick(10_000, 100) {
        answers += ask(&served.address, None, mixed(), Load { connections: 8, duration: Duration::from_millis(50) }).answers;
    }
    served.interrupt();
    let run = std::fs::read_dir(&out).unwrap().next().unwrap().unwrap().path();
    let time = timed(counterpart().arg("report").arg(&run).args(["--format", "html,xml,json,junit"]), 0);
    let seconds = time.as_secs_f64();
    row(&format!("report of {answers} exchanges, all formats"), &format!("{seconds:.2} s"), "< 2 s", seconds < 2.0);
    let bytes = std::fs::metadata(run.join("report.html")).unwrap().len();
    let megabytes = bytes as f64 / 1e6;
    row("its HTML", &format!("{megabytes:.1} MB"), "< 20 MB", megabytes < 20.0);
}
