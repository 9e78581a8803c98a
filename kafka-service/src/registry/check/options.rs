//! Checks the timeouts and attempts of a handler against each other and against the configuration.
//!
//! Deliberately not checked: a timeout above `max.poll.interval.ms` or the shutdown deadline. The client is polled
//! regardless of handlers, and what is in flight at the deadline is redelivered.

use std::time::Duration;

use super::{Findings, HandlerProblem};
use crate::{
    config::{Config, RetryPolicy, format_duration, topic_flaw},
    registry::Handler,
};

/// The limits that the attributes have too.
const MOST_ATTEMPTS: u32 = 1_000;
const LONGEST: Duration = Duration::from_secs(720 * 3_600);

/// The options in effect for one handler: its own, else those of the configuration.
struct Effective {
    retry: RetryPolicy,
    timeout: Duration,
}

pub(super) fn check(handlers: &[&'static Handler], config: &Config, findings: &mut Findings) {
    for handler in handlers {
        let effective = Effective::of(handler, config);
        findings.problems.extend(not_allowed(handler));
        findings.problems.extend(no_time_to_wait(handler, &effective));
        findings.warnings.extend(nothing_to_repeat(handler).or_else(|| no_retry_after_timeout(handler, &effective)));
    }
}

impl Effective {
    fn of(handler: &Handler, config: &Config) -> Self {
        Self {
            retry: handler.retry.applied_to(&config.retry),
            timeout: handler.timeout.unwrap_or(config.handler_timeout),
        }
    }
}

/// A value that is out of range. Only for handlers added at run time: the attributes do not compile with it.
fn not_allowed(handler: &'static Handler) -> impl Iterator<Item = HandlerProblem> {
    let Handler { topic, timeout, retry, .. } = handler;
    let problem = move |what, help| HandlerProblem::Option { handler, what, help };
    let attempts = retry.attempts.filter(|attempts| !(1..=MOST_ATTEMPTS).contains(attempts));
    let attempts = attempts.map(|attempts| {
        problem(format!("has {attempts} as its number of attempts"), "use 1 to 1000 attempts; 1 disables retries")
    });
    let initial = retry.backoff.map(|(initial, _)| ("initial backoff", initial));
    let maximum = retry.backoff.map(|(_, maximum)| ("maximum backoff", maximum));
    let deadline = retry.deadline.map(|deadline| ("retry deadline", deadline));
    let durations = [timeout.map(|timeout| ("timeout", timeout)), initial, maximum, deadline].into_iter().flatten();
    let durations = durations.filter(|(_, duration)| duration.is_zero() || *duration > LONGEST);
    let durations = durations.map(move |(option, duration)| {
        problem(format!("has the {option} `{duration:?}`"), "use a duration greater than zero and at most 720 hours")
    });
    let reversed = retry.backoff.filter(|(initial, maximum)| initial > maximum).map(|(initial, maximum)| {
        let what = format!("has an initial backoff of `{initial:?}`, which exceeds its maximum backoff `{maximum:?}`");
        problem(what, "swap the two")
    });
    let topic =
        topic.and_then(topic_flaw).map(|flaw| problem(format!("names a topic that {flaw}"), "use another name"));
    attempts.into_iter().chain(durations).chain(reversed).chain(topic)
}

/// The deadline passes before the first backoff ends.
fn no_time_to_wait(handler: &'static Handler, effective: &Effective) -> Option<HandlerProblem> {
    let RetryPolicy { attempts, backoff_min: least_backoff, deadline, .. } = effective.retry;
    let asks = handler.retry.backoff.is_some() || handler.retry.deadline.is_some();
    if !asks || attempts < 2 || deadline >= least_backoff {
        return None;
    }
    let [deadline, least_backoff] = [deadline, least_backoff].map(format_duration);
    let what =
        format!("has the retry deadline `{deadline}`, which is shorter than its first backoff `{least_backoff}`");
    let help = "increase `deadline` or lower `backoff` in `retry(..)`; the defaults are KAFKA_RETRY_DEADLINE and \
                KAFKA_RETRY_BACKOFF";
    Some(HandlerProblem::Option { handler, what, help })
}

/// A backoff and a deadline for retries that never happen.
fn nothing_to_repeat(handler: &'static Handler) -> Option<HandlerProblem> {
    let asks = handler.retry.backoff.is_some() || handler.retry.deadline.is_some();
    if handler.retry.attempts != Some(1) || !asks {
        return None;
    }
    let what = "has a single attempt, so `backoff` and `deadline` of `retry(..)` have no effect".to_owned();
    Some(HandlerProblem::Option { handler, what, help: "increase `attempts`, or remove `backoff` and `deadline`" })
}

/// An attempt that is cancelled by its timeout ends when no other may start any more.
fn no_retry_after_timeout(handler: &'static Handler, effective: &Effective) -> Option<HandlerProblem> {
    let Effective { retry: RetryPolicy { attempts, deadline, .. }, timeout } = *effective;
    if handler.timeout.is_none() || attempts < 2 || timeout < deadline {
        return None;
    }
    let [deadline, timeout] = [deadline, timeout].map(format_duration);
    let what = format!(
        "has the timeout `{timeout}`, which is not shorter than its retry deadline `{deadline}`: an attempt that times \
         out is not retried"
    );
    let help = "lower `timeout`, or increase `deadline` in `retry(..)`; the defaults are KAFKA_HANDLER_TIMEOUT and \
                KAFKA_RETRY_DEADLINE";
    Some(HandlerProblem::Option { handler, what, help })
}
