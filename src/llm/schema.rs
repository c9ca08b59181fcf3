//! JSON schemas for what the judge replies, in the dialect that every reached server accepts.
//!
//! Only `type`, `properties`, `required` (all of them), `additionalProperties: false`, `enum` and `items`: limits, patterns,
//! references and unions are refused by one server or another. Properties stand in alphabetical order, because some servers
//! sort them, and that order is also the order of thinking: evidence before met.

use serde_json::{Map, Value, json};

use crate::interview::rubric::Rubric;

/// A check that nothing said can meet. A judge that says yes to it is not believed.
pub const CONTROL_CHECK: &str = "always_no";

/// Shape of the replies to all checks of a rubric: `{"checks": {<id>: {"evidence": […], "met": …}}, "injection_segments": […]}`.
pub fn checks(rubric: &Rubric) -> Value {
    let check = object([("evidence", list(quote())), ("met", one_of(["almost", "no", "yes"]))]);
    let mut ids: Vec<&str> = check_ids(rubric).collect();
    ids.push(CONTROL_CHECK);
    ids.sort_unstable();
    object([("checks", object(ids.into_iter().map(|id| (id, check.clone())))), ("injection_segments", list(integer()))])
}

/// Shape of the choice of the next probe among `probes`: `{"evidence", "gap", "held", "probe_id"}`, and `{"quote", "text"}` of a question
/// of the endpoint's own where it `may_write` one.
pub fn triage(probes: &[&str], may_write: bool) -> Value {
    let choice = [
        ("evidence", text()),
        ("gap", text()),
        ("held", one_of(["almost", "no", "yes"])),
        ("probe_id", one_of(probes.iter().copied())),
    ];
    let own = [("quote", text()), ("text", text())];
    object(choice.into_iter().chain(own.into_iter().filter(|_| may_write)))
}

/// Ids of all checks, in the rubric's order.
pub fn check_ids(rubric: &Rubric) -> impl Iterator<Item = &str> {
    rubric.dimensions.iter().flat_map(|dimension| &dimension.checks).map(|check| check.id.as_str())
}

fn quote() -> Value {
    object([("quote", text()), ("segment", integer())])
}

fn object<'a>(properties: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let properties: Map<String, Value> = properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let required: Vec<&String> = properties.keys().collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn integer() -> Value {
    json!({"type": "integer"})
}

fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> Value {
    let words: Vec<&str> = words.into_iter().collect();
    json!({"type": "string", "enum": words})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::fixture;

    /// Walks a schema: every keyword is portable, every object closed, complete and in order.
    fn check_portable(schema: &Value, depth: usize) {
        const ALLOWED: [&str; 6] = ["type", "properties", "required", "additionalProperties", "items", "enum"];
        let object = schema.as_object().unwrap();
        for keyword in object.keys() {
            assert!(ALLOWED.contains(&keyword.as_str()), "{keyword} is not portable");
        }
        // Counts arrays too: checks → check → evidence → quote.
        assert!(depth <= 6, "nested too deep");
        if let Some(properties) = object.get("properties").and_then(Value::as_object) {
            let names: Vec<&String> = properties.keys().collect();
            assert!(names.is_sorted(), "not in alphabetical order: {names:?}");
            assert_eq!(json!(names), object["required"], "all are required");
            assert_eq!(object["additionalProperties"], false);
            properties.values().for_each(|property| check_portable(property, depth + 1));
        }
        if let Some(items) = object.get("items") {
            check_portable(items, depth + 1);
        }
    }

    #[test]
    fn schemas_are_portable() {
        check_portable(&checks(&fixture::rubric()), 0);
        check_portable(&triage(&["p1", "p2"], false), 0);
        check_portable(&triage(&["p1", "p2"], true), 0);
    }

    #[test]
    fn every_check_and_the_control_must_be_answered() {
        let schema = checks(&fixture::rubric());
        let required = schema["properties"]["checks"]["required"].as_array().unwrap();
        assert_eq!(required.len(), check_ids(&fixture::rubric()).count() + 1);
        assert!(required.contains(&json!(CONTROL_CHECK)));
    }
}
