//! An arm as a child process.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    time::{ClockId, clock_getcpuclockid, clock_gettime},
    unistd::Pid,
};

use crate::arms::Arm;

/// A time that an arm reported: nanoseconds of the monotonic clock and of its own CPU clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moment {
    pub(crate) wall: i64,
    pub(crate) cpu: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) ready: Option<Moment>,
    pub(crate) marks: Vec<(u64, Moment)>,
}

/// Dropping it kills the process.
pub(crate) struct Process {
    child: Child,
    told: Arc<Mutex<Told>>,
    log: PathBuf,
    pub(crate) started: i64,
}

impl Process {
    pub(crate) fn start(arm: &Arm, environment: &[(&str, String)]) -> Self {
        let log = std::env::temp_dir().join(format!("peers-{}-{}.log", std::process::id(), arm.name));
        let mut command = Command::new(arm.path());
        command.envs(environment.iter().cloned()).envs(arm.environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log).expect("a log file"));
        let started = now();
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {}: {error}", arm.name));
        let told = Arc::<Mutex<Told>>::default();
        let (out, writer) = (child.stdout.take().expect("it is piped"), Arc::clone(&told));
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                writer.lock().expect("no panic").note(&line);
            }
        });
        Self { child, told, log, started }
    }

    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().expect("no panic")
    }

    pub(crate) fn mark(&self, handled: u64) -> Option<Moment> {
        self.told().marks.iter().find(|mark| mark.0 == handled).map(|mark| mark.1)
    }

    /// The current time by both clocks.
    pub(crate) fn moment(&self) -> Option<Moment> {
        let clock = clock_getcpuclockid(self.pid()).ok()?;
        Some(Moment { wall: now(), cpu: read(clock)? })
    }

    /// A value of the kernel's status in MB: `VmRSS` or, for the peak, `VmHWM`.
    pub(crate) fn memory(&self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0 / 1e6
    }

    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is our child")
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends SIGTERM, and returns what was wrong with the exit.
    pub(crate) fn stop(&mut self) -> Option<String> {
        let _ = kill(self.pid(), Signal::SIGTERM);
        let deadline = Instant::now() + Duration::from_secs(40);
        while Instant::now() < deadline {
            match self.ended() {
                Some(status) if status.success() => return None,
                Some(status) => return Some(format!("ended with {status}: {}", self.last_words())),
                None => thread::sleep(Duration::from_millis(5)),
            }
        }
        self.kill();
        Some("did not end after SIGTERM".to_owned())
    }

    pub(crate) fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(3).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_file(&self.log);
    }
}

impl Told {
    fn note(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let kind = words.next();
        let numbers: Vec<i64> = words.map_while(|word| word.parse().ok()).collect();
        match (kind, numbers.as_slice()) {
            (Some("READY"), [wall, rest @ ..]) => {
                self.ready = Some(Moment { wall: *wall, cpu: rest.first().copied().unwrap_or(0) });
            }
            (Some("MARK"), [handled, wall, cpu]) => {
                self.marks.push((handled.unsigned_abs(), Moment { wall: *wall, cpu: *cpu }));
            }
            _ => {}
        }
    }
}

/// The monotonic clock, which all processes share.
pub(crate) fn now() -> i64 {
    read(ClockId::CLOCK_MONOTONIC).unwrap_or(0)
}

fn read(clock: ClockId) -> Option<i64> {
    let time = clock_gettime(clock).ok()?;
    Some(time.tv_sec() * 1_000_000_000 + time.tv_nsec())
}
