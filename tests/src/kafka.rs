//! A real Apache Kafka for a test, started and stopped through the script `tests/kafka/kafka`.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

use crate::client::{Client, unique};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/kafka/kafka");
/// The script's exit code for "neither Java nor docker is available".
const NO_SERVER: i32 = 3;
/// The address of a running broker for [`Kafka::shared`].
const RUNNING_BROKER: &str = "KAFKA_SERVICE_TEST_BOOTSTRAP";

/// A Kafka cluster and a [`Client`] for it. Dropping it stops the cluster and deletes its data.
///
/// If a broker cannot be started, the constructors write the reason to stderr and return `None`, and the test returns.
/// With `CI` or `KAFKA_SERVICE_REQUIRE_BROKER` in the environment they panic instead.
#[derive(Debug)]
pub struct Kafka {
    client: Client,
    cluster: Option<Cluster>,
    _turn: Option<Turn>,
}

impl Kafka {
    /// The one-broker cluster that all tests of this process share; use unique names in it ([`unique`]).
    ///
    /// It is the broker at `KAFKA_SERVICE_TEST_BOOTSTRAP` if that is set. Otherwise the first call starts it, and it
    /// stops after the process has ended.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Kafka>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| match setting(RUNNING_BROKER) {
            Some(bootstrap) => Some(Self { client: Client::new(bootstrap), cluster: None, _turn: None }),
            None => Self::start(1, &[]),
        });
        shared.as_ref().or_else(no_broker)
    }

    /// A cluster of one broker for this test alone.
    #[must_use]
    pub fn one_node() -> Option<Self> {
        Self::start(1, &[]).or_else(no_broker)
    }

    /// A cluster of three brokers for this test alone. Only one such cluster runs at a time in a process: other callers
    /// wait until it is dropped, so a test must not request two.
    #[must_use]
    pub fn three_nodes() -> Option<Self> {
        Self::start(3, &[]).or_else(no_broker)
    }

    /// A cluster with additional broker properties, e.g. `Kafka::with(1, &[("message.max.bytes", "1000")])`.
    #[must_use]
    pub fn with(nodes: u8, properties: &[(&str, &str)]) -> Option<Self> {
        Self::start(nodes, properties).or_else(no_broker)
    }

    fn start(nodes: u8, properties: &[(&str, &str)]) -> Option<Self> {
        let _turn = (nodes > 1).then(Turn::take);
        let nodes = nodes.to_string();
        let properties: Vec<_> = properties.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let properties = properties.iter().flat_map(|property| ["--property", property]);
        let options: Vec<_> = ["--nodes", &nodes].into_iter().chain(properties).collect();
        Self::start_with(&options).map(|kafka| Self { _turn, ..kafka })
    }

    /// Starts a cluster with options of the script's `start`.
    pub(crate) fn start_with(options: &[&str]) -> Option<Self> {
        let cluster = Cluster { directory: cluster_directory() };
        let output = cluster.start(options);
        if output.status.code() == Some(NO_SERVER) {
            return None;
        }
        let bootstrap = cluster.expect("start", &output);
        Some(Self { client: Client::new(bootstrap), cluster: Some(cluster), _turn: None })
    }

    /// Kills a broker (counted from 1) with SIGKILL.
    ///
    /// # Panics
    /// Panics when it is not running, or when this process did not start the cluster.
    pub fn kill(&self, node: i32) {
        self.own().run("kill", &[&node.to_string()]);
    }

    /// Restarts a killed broker with its port and data, and waits until it is back in the cluster.
    ///
    /// # Panics
    /// Panics when it is running, or does not come back, or when this process did not start the cluster.
    pub fn restart(&self, node: i32) {
        self.restart_with(node, &[]);
    }

    /// Restarts a broker like [`Kafka::restart`], with further broker properties, which are kept.
    ///
    /// # Panics
    /// Panics when it is running, or does not come back, or when this process did not start the cluster.
    pub fn restart_with(&self, node: i32, properties: &[(&str, &str)]) {
        let mut arguments = vec![node.to_string()];
        for (key, value) in properties {
            arguments.extend(["--property".to_owned(), format!("{key}={value}")]);
        }
        self.own().run("restart", &arguments);
    }

    /// Freezes a broker with SIGSTOP: its connections stay open, and it answers nothing.
    ///
    /// # Panics
    /// Panics when it is not running, or when this process did not start the cluster.
    pub fn freeze(&self, node: i32) {
        self.own().run("freeze", &[&node.to_string()]);
    }

    /// Thaws a frozen broker.
    ///
    /// # Panics
    /// Panics when it is not running, or when this process did not start the cluster.
    pub fn thaw(&self, node: i32) {
        self.own().run("thaw", &[&node.to_string()]);
    }

    pub(crate) fn own(&self) -> &Cluster {
        let Some(cluster) = &self.cluster else {
            panic!("the broker at {RUNNING_BROKER} is shared and must not be changed; use Kafka::one_node()")
        };
        cluster
    }
}

pub(crate) fn no_broker<T>() -> Option<T> {
    missing("Kafka broker", "install Java 17 and Maven, or docker")
}

/// Reports a skipped test on stderr, past the output capture of the test runner, which shows only failures.
#[track_caller]
pub(crate) fn missing<T>(what: &str, remedy: &str) -> Option<T> {
    let required = ["CI", "KAFKA_SERVICE_REQUIRE_BROKER"].into_iter().find(|name| setting(name).is_some());
    if let Some(name) = required {
        panic!("no {what}, and {name} requires one: {remedy}");
    }
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    writeln!(std::io::stderr(), "SKIPPED: no {what}: {remedy} ({test})").ok();
    None
}

impl Deref for Kafka {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

/// A cluster that this process started; the script finds it by its directory.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) directory: PathBuf,
}

impl Cluster {
    fn start(&self, options: &[&str]) -> Output {
        // The script watches this process and stops the broker when a test is killed.
        let owner = std::process::id().to_string();
        self.output("start", &[&["--owner-pid", &owner], options].concat())
    }

    /// Runs a command that must succeed, and returns its output.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, command: &str, arguments: &[S]) -> String {
        let output = self.output(command, arguments);
        self.expect(command, &output)
    }

    fn output<S: AsRef<OsStr>>(&self, command: &str, arguments: &[S]) -> Output {
        let mut script = Command::new(SCRIPT);
        script.arg(command).arg("--dir").arg(&self.directory).args(arguments);
        // Keep the jars in one place, whatever cargo's target folder is.
        script.env("CARGO_TARGET_DIR", target_directory()).stdin(Stdio::null());
        script.output().unwrap_or_else(|error| panic!("cannot run {SCRIPT}: {error}"))
    }

    /// What the script printed if it succeeded.
    fn expect(&self, command: &str, output: &Output) -> String {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kafka {command} in {} failed:\n{said}", self.directory.display());
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

#[expect(clippy::print_stderr, reason = "the test runner shows it with the failed test, and only then")]
impl Drop for Cluster {
    fn drop(&mut self) {
        // Keep the server's logs of a failed test.
        let purge: &[&str] = if std::thread::panicking() { &[] } else { &["--purge"] };
        let output = self.output("stop", &[&["--now"], purge].concat());
        if purge.is_empty() || !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            eprintln!("the logs of Kafka stay in {} {said}", self.directory.display());
        }
    }
}

/// The permit to run a cluster of several brokers: two at a time are too much for a small machine.
#[derive(Debug)]
struct Turn;

static BUSY: Mutex<bool> = Mutex::new(false);
static FREE: Condvar = Condvar::new();

impl Turn {
    fn take() -> Self {
        let busy = BUSY.lock().unwrap_or_else(PoisonError::into_inner);
        let mut busy = FREE.wait_while(busy, |busy| *busy).unwrap_or_else(PoisonError::into_inner);
        *busy = true;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *BUSY.lock().unwrap_or_else(PoisonError::into_inner) = false;
        FREE.notify_one();
    }
}

fn cluster_directory() -> PathBuf {
    target_directory().join("kafka").join(unique("test"))
}

/// Cargo's target folder, into which this program was built.
pub(crate) fn target_directory() -> PathBuf {
    let program = std::env::current_exe().ok().and_then(|path| fs::canonicalize(path).ok());
    let tagged = |folder: &&Path| folder.join("CACHEDIR.TAG").is_file();
    let found = program.as_deref().and_then(|program| program.ancestors().find(tagged));
    found.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), Path::to_path_buf)
}

/// Whether an environment variable is set and not empty.
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !matches!(value.as_str(), "" | "0" | "false"))
}
