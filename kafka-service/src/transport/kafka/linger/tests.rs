use std::{sync::mpsc, thread, time::Duration};

use super::*;

const LINGER: Duration = Duration::from_millis(5);
const MANY: i32 = SMALL_BACKLOG + 1;

/// The state after a call that sent some of this many records and took as long as a call may take.
fn after_a_call(reason: Flush, unacknowledged: i32) -> (Arc<Linger>, Instant) {
    let linger = Linger::new(LINGER);
    let start = Instant::now();
    {
        let mut state = linger.state();
        linger.set(&mut state, reason);
        assert_eq!(linger.begin(&mut state, start, unacknowledged), reason);
    }
    linger.sent(reason, unacknowledged);
    linger.state().took = [NOTICE; 2];
    (linger, start)
}

fn due(linger: &Linger, now: Instant, unacknowledged: i32) -> Option<Duration> {
    let state = linger.state();
    linger.due(&state, now, || unacknowledged).map(|due| due.saturating_duration_since(now))
}

#[test]
fn a_record_lingers_while_more_may_come() {
    let linger = Linger::new(LINGER);
    let start = Instant::now();
    assert_eq!(due(&linger, start, 0), None, "nothing to send");
    linger.added();
    let since = linger.state().since;
    linger.added();
    assert_eq!(linger.state().since, since, "the oldest counts");
    assert_eq!(due(&linger, since, 2), Some(LINGER));
}

#[test]
fn an_idle_producer_sends_without_lingering() {
    let linger = Linger::new(LINGER);
    linger.added();
    linger.send_now();
    assert_eq!(due(&linger, Instant::now(), 1), Some(Duration::ZERO));
}

#[test]
fn a_small_backlog_is_sent_at_once() {
    let (linger, start) = after_a_call(Flush::Now, SMALL_BACKLOG);
    linger.send_now();
    assert_eq!(due(&linger, start, SMALL_BACKLOG), Some(Duration::ZERO));
}

#[test]
fn a_large_backlog_waits_for_the_previous_acks() {
    let (linger, start) = after_a_call(Flush::Now, MANY);
    linger.send_now();
    assert_eq!(
        due(&linger, start, MANY),
        Some(MAX_LINGER_WAIT),
        "a slow partition holds up the others no longer than that"
    );
    for _ in 0..MANY {
        linger.reported();
    }
    assert_eq!(due(&linger, start, MANY), Some(MIN_FLUSH_INTERVAL), "but the client's thread may rest");
    assert_eq!(due(&linger, start + MIN_FLUSH_INTERVAL, MANY), Some(Duration::ZERO));
}

#[test]
fn the_last_records_wait_for_about_one_round_trip() {
    let (linger, _) = after_a_call(Flush::Now, MANY);
    for _ in 0..20 {
        let mut state = linger.state();
        linger.begin(&mut state, Instant::now(), MANY);
        drop(state);
        linger.reported();
    }
    let pace = linger.state().pace;
    assert!(pace < MAX_LINGER_WAIT, "the broker answers at once: {pace:?}");
    linger.send_now();
    let (sent, idle) = {
        let state = linger.state();
        (state.sent, state.idle)
    };
    let quiet = idle.duration_since(sent) + IDLE_AFTER;
    assert_eq!(due(&linger, sent, MANY), Some(quiet.max(pace).min(MAX_LINGER_WAIT)));
    let mut state = linger.state();
    linger.set(&mut state, Flush::WhenLingerIsOver);
    drop(state);
    assert_eq!(due(&linger, sent, MANY), Some(MAX_LINGER_WAIT), "while busy a full batch is worth more");
}

#[test]
fn a_slow_call_is_followed_by_a_longer_pause() {
    let (linger, start) = after_a_call(Flush::Now, MANY);
    linger.send_now();
    for _ in 0..MANY {
        linger.reported();
    }
    linger.state().took = [NOTICE * 2; 2];
    assert_eq!(due(&linger, start, MANY), Some(MIN_FLUSH_INTERVAL * 4));
    linger.state().took = [NOTICE * 100; 2];
    assert_eq!(due(&linger, start, MANY), Some(MAX_LINGER_WAIT), "but not by far");
    assert_eq!(due(&linger, start, SMALL_BACKLOG), Some(Duration::ZERO), "and not for few");
}

#[test]
fn one_slow_call_does_not_delay_the_last_records_of_a_burst() {
    let (linger, start) = after_a_call(Flush::WhenLingerIsOver, MANY);
    for _ in 0..MANY {
        linger.reported();
    }
    linger.state().took = [NOTICE * 2, NOTICE];
    assert_eq!(due(&linger, start, MANY), Some(MIN_FLUSH_INTERVAL * 4), "while more may come, it is a reason to rest");
    linger.send_now();
    assert_eq!(due(&linger, start, MANY), Some(MIN_FLUSH_INTERVAL));
}

#[test]
fn records_left_behind_a_request_follow_it() {
    let (linger, start) = after_a_call(Flush::Now, 2);
    assert_eq!(due(&linger, start, 2), Some(MIN_FLUSH_INTERVAL));
    linger.reported();
    assert_eq!(due(&linger, start, 1), Some(Duration::ZERO), "few wait for nothing else");
    let (linger, _) = after_a_call(Flush::WhenLingerIsOver, 2);
    assert_eq!(linger.state().next, Flush::WhenLingerIsOver, "while busy it has company");
}

#[test]
fn blocked_records_are_retried_with_backoff() {
    let (linger, start) = after_a_call(Flush::Now, 1);
    let mut waits = Vec::new();
    for _ in 0..6 {
        waits.push(due(&linger, start, 1).unwrap());
        linger.begin(&mut linger.state(), start, 1);
        linger.sent(Flush::WhenAcknowledged, 1);
    }
    assert_eq!(
        waits,
        [
            MIN_FLUSH_INTERVAL,
            MIN_FLUSH_INTERVAL * 2,
            MIN_FLUSH_INTERVAL * 4,
            MIN_FLUSH_INTERVAL * 8,
            MAX_LINGER_WAIT,
            MAX_LINGER_WAIT
        ]
    );
    linger.reported();
    linger.begin(&mut linger.state(), start, 1);
    linger.sent(Flush::WhenAcknowledged, 1);
    assert_eq!(due(&linger, start, 1), Some(MIN_FLUSH_INTERVAL), "from the beginning, when something was acknowledged");
}

#[test]
fn nothing_is_due_when_all_is_acknowledged() {
    let (linger, start) = after_a_call(Flush::Now, 0);
    assert_eq!(due(&linger, start, 0), None);
}

#[test]
fn the_thread_wakes_up_on_every_change() {
    let linger = Linger::new(LINGER);
    let (sender, receiver) = mpsc::channel();
    let thread = {
        let linger = Arc::clone(&linger);
        thread::spawn(move || {
            while let Some(reason) = linger.wait(|| 0) {
                sender.send(reason).expect("the test listens");
            }
        })
    };
    let reason = || receiver.recv_timeout(Duration::from_secs(60)).expect("it is time to send");
    linger.added();
    assert_eq!(reason(), Flush::WhenLingerIsOver);
    linger.send_now();
    assert_eq!(reason(), Flush::Now);
    linger.sent(Flush::Now, 1);
    linger.end();
    thread.join().expect("no panic");
}
