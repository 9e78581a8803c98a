//! The rules for the name of a topic.

/// Kafka's limit, which comes from file names.
const LONGEST: usize = 249;

const ALLOWED: &str = "a topic name has 1 to 249 characters of `a-z`, `A-Z`, `0-9`, `.`, `_` and `-`";

/// What is wrong with a topic name, if anything is.
pub(crate) fn flaw(name: &str) -> Option<String> {
    let is_allowed = |character: &char| character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-');
    let what = if name.is_empty() {
        "is empty".to_owned()
    } else if let Some(stray) = name.chars().find(|character| !is_allowed(character)) {
        format!("contains `{}`", stray.escape_debug())
    } else if name.len() > LONGEST {
        format!("has {} characters", name.len())
    } else if matches!(name, "." | "..") {
        return Some("`.` and `..` are not topic names".to_owned());
    } else {
        return None;
    };
    Some(format!("{what}: {ALLOWED}"))
}
