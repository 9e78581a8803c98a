//! What the compiler says about wrong handlers, word for word, and that it says nothing about right ones.
//!
//! One case: `cargo test -p kafka-service-ui-tests -- ui_fail trybuild=name_missing`.
//! After a change that is meant: `TRYBUILD=overwrite cargo test -p kafka-service-ui-tests`, then look at the diff. A good
//! message is one error, points at the user's tokens, speaks of handlers, payloads and events, and says what to write.

use std::{fs, path::Path};

// Two runs: one with fail cases alone checks, which is faster; one with a pass case builds.
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

/// Cases in which one mistake is more than one error, each with the reason.
const SEVERAL_ERRORS: &[(&str, usize)] = &[
    // The macro cannot see the `impl` block around the function: both errors are the compiler's.
    ("associated_function", 2),
    // Both are the compiler's: in one place it offers a type parameter as well.
    ("body_return_type_with_a_typo", 2),
    // The pattern does not fit the type, and the type is no extractor.
    ("body_state_is_unwrapped_too_early", 2),
    // Both are the compiler's, which looks for the attribute before there is a macro of ours to ask.
    ("command_above_its_derive", 2),
    ("event_above_its_derive", 2),
    // An argument that is no extractor, and a payload that is none.
    ("extractor_after_payload", 2),
];

/// The compiler's answers by the name of the case.
#[expect(clippy::unwrap_used, reason = "it is part of the tests")]
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
        assert_eq!(found, expected, "`{name}` is {found} errors");
    }
}

/// Users never write `__private`; it may stand in a note about where a bound comes from.
#[test]
fn our_private_names_stay_in_the_notes() {
    for (name, text) in answers() {
        let private = text.lines().find(|line| {
            line.contains("__private") && !line.starts_with("note: required by a bound in `kafka_service::__private::")
        });
        assert_eq!(private, None, "`{name}`");
    }
}

/// What a trait of ours says names what to write. What a macro says cannot do without: see `Help` in the macro crate.
#[test]
fn what_a_type_lacks_is_told() {
    for (name, text) in answers().into_iter().filter(|(_, text)| text.starts_with("error[E0277]")) {
        assert!(text.contains("  = note: "), "`{name}` does not say what to write");
    }
}
