//! Checks the timeouts and attempts of a handler against each other and against the configuration.
//!
//! Deliberately not checked: a timeout above `max.poll.interval.ms` or the shutdown deadline. The client is polled
//! regardless of handlers, and what is in flight at the deadline is redelivered.

use std::time::Duration;

use super::{Findings, HandlerProblem};
use crate::{
    config::{Config, RetryPolicy, format_duration},
    registry::Handler,
};

/// The options in effect for one handler: its own, else those of the configuration.
struct Effective {
    retry: RetryPolicy,
    timeout: Duration,
}

pub(super) fn check(handlers: &[&'static Handler], config: &Config, findings: &mut Findings) {
    for handler in handlers {
        let effective = Effective::of(handler, config);
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
