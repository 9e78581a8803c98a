//! One more attempt to send a record, after a backoff.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::OutputContext;
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
    context: &OutputContext,
    stored: &Stored,
    older: &AtomicBool,
    pause: Duration,
) -> Result<(), Undelivered> {
    if !pause.is_zero() {
        context.shared.clock.sleep(pause).await;
    }
    let (token, answer) = context.acks().caller();
    let send = || {
        // The assignment may have ended during the backoff or the wait for room.
        if !context.shared.is_owned(stored.token) {
            return Err(not_now("the partition was revoked"));
        }
        if older.load(Ordering::Relaxed) {
            return Err(not_now("an earlier record must be sent first"));
        }
        context.producer.send(&stored.record.borrow(), token)
    };
    let sent = context.acks().room.send_when_made(send).await;
    match sent {
        Ok(()) => {
            context.producer.idle();
            match answer.await {
                Ok(result) => result,
                Err(_) => Err(stored.undelivered(&not_now("the producer was closed"))),
            }
        }
        Err(error) => {
            context.acks().forget(token);
            Err(stored.undelivered(&error))
        }
    }
}

/// The record is not sent, which is not an error of a broker or a client.
fn not_now(reason: &str) -> SendError {
    SendError::Refused { code: String::new(), reason: reason.to_owned() }
}
