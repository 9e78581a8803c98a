//! Captures the log of a program, for tests that check it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// The captured log.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Captures the log of this process from now on, at INFO and above. It can be called once per process.
    ///
    /// # Panics
    ///
    /// Panics when a subscriber is already installed.
    #[must_use]
    pub fn collect() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();
        log
    }

    /// The log so far.
    ///
    /// # Panics
    ///
    /// Panics when it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("the log is UTF-8")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
