//! The instances: started, killed, suspended, resumed, shut down.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use kafka_service_tests::{
    Workload,
    audit::{Disturbance, Kind, now},
};

/// Several instances of the worker, one per slot.
pub(crate) struct Fleet {
    workload: Workload,
    worker: PathBuf,
    logs: PathBuf,
    places: Vec<Instance>,
    /// Instances that are shutting down while others continue.
    leaving: Vec<Instance>,
    started: usize,
}

struct Instance {
    name: String,
    child: Child,
    stopped: Option<(u64, i64)>,
    /// When it was asked to shut down.
    asked: u64,
}

/// An instance whose shutdown failed.
pub(crate) struct Left {
    pub(crate) problem: String,
    /// Its log says that the shutdown was incomplete.
    pub(crate) incomplete: bool,
    pub(crate) asked: u64,
}

impl Fleet {
    pub(crate) fn start(workload: Workload, worker: &Path, logs: &Path, count: usize) -> Self {
        fs::create_dir_all(logs).expect("the log folder can be created");
        let (worker, logs) = (worker.to_owned(), logs.to_owned());
        let mut fleet = Self { workload, worker, logs, places: Vec::new(), leaving: Vec::new(), started: 0 };
        (0..count).for_each(|_| fleet.join());
        fleet
    }

    fn spawn(&mut self) -> Instance {
        let name = format!("instance-{}", self.started);
        self.started += 1;
        let file = |kind: &str| {
            let file = File::create(self.logs.join(format!("{name}.{kind}"))).expect("a log can be created");
            Stdio::from(file)
        };
        let mut command = self.workload.command(&self.worker, &name);
        command.stdin(Stdio::null()).stdout(file("health")).stderr(file("log"));
        let child = command.spawn().expect("the worker starts");
        Instance { name, child, stopped: None, asked: 0 }
    }

    /// Starts one more instance.
    pub(crate) fn join(&mut self) {
        let instance = self.spawn();
        self.places.push(instance);
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The slot of an instance that is not suspended, if any; the search starts at `number`.
    pub(crate) fn running(&self, any: usize) -> Option<usize> {
        (any..any + self.len()).map(|place| place % self.len()).find(|place| !self.is_stopped(*place))
    }

    /// Shuts down an instance and starts another in its slot at once.
    pub(crate) fn replace(&mut self, place: usize) -> Disturbance {
        let new = self.spawn();
        let mut old = std::mem::replace(&mut self.places[place], new);
        old.ask_to_end();
        let (instance, from) = (old.name.clone(), old.asked);
        self.leaving.push(old);
        Disturbance { kind: Kind::Leave, instance, from, until: from, lag: 0 }
    }

    pub(crate) fn pid(&self, place: usize) -> u32 {
        self.places[place].child.id()
    }

    pub(crate) fn is_stopped(&self, place: usize) -> bool {
        self.places[place].stopped.is_some()
    }

    /// An instance that ended unexpectedly; that is a finding.
    pub(crate) fn ended(&mut self) -> Option<String> {
        self.places.iter_mut().find_map(|instance| {
            let status = instance.child.try_wait().ok().flatten()?;
            Some(format!("{} ended unexpectedly: {status}", instance.name))
        })
    }

    /// Kills an instance and starts another in its slot at once.
    pub(crate) fn kill(&mut self, place: usize, lag: i64) -> Disturbance {
        let from = now();
        let instance = &mut self.places[place];
        instance.child.kill().expect("it is running");
        instance.child.wait().expect("it ends");
        let name = instance.name.clone();
        self.places[place] = self.spawn();
        Disturbance { kind: Kind::Kill, instance: name, from, until: from, lag }
    }

    pub(crate) fn stop(&mut self, place: usize, lag: i64) {
        self.places[place].stopped = Some((now(), lag));
        signal(&self.places[place].child, "STOP");
    }

    pub(crate) fn go_on(&mut self, place: usize) -> Option<Disturbance> {
        let instance = &mut self.places[place];
        let (from, lag) = instance.stopped.take()?;
        signal(&instance.child, "CONT");
        Some(Disturbance { kind: Kind::Stop, instance: instance.name.clone(), from, until: now(), lag })
    }

    /// Shuts all of them down, and returns those that failed to end cleanly in time.
    pub(crate) fn end(mut self) -> Vec<Left> {
        const PATIENCE: Duration = Duration::from_secs(40);
        self.places.iter_mut().for_each(Instance::ask_to_end);
        let until = Instant::now() + PATIENCE;
        let Self { places, leaving, logs, .. } = &mut self;
        leaving.iter_mut().chain(places).filter_map(|instance| instance.left(until, logs)).collect()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for instance in self.places.iter_mut().chain(&mut self.leaving) {
            instance.child.kill().ok();
            instance.child.wait().ok();
        }
    }
}

impl Instance {
    fn ask_to_end(&mut self) {
        self.asked = now();
        signal(&self.child, "TERM");
    }

    fn left(&mut self, until: Instant, logs: &Path) -> Option<Left> {
        let asked = self.asked;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                let log = || fs::read_to_string(logs.join(format!("{}.log", self.name))).unwrap_or_default();
                let left = || Left {
                    problem: format!("{}: {status}", self.name),
                    incomplete: status.code() == Some(1) && log().contains("Error: shutdown deadline exceeded"),
                    asked,
                };
                return (!status.success()).then(left);
            }
            if Instant::now() >= until {
                return Some(Left { problem: format!("{}: did not end in time", self.name), incomplete: false, asked });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn signal(child: &Child, signal: &str) {
    let sent = Command::new("sh").arg("-c").arg(format!("kill -{signal} {}", child.id())).status();
    assert!(sent.is_ok_and(|status| status.success()), "SIG{signal} was not sent");
}
