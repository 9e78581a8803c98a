//! Shared by the hand-written arms: settings, the window of records in flight, the consumer's callbacks, decoding and
//! encoding.

mod answer;
mod clients;
mod group;
mod poll_loop;
mod window;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

pub use answer::{Answer, Names};
pub use clients::{consumer_settings, producer_settings};
pub use group::Group;
pub use poll_loop::poll_loop;
pub use window::{Acks, Taken, Window};

/// Whether SIGTERM has arrived.
#[derive(Clone, Debug)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Only records SIGTERM from now on.
    ///
    /// # Panics
    /// Panics when the signal cannot be caught.
    #[must_use]
    pub fn on_sigterm() -> Self {
        let flag = Arc::default();
        signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::clone(&flag)).expect("SIGTERM can be caught");
        Self(flag)
    }

    /// Whether it has arrived.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
