//! What the hand-written arms share: settings, the window of what is in flight, the consumer's callbacks, decode and encode.

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

/// Whether SIGTERM has come.
#[derive(Clone, Debug)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From here on SIGTERM is only noted.
    ///
    /// # Panics
    /// Panics when the signal cannot be caught.
    #[must_use]
    pub fn on_sigterm() -> Self {
        let flag = Arc::default();
        signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::clone(&flag)).expect("SIGTERM can be caught");
        Self(flag)
    }

    /// Whether it has come.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
