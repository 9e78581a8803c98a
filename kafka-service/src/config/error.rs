//! Everything that is wrong with a configuration, in one error.

use std::fmt;

/// Longer values are truncated in messages.
const SHOWN: usize = 80;

/// The problems of a [`Config`](super::Config).
///
/// Each problem names the variable (or, for settings made in code, the field), its value unless it is a secret, and
/// what is allowed. `Debug` prints the same list as `Display`, because `main` prints an error that it returns with
/// `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<String>,
    warnings: Vec<String>,
}

impl ConfigError {
    /// `warnings` are shown too: a misspelled variable is often the cause of the problem.
    pub(super) fn new(problems: Vec<String>, warnings: Vec<String>) -> Self {
        Self { problems, warnings }
    }

    pub(super) fn one(problem: String) -> Self {
        Self::new(vec![problem], Vec::new())
    }

    /// Returns the problems, one message each.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [only] => write!(f, "invalid configuration: {only}")?,
            many => {
                write!(f, "invalid configuration, {} problems:", many.len())?;
                many.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))?;
            }
        }
        self.warnings.iter().try_for_each(|warning| write!(f, "\n  warning: {warning}"))
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}

/// Formats one problem: the name of the setting, its value, and what is wrong or allowed.
pub(super) fn problem(name: &str, value: &str, what: &str) -> String {
    format!("`{name}` = `{}`: {what}", shown(value))
}

/// Whether a text is the path of a file, and not a secret in the place of one.
pub(super) fn looks_like_path(text: &str) -> bool {
    let is_rooted = ["/", "./", "../", "~/"].iter().any(|start| text.starts_with(start)) || text.contains(":\\");
    // A secret may contain a slash too.
    is_rooted && text.chars().all(|letter| letter.is_alphanumeric() || "/\\._-: @~".contains(letter))
}

/// Formats a value, or a name from outside, for a message: without control characters and truncated.
pub(super) fn shown(value: &str) -> String {
    let mut text: String = value.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if value.chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    text
}
