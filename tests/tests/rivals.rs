//! Situations in which another framework failed. The worker runs as a separate process with default settings, unless a
//! test says otherwise.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use kafka_service_tests::{
    Kafka, Message, Process, Work, Workload,
    audit::{Trace, audit},
    wait_until,
};

const MINUTE: Duration = Duration::from_secs(60);

fn start(workload: &Workload, instance: &str) -> Process {
    workload.start(Path::new(env!("CARGO_BIN_EXE_worker")), instance)
}

/// One of many commands with so many keys.
fn spread(number: usize, keys: usize) -> Work {
    Work::new(format!("key-{}", number % keys), (number / keys) as u64)
}

#[track_caller]
fn end(mut worker: Process) {
    worker.terminate();
    assert!(worker.wait(MINUTE).success(), "{}", worker.output());
}

#[test]
fn a_kill_loses_nothing_and_the_restart_is_ready_in_ten_seconds() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "killed", 4);
    workload.send(kafka, (0..2_000).map(|n| spread(n, 100).taking(5)));
    let mut first = start(&workload, "first");
    kafka.read_count(&workload.events, MINUTE, 500);
    first.kill();
    let killed = Instant::now();
    let mut second = start(&workload, "second");
    second.wait_for_line(MINUTE, "health: ready");
    let back = killed.elapsed();
    workload.wait_until_committed(kafka);
    let report = audit(&Trace::read(kafka, &workload), &[]);
    assert_eq!((report.commands, report.lost, report.out_of_order), (2_000, 0, 0), "{report:?}");
    assert!(back < Duration::from_secs(10), "ready only after {back:?}");
    eprintln!("ready {back:?} after the kill; {} duplicates", report.duplicates);
    end(second);
}

#[test]
fn a_slow_key_delays_others_only_when_the_window_is_full() {
    const WINDOW: usize = 1_000;
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "hot", 4).set("KAFKA_MAX_UNCOMMITTED", &WINDOW.to_string());
    // Nine of ten have one key, and the first of them is slow.
    let slow = Duration::from_secs(8);
    let hot = |n: usize| Work::new("hot", n as u64).taking(if n == 0 { 8_000 } else { 0 });
    let works: Vec<_> = (0..5_000)
        .map(|n| if n % 10 == 5 { spread(n / 10, 100) } else { hot(n - n / 10 - usize::from(n % 10 > 5)) })
        .collect();
    let places = kafka.produce_all(&workload.commands, works.iter().map(Work::message));
    let hot_partition = places[0].0;
    let may_go_on = |(work, place): &(&Work, &(i32, i64))| {
        work.key != "hot" && (place.0 != hot_partition || place.1 < WINDOW as i64)
    };
    let expected = works.iter().zip(&places).filter(may_go_on).count();
    let began = Instant::now();
    let worker = start(&workload, "only");
    let events = kafka.read_count(&workload.events, slow, expected);
    assert!(began.elapsed() < slow, "the others waited for the slow key");
    assert_eq!(events.len(), expected, "commands beyond the window were handled");
    assert!(events.iter().all(|event| event.key_text() != Some("hot")));
    workload.wait_until_committed(kafka);
    let report = audit(&Trace::read(kafka, &workload), &[]);
    assert_eq!((report.lost, report.out_of_order, report.duplicates), (0, 0, 0), "{report:?}");
    end(worker);
}

#[test]
fn a_handler_over_max_poll_interval_is_not_redelivered() {
    let Some(kafka) = Kafka::shared() else { return };
    for protocol in ["consumer", "classic"] {
        let mut workload = Workload::new(kafka, "long", 2)
            .set("KAFKA_GROUP_PROTOCOL", protocol)
            .set("KAFKA_MAX_POLL_INTERVAL_MS", "6000");
        if protocol == "classic" {
            workload = workload.set("KAFKA_SESSION_TIMEOUT_MS", "6000");
        }
        let worker = start(&workload, "only");
        workload.send(kafka, [Work::new("long", 0).taking(9_000)]);
        workload.send(kafka, (0..20).map(|n| spread(n, 10)));
        kafka.read_count(&workload.events, Duration::from_secs(8), 20);
        kafka.read_count(&workload.events, MINUTE, 21);
        workload.wait_until_committed(kafka);
        assert_eq!(worker.count("partitions assigned"), 1, "{}", worker.output());
        assert_eq!(worker.count("partitions revoked"), 0, "{}", worker.output());
        assert!(!worker.output().to_lowercase().contains("max.poll"), "{}", worker.output());
        let report = audit(&Trace::read(kafka, &workload), &[]);
        assert_eq!((report.lost, report.duplicates), (0, 0), "{report:?}");
        end(worker);
    }
}

#[test]
fn a_hung_handler_does_not_delay_sigterm_past_the_deadline() {
    let Some(kafka) = Kafka::shared() else { return };
    for (command, code) in [("work", 1), ("work_blocking", 3)] {
        let workload = Workload::new(kafka, "hung", 1).set("KAFKA_SHUTDOWN_DEADLINE", "2s");
        let mut worker = start(&workload, "only");
        let hung = Work::new("hung", 0).taking(120_000);
        kafka.produce(&workload.commands, hung.message_for(command));
        // The one after it is answered, so the one before it is running.
        workload.send(kafka, [Work::new("other", 0)]);
        kafka.read_count(&workload.events, MINUTE, 1);
        worker.terminate();
        let asked = Instant::now();
        let status = worker.wait(MINUTE);
        assert!(asked.elapsed() < Duration::from_secs(6), "{command}: {:?}", asked.elapsed());
        assert_eq!(status.code(), Some(code), "{command}: {}", worker.output());
        assert_eq!(
            worker.count("shutdown deadline exceeded: 1 command in flight"),
            1,
            "{command}: {}",
            worker.output()
        );
        assert_eq!(kafka.committed(&workload.group, &workload.commands), [-1], "the first command is not finished");
    }
}

#[test]
fn a_second_signal_ends_the_service_at_once() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "impatient", 1);
    let mut worker = start(&workload, "only");
    workload.send(kafka, [Work::new("hung", 0).kind("hang"), Work::new("other", 0)]);
    kafka.read_count(&workload.events, MINUTE, 1);
    worker.terminate();
    worker.wait_for_line(MINUTE, "shutting down");
    let first = Instant::now();
    wait_until(MINUTE, "a second to pass", || first.elapsed() > Duration::from_millis(1_100));
    worker.signal("INT");
    let asked = Instant::now();
    assert_eq!(worker.wait(MINUTE).code(), Some(130), "{}", worker.output());
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}

#[test]
fn the_same_request_to_stop_may_arrive_twice() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "twice", 1);
    let mut worker = start(&workload, "only");
    workload.send(kafka, [Work::new("slow", 0).taking(3_000), Work::new("other", 0)]);
    kafka.read_count(&workload.events, MINUTE, 1);
    // Like `timeout`, which signals the process and its group.
    worker.terminate();
    worker.terminate();
    worker.signal("INT");
    assert!(worker.wait(MINUTE).success(), "{}", worker.output());
    kafka.read_count(&workload.events, MINUTE, 2);
}

#[test]
fn an_unwritable_dead_letter_blocks_the_partition() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "no-dlq", 1);
    let mut worker = start(&workload, "only");
    worker.wait_for_line(MINUTE, "health: ready");
    kafka.delete_topic(&workload.dead_letters);
    workload.send(kafka, [Work::new("good", 0), Work::new("bad", 0).kind("poison")]);
    workload.send(kafka, (1..50).map(|n| Work::new("good", n)));
    kafka.read_count(&workload.events, MINUTE, 50);
    worker.wait_for_line(MINUTE, &format!("delivery to topic `{}` is failing", workload.dead_letters));
    wait_until(MINUTE, "the commands before the bad one to be committed", || {
        kafka.committed(&workload.group, &workload.commands) == [1]
    });
    kafka.create_topic(&workload.dead_letters, 1);
    let dead = kafka.read_count(&workload.dead_letters, MINUTE, 1);
    assert_eq!(dead[0].header("dlq.error-message"), Some("this command is poison"));
    workload.wait_until_committed(kafka);
    wait_until(MINUTE, "the worker to be ready again", || worker.count("health: ready") >= 2);
    let report = audit(&Trace::read(kafka, &workload), &[]);
    assert_eq!((report.lost, report.duplicates, report.dead_letters), (0, 0, 1), "{report:?}");
    end(worker);
}

#[test]
fn a_new_instance_is_ready_during_a_peers_long_handler() {
    let Some(kafka) = Kafka::shared() else { return };
    for protocol in ["consumer", "classic"] {
        let workload = Workload::new(kafka, "rolling", 4)
            .set("KAFKA_GROUP_PROTOCOL", protocol)
            .set("KAFKA_SHUTDOWN_DEADLINE", "3s");
        let mut old = start(&workload, "old");
        old.wait_for_line(MINUTE, "health: ready");
        // One in each partition, so that every partition that the new instance gets is busy.
        let long = |n: i32| Work::new(format!("long-{n}"), 0).taking(30_000).message().partition(n);
        kafka.produce_all(&workload.commands, (0..4).map(long));
        workload.send(kafka, [Work::new("short", 0)]);
        kafka.read_count(&workload.events, MINUTE, 1);
        let began = Instant::now();
        let mut new = start(&workload, "new");
        new.wait_for_line(MINUTE, "health: ready");
        let ready = began.elapsed();
        eprintln!("{protocol}: the new instance was ready after {ready:?}");
        assert!(ready < Duration::from_secs(20), "{protocol}: {ready:?}");
        workload.send(kafka, (0..40).map(|n| spread(n, 40)));
        kafka.read_count(&workload.events, Duration::from_secs(8), 41);
        old.terminate();
        assert_eq!(old.wait(MINUTE).code(), Some(1), "its long handlers were abandoned: {}", old.output());
    }
}

#[test]
fn a_returned_error_is_never_silent() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "error", 1).set("KAFKA_RETRY_BACKOFF", "1ms..5ms");
    let mut worker = start(&workload, "only");
    kafka.produce(&workload.commands, Work::new("file", 0).message_for("read_a_file"));
    let dead = kafka.read_count(&workload.dead_letters, MINUTE, 1);
    assert_eq!(dead[0].header("dlq.attempts"), Some("5"));
    let error = dead[0].header("dlq.error-message").expect("the reason");
    assert!(error.contains("No such file"), "{error}");
    worker.wait_for_line(MINUTE, "message dead-lettered");
    assert_eq!(worker.count("attempt failed; retrying"), 4, "{}", worker.output());
    workload.wait_until_committed(kafka);
    end(worker);
}

#[test]
fn a_topic_created_after_startup_is_consumed_from_its_start() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::named(kafka, "late");
    kafka.create_topic(&workload.events, 1);
    kafka.create_topic(&workload.dead_letters, 1);
    let mut worker = start(&workload, "only");
    worker.wait_for_line(MINUTE, "does not exist");
    assert_eq!(worker.count("--create --topic"), 1, "{}", worker.output());
    kafka.create_topic(&workload.commands, 4);
    workload.send(kafka, (0..200).map(|n| spread(n, 20)));
    kafka.read_count(&workload.events, MINUTE, 200);
    workload.wait_until_committed(kafka);
    end(worker);
}

#[test]
fn a_panic_counts_as_one_failed_attempt() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "panic", 1).set("KAFKA_RETRY_BACKOFF", "1ms..5ms");
    let worker = start(&workload, "only");
    workload.send(kafka, [Work::new("panic", 0).kind("panic"), Work::new("panic", 1)]);
    kafka.produce(&workload.commands, Message::new("not an envelope"));
    let events = kafka.read_count(&workload.events, MINUTE, 2);
    assert_eq!(events[0].json()["payload"]["attempt"], 2);
    kafka.read_count(&workload.dead_letters, MINUTE, 1);
    workload.wait_until_committed(kafka);
    end(worker);
}
