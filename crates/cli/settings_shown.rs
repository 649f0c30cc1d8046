//! `--print-settings`: what is in force, and where each value came from.

use crate::choices::Choices;
use crate::console;
use counterpart_plan::Plan;

/// Prints options, then settings, then claims, one a line: name, value, origin.
pub(crate) fn print(choices: &Choices, plan: &Plan) {
    let line = |name: &str, value: &str, origin: &str| console::data(&format!("  {name:<32} {value:<40} {origin}\n"));
    console::data("options\n");
    for choice in &choices.options {
        line(&choice.name, &choice.values.join(", "), choice.origin.name());
    }
    console::data("settings\n");
    for setting in &plan.settings {
        line(&setting.name, &setting.value, &setting.origin);
    }
    console::data("claims\n");
    for claim in &plan.claims {
        line(&claim.id, if claim.claimed { "yes" } else { "no" }, &claim.status);
    }
}
