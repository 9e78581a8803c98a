//! Known faults of librdkafka 2.12.1, and how a service survives them.
//!
//! Its issue 5456 (`rd_kafka_send_offsets_to_transaction` ignores its timeout) needs transactions, which are not used
//! here.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use kafka_service_tests::{
    Kafka, Process, Work, Workload,
    audit::{Trace, audit},
    wait_until,
};

use crate::{MINUTE, PROTOCOLS, end, spread, start, whole, with_each_protocol};

/// The shortest session that the test brokers allow, and a poll interval that is not longer.
fn impatient(workload: Workload, protocol: &str) -> Workload {
    let workload = workload.set("KAFKA_GROUP_PROTOCOL", protocol).set("KAFKA_MAX_POLL_INTERVAL_MS", "4000");
    match protocol {
        "classic" => workload.set("KAFKA_SESSION_TIMEOUT_MS", "4000").set("KAFKA_HEARTBEAT_INTERVAL_MS", "300"),
        _ => workload,
    }
}

/// A worker that has handled a command.
fn busy(kafka: &Kafka, protocol: &str) -> Process {
    let workload = impatient(Workload::new(kafka, "closing", 2), protocol);
    let mut worker = start(&workload, protocol);
    workload.send(kafka, (0..20).map(spread));
    workload.wait_until_committed(kafka);
    worker.wait_for_line(MINUTE, "health: ready");
    worker
}

/// Fixed in 2.14.2 (#5347): leaving a group without a reachable coordinator read a null pointer.
#[test]
fn stopping_without_a_coordinator_does_not_crash() {
    let Some(kafka) = Kafka::one_node() else { return };
    for (away, back) in
        [(Kafka::kill as fn(&Kafka, i32), Kafka::restart as fn(&Kafka, i32)), (Kafka::freeze, Kafka::thaw)]
    {
        let mut at_once: Vec<_> = PROTOCOLS.iter().map(|protocol| busy(&kafka, protocol)).collect();
        let mut later: Vec<_> = PROTOCOLS.iter().map(|protocol| busy(&kafka, protocol)).collect();
        away(&kafka, 1);
        at_once.iter_mut().for_each(Process::terminate);
        // Long enough for the client to notice and to look for another coordinator.
        thread::sleep(Duration::from_secs(3));
        later.iter_mut().for_each(Process::terminate);
        for mut worker in at_once.into_iter().chain(later) {
            let status = worker.wait(MINUTE);
            assert!(status.code().is_some(), "{status}:\n{}", worker.output());
        }
        back(&kafka, 1);
    }
}

#[test]
fn a_handler_over_the_poll_interval_loses_no_partition() {
    let Some(kafka) = Kafka::shared() else { return };
    with_each_protocol(|protocol| {
        let workload = impatient(Workload::new(kafka, "longer", 1), protocol);
        let worker = start(&workload, "only");
        let slow = spread(0).taking(7_000);
        kafka.produce_all(&workload.commands, [slow.message_for("work_blocking"), spread(1).taking(7_000).message()]);
        kafka.read_count(&workload.events, MINUTE, 2);
        workload.wait_until_committed(kafka);
        assert_eq!(worker.count("partitions assigned"), 1, "{}", worker.output());
        assert_eq!(worker.count("partitions revoked"), 0, "{}", worker.output());
        end(worker);
    });
}

/// The client keeps a pause beyond the assignment. Chaos runs found reassigned partitions that were never read again.
#[test]
fn a_partition_revoked_while_paused_is_read_when_reassigned() {
    let Some(kafka) = Kafka::shared() else { return };
    with_each_protocol(|protocol| {
        let workload = Workload::new(kafka, "paused", 2).set("KAFKA_GROUP_PROTOCOL", protocol);
        let workload = workload.set("KAFKA_MAX_UNCOMMITTED", "10");
        let mut first = start(&workload, "first");
        first.wait_for_line(MINUTE, "health: ready");
        // The first one is slow, and the window of its partition fills up before it ends.
        let works = |partition: i32| (0..40).map(move |n| Work::new(format!("{partition}-{}", n % 20), n / 20));
        let slow = |(n, work): (usize, Work)| if n == 0 { work.taking(6_000) } else { work };
        let messages =
            |partition| works(partition).enumerate().map(slow).map(move |w| w.message().partition(partition));
        kafka.produce_all(&workload.commands, messages(0).chain(messages(1)));
        wait_until(MINUTE, "both partitions to be paused", || first.count("window of uncommitted records full") == 2);
        let mut second = start(&workload, "second");
        second.wait_for_line(MINUTE, "health: ready");
        wait_until(MINUTE, "a partition to be revoked", || first.count("partitions revoked") > 0);
        end(second);
        workload.wait_until_committed(kafka);
        let report = audit(&Trace::read(kafka, &workload), &[]);
        assert_eq!((report.commands, report.lost, report.out_of_order), (80, 0, 0), "{report:?}");
        end(first);
    });
}

/// A worker whose log is read only on demand. While it is not read, the producer fills the pipe, delivery reports stop,
/// the window fills up, the consumer thread wants to log that, and blocks; its client's own threads continue.
struct Talkative {
    child: Child,
    is_read: Arc<AtomicBool>,
    log: Arc<Mutex<String>>,
}

impl Talkative {
    fn start(workload: &Workload) -> Self {
        let workload = workload.clone().set("RUST_LOG", "info,kafka_service::librdkafka=debug");
        let workload = workload.set("KAFKA_PRODUCER_DEBUG", "all").set("KAFKA_MAX_UNCOMMITTED", "10");
        let mut command = workload.command(Path::new(env!("CARGO_BIN_EXE_worker")), "only");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (is_read, log) = (Arc::new(AtomicBool::new(true)), Arc::<Mutex<String>>::default());
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let (reads, written) = (Arc::clone(&is_read), Arc::clone(&log));
        thread::spawn(move || {
            for line in lines {
                while !reads.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(10));
                }
                if !line.contains(" DEBUG ") {
                    written.lock().unwrap().extend([line.as_str(), "\n"]);
                }
            }
        });
        Self { child, is_read, log }
    }

    fn count(&self, text: &str) -> usize {
        self.log.lock().unwrap().matches(text).count()
    }
}

#[expect(clippy::print_stderr, reason = "the test runner shows it with the failed test, and only then")]
impl Drop for Talkative {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if thread::panicking() {
            eprintln!("{}", self.log.lock().unwrap());
        }
    }
}

/// Fixed in 2.15.0 (#5541): a member of the newer protocol that had exceeded its poll interval rejoined with half of a
/// request, which the broker rejected, and that was fatal. The broker keeps the session longer than the consumer thread
/// is blocked, so it is the client that leaves.
#[test]
fn a_consumer_thread_blocked_too_long_rejoins_the_group() {
    let sessions = [("group.consumer.session.timeout.ms", "45000"), ("group.consumer.max.session.timeout.ms", "45000")];
    let Some(kafka) = Kafka::with(1, &sessions) else { return };
    with_each_protocol(|protocol| {
        let workload = impatient(Workload::new(&kafka, "still", 1), protocol);
        let mut worker = Talkative::start(&workload);
        workload.send(&kafka, (0..200).map(spread));
        workload.wait_until_committed(&kafka);
        worker.is_read.store(false, Ordering::Relaxed);
        workload.send(&kafka, (200..400).map(spread));
        thread::sleep(Duration::from_secs(10));
        worker.is_read.store(true, Ordering::Relaxed);
        wait_until(MINUTE, "the client to log it", || worker.count("maximum poll interval") > 0);
        wait_until(MINUTE, "everything to be committed", || {
            let ended = worker.child.try_wait().unwrap();
            assert!(ended.is_none(), "{ended:?}");
            kafka.lag(&workload.group, &workload.commands) == 0
        });
        whole(&kafka, &workload, 400);
    });
}

/// The same for a whole process: its client is suspended with it.
#[test]
fn a_suspended_service_rejoins_the_group() {
    let Some(kafka) = Kafka::shared() else { return };
    with_each_protocol(|protocol| {
        let workload = impatient(Workload::new(kafka, "stopped", 2), protocol);
        let mut worker = start(&workload, "only");
        workload.send(kafka, (0..20).map(spread));
        kafka.read_count(&workload.events, MINUTE, 20);
        worker.signal("STOP");
        thread::sleep(Duration::from_secs(8));
        worker.signal("CONT");
        workload.send(kafka, (20..40).map(spread));
        kafka.read_count(&workload.events, MINUTE, 40);
        whole(kafka, &workload, 40);
        assert_eq!(worker.count("the service failed"), 0, "{}", worker.output());
        end(worker);
    });
}
