//! The instances: started, killed, stopped, continued, ended.

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

/// Several instances of the worker; each place has one that runs.
pub(crate) struct Fleet {
    workload: Workload,
    worker: PathBuf,
    logs: PathBuf,
    places: Vec<Instance>,
    started: usize,
}

struct Instance {
    name: String,
    child: Child,
    stopped: Option<(u64, i64)>,
}

impl Fleet {
    pub(crate) fn start(workload: Workload, worker: &Path, logs: &Path, count: usize) -> Self {
        fs::create_dir_all(logs).expect("the folder of the logs can be made");
        let mut fleet =
            Self { workload, worker: worker.to_owned(), logs: logs.to_owned(), places: Vec::new(), started: 0 };
        for _ in 0..count {
            let instance = fleet.spawn();
            fleet.places.push(instance);
        }
        fleet
    }

    fn spawn(&mut self) -> Instance {
        let name = format!("instance-{}", self.started);
        self.started += 1;
        let file = |kind: &str| {
            let file = File::create(self.logs.join(format!("{name}.{kind}"))).expect("a log can be made");
            Stdio::from(file)
        };
        let mut command = self.workload.command(&self.worker, &name);
        command.stdin(Stdio::null()).stdout(file("health")).stderr(file("log"));
        let child = command.spawn().expect("the worker starts");
        Instance { name, child, stopped: None }
    }

    pub(crate) fn pid(&self, place: usize) -> u32 {
        self.places[place].child.id()
    }

    pub(crate) fn is_stopped(&self, place: usize) -> bool {
        self.places[place].stopped.is_some()
    }

    /// An instance that has ended by itself is a finding.
    pub(crate) fn ended(&mut self) -> Option<String> {
        self.places.iter_mut().find_map(|instance| {
            let status = instance.child.try_wait().ok().flatten()?;
            Some(format!("{} has ended by itself: {status}", instance.name))
        })
    }

    /// Kills an instance and starts another in its place at once.
    pub(crate) fn kill(&mut self, place: usize, lag: i64) -> Disturbance {
        let from = now();
        let instance = &mut self.places[place];
        instance.child.kill().expect("it runs");
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

    /// Asks all of them to end; who did not end well in time.
    pub(crate) fn end(mut self) -> Vec<String> {
        const PATIENCE: Duration = Duration::from_secs(40);
        for instance in &self.places {
            signal(&instance.child, "TERM");
        }
        let until = Instant::now() + PATIENCE;
        self.places.iter_mut().filter_map(|instance| end(instance, until)).collect()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for instance in &mut self.places {
            instance.child.kill().ok();
            instance.child.wait().ok();
        }
    }
}

fn end(instance: &mut Instance, until: Instant) -> Option<String> {
    let name = instance.name.clone();
    while Instant::now() < until {
        if let Ok(Some(status)) = instance.child.try_wait() {
            return (!status.success()).then(|| format!("{name}: {status}"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(format!("{name}: did not end in time"))
}

fn signal(child: &Child, signal: &str) {
    let sent = Command::new("sh").arg("-c").arg(format!("kill -{signal} {}", child.id())).status();
    assert!(sent.is_ok_and(|status| status.success()), "SIG{signal} was not sent");
}
