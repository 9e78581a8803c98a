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
    // An argument that is no extractor, and a payload that is none.
    ("extractor_after_payload", 2),
];

#[test]
fn each_mistake_is_one_error() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fail");
    let cases = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    for case in cases.filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let name = case.file_stem().unwrap().to_str().unwrap();
        let expected = SEVERAL_ERRORS.iter().find(|(case, _)| *case == name).map_or(1, |(_, errors)| *errors);
        let text = fs::read_to_string(case.with_extension("stderr")).unwrap_or_default();
        let found = text.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(found, expected, "`{name}` is {found} errors");
    }
}
