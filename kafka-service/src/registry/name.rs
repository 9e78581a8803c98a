//! The rules for the name of a handler. The attributes check them at compile time; this is for names given at run time.

/// As in the attributes: long enough for names that people write by hand, short enough for a header and a log line.
const LONGEST: usize = 200;

/// What is wrong with a name, if anything is.
pub(super) fn flaw(name: &str) -> Option<String> {
    let is_allowed = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    if name.is_empty() {
        Some("is empty".to_owned())
    } else if let Some(stray) = name.chars().find(|letter| !is_allowed(letter)) {
        Some(format!("contains `{}`", stray.escape_debug()))
    } else {
        (name.len() > LONGEST).then(|| format!("has {} characters", name.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_only_the_characters_that_attributes_allow() {
        for name in ["a", "create_order", "order.paid", "B-2", &"x".repeat(200)] {
            assert_eq!(flaw(name), None, "{name}");
        }
        let long = "x".repeat(201);
        let cases = [
            ("", "is empty"),
            ("create order", "contains ` `"),
            ("größe", "contains `ö`"),
            ("a\nb", "contains `\\n`"),
            (long.as_str(), "has 201 characters"),
        ];
        for (name, expected) in cases {
            assert_eq!(flaw(name).as_deref(), Some(expected));
        }
    }
}
