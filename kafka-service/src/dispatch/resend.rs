//! One more attempt to send a record, after a backoff.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::{Core, closed::is_owned};
use crate::transport::{SendError, Stored, Undelivered};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

pub(super) fn pause(attempts: u32) -> Duration {
    match attempts {
        0 => Duration::ZERO,
        attempts => FIRST_PAUSE.saturating_mul(1 << (attempts - 1).min(10)).min(LONGEST_PAUSE),
    }
}

/// Sends one record and waits for the broker's answer.
pub(super) async fn send_again(
    core: &Core,
    stored: &Stored,
    older: &AtomicBool,
    pause: Duration,
) -> Result<(), Undelivered> {
    if !pause.is_zero() {
        core.clock.sleep(pause).await;
    }
    let (token, answer) = core.acks.caller();
    let send = || {
        // The assignment may have ended during the backoff or the wait for room.
        if !is_owned(core, stored.token) {
            return Err(not_now("the partition was revoked"));
        }
        if older.load(Ordering::Relaxed) {
            return Err(not_now("an earlier record must be sent first"));
        }
        core.producer.send(&stored.record(), token)
    };
    let sent = core.acks.when_there_is_room(send).await;
    match sent {
        Ok(()) => {
            core.producer.idle();
            match answer.await {
                Ok(result) => result,
                Err(_) => Err(stored.undelivered(&not_now("the producer was closed"))),
            }
        }
        Err(error) => {
            core.acks.forget(token);
            Err(stored.undelivered(&error))
        }
    }
}

/// The record is not sent, which is not an error of a broker or a client.
fn not_now(reason: &str) -> SendError {
    SendError::Refused { code: String::new(), reason: reason.to_owned() }
}
