//! A program under test as a child process: its output by line, signals, and an exit with a deadline.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::wait_until;

/// A client that is rejected tries again every second.
const REPETITION: Duration = Duration::from_secs(4);

/// One line that the program wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whether it was written to stderr.
    pub stderr: bool,
    /// The line without its line ending.
    pub text: String,
}

/// A running program. Dropping it kills it; if the test is failing, its output is printed.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    lines: Arc<Mutex<Vec<Line>>>,
}

impl Process {
    /// Starts the program and collects its output.
    ///
    /// # Panics
    /// Panics when it cannot be started.
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

    /// The number of lines with this text so far.
    #[must_use]
    pub fn count(&self, text: &str) -> usize {
        self.collected().iter().filter(|line| line.text.contains(text)).count()
    }

    /// The output so far, by line.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        self.collected().clone()
    }

    /// The output so far as one text, both streams in order of arrival.
    #[must_use]
    pub fn output(&self) -> String {
        self.collected().iter().map(|line| format!("{}\n", line.text)).collect()
    }

    /// Waits for a line that contains this text; earlier lines count too.
    ///
    /// # Panics
    /// Panics at the deadline, or when the program has ended without writing it; the message has its output.
    #[track_caller]
    pub fn wait_for_line(&mut self, deadline: Duration, text: &str) -> String {
        let what = format!("{} to write a line with {text:?}", self.name);
        wait_until(deadline, &what, || {
            // Look for the end first, so that the last lines of a program that ends are included.
            let ended = self.try_wait();
            let found = self.collected().iter().find(|line| line.text.contains(text)).map(|line| line.text.clone());
            let output = self.output();
            assert!(found.is_some() || ended.is_none(), "{what}: it has ended ({ended:?}):\n{output}");
            found.ok_or(output)
        })
    }

    /// Waits for a warning with both texts, which must be the only one: the reason why it is not ready. Returns it.
    ///
    /// # Panics
    /// Panics at the deadline, or when there are other warnings or errors.
    #[track_caller]
    #[must_use]
    pub fn only_warning(&self, deadline: Duration, reason: &str, cause: &str) -> String {
        wait_until(deadline, &format!("a warning with {cause:?}"), || {
            if self.count(cause) > 0 { Ok(()) } else { Err(self.output()) }
        });
        // What would be said again and again is said again by now.
        thread::sleep(REPETITION);
        let is_loud = |text: &str| text.contains(" WARN ") || text.contains("ERROR ");
        // A new cluster is still loading its coordinators.
        let is_expected = |text: &str| text.contains("configuration warning") || text.contains("GETPID");
        let lines = self.lines().into_iter().map(|line| line.text);
        let lines: Vec<_> = lines.filter(|text| is_loud(text) && !is_expected(text)).collect();
        let [line] = lines.as_slice() else { panic!("not one warning:\n{}", self.output()) };
        assert!(line.contains(reason) && line.contains(cause), "{line}");
        line.clone()
    }

    /// Sends a signal: `"TERM"`, `"INT"`, `"STOP"`, `"CONT"`, ...
    ///
    /// # Panics
    /// Panics when the program has ended already.
    #[track_caller]
    pub fn signal(&mut self, signal: &str) {
        let ended = self.try_wait();
        assert!(ended.is_none(), "{} has ended before SIG{signal} ({ended:?}):\n{}", self.name, self.output());
        // The `kill` of the shell: small systems lack the program of that name.
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{signal} {}", self.child.id())).status();
        assert!(sent.as_ref().is_ok_and(ExitStatus::success), "SIG{signal} for {} failed: {sent:?}", self.name);
    }

    /// Sends SIGTERM.
    ///
    /// # Panics
    /// Panics when the program has ended already.
    #[track_caller]
    pub fn terminate(&mut self) {
        self.signal("TERM");
    }

    /// Kills it with SIGKILL and waits until it has ended.
    ///
    /// # Panics
    /// Panics when the program has ended already.
    #[track_caller]
    pub fn kill(&mut self) {
        self.signal("KILL");
        self.wait(Duration::from_secs(10));
    }

    /// Waits until it has ended and its output is complete.
    ///
    /// # Panics
    /// Panics at the deadline; the message has its output.
    #[track_caller]
    pub fn wait(&mut self, deadline: Duration) -> ExitStatus {
        let what = format!("{} to end", self.name);
        wait_until(deadline, &what, || self.try_wait().ok_or_else(|| self.output()))
    }

    /// The exit status, once it has ended and its output is complete.
    #[track_caller]
    fn try_wait(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().unwrap_or_else(|error| panic!("cannot wait for {}: {error}", self.name));
        // Each reader thread holds the list until the end of its stream.
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

/// Builds a binary of the workspace with cargo and returns its path. Fast if it is up to date.
///
/// # Panics
/// Panics when it does not build.
#[track_caller]
#[must_use]
pub fn cargo_binary(package: &str, name: &str) -> PathBuf {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The whole workspace: a single package enables other features of the dependencies, which rebuilds them.
    cargo.args(["build", "--quiet", "--message-format=json", "--workspace", "--bin", name]);
    cargo
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .env("CARGO_TARGET_DIR", crate::kafka::target_directory());
    let output = cargo.output().unwrap_or_else(|error| panic!("cannot run cargo: {error}"));
    let messages = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{name} does not build:\n{messages}{}", String::from_utf8_lossy(&output.stderr));
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let of_package = format!("#{package}@");
    let named = artifacts.filter(|artifact| {
        artifact["target"]["name"] == name && artifact["package_id"].as_str().is_some_and(|id| id.contains(&of_package))
    });
    let mut programs = named.filter_map(|artifact| artifact["executable"].as_str().map(PathBuf::from));
    programs.next().unwrap_or_else(|| panic!("cargo built no program {name}:\n{messages}"))
}
