//! The Python side of the tests: clients with the guide's layout, in a virtual environment.

use std::path::Path;
use std::process::{Command, Stdio};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python");

/// A command that runs a script of `tests/python` with kafka-python installed, e.g. `python("guide_client.py")`.
///
/// The environment is created at first use. Without Python it returns `None` and the test is skipped, or it panics if
/// `CI` or `KAFKA_SERVICE_REQUIRE_BROKER` is set, like [`Kafka`](crate::Kafka).
///
/// # Panics
/// Panics when Python is installed, but the environment cannot be created.
#[track_caller]
#[must_use]
pub fn python(script: &str) -> Option<Command> {
    let mut venv = Command::new(format!("{FOLDER}/venv"));
    venv.env("CARGO_TARGET_DIR", crate::kafka::target_directory()).stdin(Stdio::null());
    let output = venv.output().unwrap_or_else(|error| panic!("cannot run {FOLDER}/venv: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(3) {
        return crate::kafka::missing("Python", "install Python 3 with venv and pip");
    }
    assert!(output.status.success(), "the Python environment cannot be created:\n{said}");
    let interpreter = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let mut command = Command::new(interpreter);
    // Unbuffered, so that lines are visible as they are written.
    command.arg("-u").arg(Path::new(FOLDER).join(script));
    Some(command)
}
