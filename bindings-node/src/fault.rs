//! Errors on their way to JavaScript: as JSON, of which `lib/errors.js` makes a `DumpsertError`.

use std::error::Error as _;

use dumpsert::Error;
use dumpsert::config::{Language, in_language};
use serde_json::{Value, json};

/// Everything that can be seen of an error.
pub(crate) fn of(error: &Error) -> String {
    with_message(error, &error.to_string())
}

/// The same with more words behind the message.
pub(crate) fn with_words(error: &Error, words: &str) -> String {
    with_message(error, &format!("{error}; {words}"))
}

fn with_message(error: &Error, message: &str) -> String {
    let mut causes = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    let mut fault = json!({
        "code": error.kind(),
        "category": error.category(),
        "message": in_language(message, Language::JavaScript),
        "hint": error.hint().map(|hint| in_language(hint, Language::JavaScript)),
        "causes": causes,
    });
    let position = error.position().map(serde_json::to_value);
    if let (Some(Ok(Value::Object(position))), Some(fault)) = (position, fault.as_object_mut()) {
        fault.extend(position);
    }
    fault.to_string()
}

/// A bug of this program.
pub(crate) fn internal(message: &str) -> String {
    json!({ "code": "internal", "category": "internal", "message": message, "causes": [] }).to_string()
}

/// A call that the state does not allow.
pub(crate) fn finished(message: &str) -> String {
    json!({ "code": "finished", "category": "config", "message": message, "causes": [] }).to_string()
}
