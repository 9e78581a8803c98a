//! A program under test as a child process: its output line by line, signals, and an end with a deadline.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::wait_until;

/// One line that the program wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whether it came on stderr.
    pub stderr: bool,
    /// The line without its end.
    pub text: String,
}

/// A running program. Dropped, it is killed; if that happens because the test failed, its output is shown.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    lines: Arc<Mutex<Vec<Line>>>,
}

impl Process {
    /// Starts the program; what it writes is collected.
    ///
    /// # Panics
    /// When it cannot be started.
    #[track_caller]
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        let lines = Arc::default();
        collect(child.stdout.take(), false, &lines);
        collect(child.stderr.take(), true, &lines);
        Self { name, child, lines }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How often a line with this text was written so far.
    #[must_use]
    pub fn count(&self, text: &str) -> usize {
        self.collected().iter().filter(|line| line.text.contains(text)).count()
    }

    /// Everything that it has written so far.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        self.collected().clone()
    }

    /// What it has written so far as one text, both streams in the order of their arrival.
    #[must_use]
    pub fn output(&self) -> String {
        self.collected().iter().map(|line| format!("{}\n", line.text)).collect()
    }

    /// Waits for a line that contains this text, also among those that were written before.
    ///
    /// # Panics
    /// At the deadline, or when the program has ended without writing it; with its output.
    #[track_caller]
    pub fn wait_for_line(&mut self, deadline: Duration, text: &str) -> String {
        let what = format!("{} to write a line with {text:?}", self.name);
        wait_until(deadline, &what, || {
            // Asked before the look, so that the last lines of a program that ends are looked at.
            let ended = self.try_wait();
            let found = self.collected().iter().find(|line| line.text.contains(text)).map(|line| line.text.clone());
            let output = self.output();
            assert!(found.is_some() || ended.is_none(), "{what}: it has ended ({ended:?}):\n{output}");
            found.ok_or(output)
        })
    }

    /// Sends a signal: `"TERM"`, `"INT"`, `"STOP"`, `"CONT"`, ...
    ///
    /// # Panics
    /// When the program has ended already.
    #[track_caller]
    pub fn signal(&mut self, signal: &str) {
        let ended = self.try_wait();
        assert!(ended.is_none(), "{} has ended before SIG{signal} ({ended:?}):\n{}", self.name, self.output());
        // The shell's own `kill`: the program of that name is missing on small systems.
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{signal} {}", self.child.id())).status();
        assert!(sent.as_ref().is_ok_and(ExitStatus::success), "SIG{signal} for {} failed: {sent:?}", self.name);
    }

    /// Asks it to stop: SIGTERM.
    ///
    /// # Panics
    /// When the program has ended already.
    #[track_caller]
    pub fn terminate(&mut self) {
        self.signal("TERM");
    }

    /// Kills it with SIGKILL and waits for its end.
    ///
    /// # Panics
    /// When the program has ended already.
    #[track_caller]
    pub fn kill(&mut self) {
        self.signal("KILL");
        self.wait(Duration::from_secs(10));
    }

    /// Waits for its end; what it wrote is complete then.
    ///
    /// # Panics
    /// At the deadline, with its output.
    #[track_caller]
    pub fn wait(&mut self, deadline: Duration) -> ExitStatus {
        let what = format!("{} to end", self.name);
        wait_until(deadline, &what, || self.try_wait().ok_or_else(|| self.output()))
    }

    /// The exit status, once it has ended and its output is complete.
    #[track_caller]
    fn try_wait(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().unwrap_or_else(|error| panic!("cannot wait for {}: {error}", self.name));
        // Each stream's thread holds the list until it has read the end.
        status.filter(|_| Arc::strong_count(&self.lines) == 1)
    }

    fn collected(&self) -> MutexGuard<'_, Vec<Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::print_stderr, reason = "the test runner shows it with the failed test, and only then")]
impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if thread::panicking() {
            eprintln!("--- output of {}:\n{}---", self.name, self.output());
        }
    }
}

fn collect(stream: Option<impl Read + Send + 'static>, stderr: bool, lines: &Arc<Mutex<Vec<Line>>>) {
    let Some(stream) = stream else { return };
    let lines = Arc::clone(lines);
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n') {
            let Ok(line) = line else { return };
            let text = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(Line { stderr, text });
        }
    });
}

/// Builds a binary of the workspace with cargo, and returns its path. Cheap when it is up to date.
///
/// # Panics
/// When it does not build.
#[track_caller]
#[must_use]
pub fn cargo_binary(package: &str, name: &str) -> PathBuf {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--message-format=json", "--package", package, "--bin", name]);
    cargo
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .env("CARGO_TARGET_DIR", crate::kafka::target_directory());
    let output = cargo.output().unwrap_or_else(|error| panic!("cannot run cargo: {error}"));
    let messages = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{name} does not build:\n{messages}{}", String::from_utf8_lossy(&output.stderr));
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let named = artifacts.filter(|artifact| artifact["target"]["name"] == name);
    let mut programs = named.filter_map(|artifact| artifact["executable"].as_str().map(PathBuf::from));
    programs.next().unwrap_or_else(|| panic!("cargo built no program {name}:\n{messages}"))
}
