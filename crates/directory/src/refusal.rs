//! What a directory refuses by itself, whatever its entries are.

use serde_json::Value;

/// Why an operation is refused: its result, and the text that goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Name of the result code.
    pub result: &'static str,
    /// In words.
    pub reason: String,
}

impl Refusal {
    /// Gives why a message, as the JSON that says it, is refused; `None` where it is a search or bind that can be answered.
    #[must_use]
    pub fn of(message: &Value) -> Option<Self> {
        let refused = |result, reason: String| Some(Self { result, reason });
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut controls = message.get("controls").and_then(Value::as_array).into_iter().flatten();
        if let Some(control) = controls.find(|control| control.get("critical") == Some(&Value::Bool(true))) {
            // RFC 4511 §4.1.11.
            return refused("unavailableCriticalExtension", format!("the control {} is not known here", text(control, "type")));
        }
        match text(message, "operation").as_str() {
            "search" => None,
            // RFC 4511 §4.2.2: a version that is not known gets protocolError.
            "bind" if message.get("version").and_then(Value::as_i64) != Some(3) => {
                refused("protocolError", "only version 3 is spoken here".to_owned())
            }
            "bind" if message.get("mechanism").is_some() => {
                let reason = format!("the mechanism {} is not known here, only simple binds are", text(message, "mechanism"));
                refused("authMethodNotSupported", reason)
            }
            "bind" => None,
            // RFC 4511 §4.12: an extended operation that is not known gets protocolError.
            "extended" => refused("protocolError", format!("the extended operation {} is not known here", text(message, "name"))),
            other => refused("unwillingToPerform", format!("this directory is read only: it does no {other}")),
        }
    }
}
