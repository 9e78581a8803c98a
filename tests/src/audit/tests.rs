//! The audit must find what it looks for.

use super::*;
use crate::Work;

/// Three commands of one key, each answered once by the first instance, at 10, 20 and 30.
fn trace() -> Trace {
    let commands = (0..3).map(|seq: u32| ((0, i64::from(seq)), Work::new("key", u64::from(seq)))).collect();
    Trace { commands, events: (0..3).map(done).collect(), ..Trace::default() }
}

fn done(seq: u64) -> Done {
    let offset = i64::try_from(seq).expect("a small number");
    let instance = "first".to_owned();
    Done { key: "key".to_owned(), seq, instance, attempt: 1, partition: 0, offset, began: 10 + seq * 10 }
}

fn again(seq: u64, began: u64) -> Done {
    Done { instance: "second".to_owned(), began, ..done(seq) }
}

fn kill(from: u64) -> Disturbance {
    Disturbance { kind: Kind::Kill, instance: "first".to_owned(), from, until: from, lag: 1 }
}

#[test]
fn a_clean_run_has_no_findings() {
    let report = audit(&trace(), &[]);
    assert_eq!(report, Report { commands: 3, events: 3, ..Report::default() });
}

#[test]
fn an_unanswered_command_is_lost_unless_dead_lettered() {
    let mut trace = trace();
    trace.events.pop();
    assert_eq!(audit(&trace, &[]).lost, 1);
    trace.dead_letters.push(Work::new("key", 2));
    assert_eq!(audit(&trace, &[]).lost, 0);
}

#[test]
fn only_the_first_answer_counts_for_the_order() {
    let mut trace = trace();
    trace.events.push(again(0, 50));
    assert_eq!(audit(&trace, &[]).out_of_order, 0);
    trace.events.swap(0, 1);
    assert_eq!(audit(&trace, &[]).out_of_order, 1);
}

#[test]
fn only_a_kill_explains_duplicates_after_it() {
    let mut trace = trace();
    trace.events.push(again(2, 50));
    let report = audit(&trace, &[kill(40)]);
    assert_eq!((report.duplicates, report.duplicates_unexplained), (1, 0));
    assert_eq!((report.disturbances[0].duplicates, report.disturbances[0].most_in_a_partition), (1, 1));
    assert_eq!(audit(&trace, &[]).duplicates_unexplained, 1);
    assert_eq!(audit(&trace, &[kill(60)]).duplicates_unexplained, 1, "the kill came later");
}

#[test]
fn a_command_committed_before_a_kill_is_not_repeated() {
    let mut trace = trace();
    trace.events.push(again(2, 50));
    trace.commits.push(Commit { partition: 0, offset: 2, at: 35 });
    assert_eq!(audit(&trace, &[kill(40)]).duplicates_of_committed, 0);
    trace.commits.push(Commit { partition: 0, offset: 3, at: 36 });
    assert_eq!(audit(&trace, &[kill(40)]).duplicates_of_committed, 1);
}

#[test]
fn a_lost_assignment_explains_the_duplicates_around_it() {
    let lost = |instance: &str, from| Disturbance { kind: Kind::Lost, instance: instance.to_owned(), ..kill(from) };
    let mut trace = trace();
    trace.events.push(again(2, 50));
    assert_eq!(audit(&trace, &[lost("first", 90)]).duplicates_unexplained, 0, "it notices later");
    assert_eq!(audit(&trace, &[lost("third", 45)]).duplicates_unexplained, 1, "another instance");
    trace.commits.push(Commit { partition: 0, offset: 3, at: 36 });
    assert_eq!(audit(&trace, &[lost("first", 40)]).duplicates_of_committed, 1);
    assert_eq!(audit(&trace, &[lost("second", 90)]).duplicates_of_committed, 0, "not the instance that repeated it");
}

#[test]
fn a_new_producer_explains_duplicates_of_one_attempt_only() {
    let renewed = |from| Disturbance { kind: Kind::NewProducer, ..kill(from) };
    let mut trace = trace();
    trace.events.push(done(2));
    let report = audit(&trace, &[renewed(40)]);
    assert_eq!((report.duplicates_of_one_attempt, report.duplicates_unexplained), (1, 0));
    assert_eq!(audit(&trace, &[renewed(20)]).duplicates_unexplained, 1, "the attempt began later");
    trace.events.push(again(1, 50));
    assert_eq!(audit(&trace, &[renewed(40)]).duplicates_unexplained, 1, "another attempt");
}

#[test]
fn a_commit_that_goes_back_is_detected() {
    let mut trace = trace();
    for (offset, at) in [(2, 35), (3, 36), (2, 37)] {
        trace.commits.push(Commit { partition: 0, offset, at });
    }
    assert_eq!(audit(&trace, &[]).commits_backwards, 1);
    let report = audit(&trace, &[Disturbance { kind: Kind::Bounce, ..kill(30) }]);
    assert_eq!((report.commits_backwards, report.commits_backwards_in_outages), (0, 1));
}
