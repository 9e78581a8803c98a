//! Tests the exact compiler output for wrong handlers, and that correct handlers compile.
//!
//! To run one case: `cargo test -p kafka-service-ui-tests -- ui_fail trybuild=event_name_missing`.
//! After an intended change, run `TRYBUILD=overwrite cargo test -p kafka-service-ui-tests` and review the diff. A good
//! message is one error, points at the user's tokens, speaks of handlers, payloads and events, and says what to write.

use std::{fs, path::Path};

// Two runs: without pass cases, trybuild only checks, which is faster; with pass cases, it builds.
#[test]
fn ui_fail() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}

#[test]
fn ui_pass() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail_in_build/*.rs");
}

/// The cases with more than one error, each with the reason.
const SEVERAL_ERRORS: &[(&str, usize)] = &[
    // The macro cannot see the `impl` block around the function; the compiler reports both errors.
    ("associated_function", 2),
    // The compiler reports both; for one of them it also suggests a type parameter.
    ("body_return_type_with_a_typo", 2),
    // The pattern does not match the type, and the type is not an extractor.
    ("body_state_is_unwrapped_too_early", 2),
    // The compiler reports both, because it resolves the attribute before it calls the macro.
    ("command_above_its_derive", 2),
    ("event_above_its_derive", 2),
];

/// Returns the expected compiler output of each case, by name.
#[expect(clippy::unwrap_used, reason = "this is test code")]
fn answers() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["fail", "fail_in_build"].into_iter().flat_map(|name| fs::read_dir(folder.join(name)).unwrap());
    let cases = files.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|it| it == "rs"));
    let answer = |case: std::path::PathBuf| {
        let text = fs::read_to_string(case.with_extension("stderr")).unwrap_or_default();
        (case.file_stem().unwrap().to_string_lossy().into_owned(), text)
    };
    cases.map(answer).collect()
}

#[test]
fn each_mistake_is_one_error() {
    for (name, text) in answers() {
        let expected = SEVERAL_ERRORS.iter().find(|(case, _)| *case == name).map_or(1, |(_, errors)| *errors);
        let found = text.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(found, expected, "`{name}` has {found} errors");
    }
}

/// Users never write `__private1`, so it may only appear in a note about the origin of a bound.
#[test]
fn private_names_appear_only_in_notes() {
    for (name, text) in answers() {
        let private = text.lines().find(|line| {
            line.contains("__private1")
                && !line.starts_with("note: required by a bound in `kafka_service::__private1::")
        });
        assert_eq!(private, None, "`{name}`");
    }
}

/// Trait errors must say what to write. Macro errors always do: see `Help` in the macro crate.
#[test]
fn trait_errors_say_what_to_write() {
    for (name, text) in answers().into_iter().filter(|(_, text)| text.starts_with("error[E0277]")) {
        assert!(text.contains("  = note: "), "`{name}` does not say what to write");
    }
}
