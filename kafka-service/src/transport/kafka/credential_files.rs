//! Watches the files that clients read only when they are created: certificates, keys, and the files of secrets. When
//! one has changed, the clients are renewed: first the producer, then the consumer.

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    thread,
    time::{Duration, Instant, SystemTime},
};

use super::{
    client_config,
    expiry::{ExpiryWarnings, validities},
    live_config::LiveConfig,
    producer::KafkaProducer,
};
use crate::health::HealthState;

/// How often the files are read. A change counts when two reads in a row agree on it: files are not always replaced at
/// once.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// When files that did not work are tried again, if they stay the same.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// The contents of some files, as hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Contents(BTreeMap<PathBuf, u64>);

impl Contents {
    /// Reads the files. Returns an error if one cannot be read, which may be about to be replaced.
    fn read(files: &[PathBuf]) -> io::Result<Self> {
        let read = |file: &PathBuf| Ok((file.clone(), hash(file)?));
        files.iter().map(read).collect::<io::Result<_>>().map(Self)
    }

    /// The files that differ.
    fn changed_since(&self, before: &Self) -> Vec<&Path> {
        self.0
            .iter()
            .filter(|(file, hash)| before.0.get(*file) != Some(*hash))
            .map(|(file, _)| file.as_path())
            .collect()
    }
}

fn hash(file: &Path) -> io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    fs::read(file)?.hash(&mut hasher);
    Ok(hasher.finish())
}

/// Decides when the files have changed. Pure.
#[derive(Debug)]
struct Change {
    /// What the clients use.
    used: Contents,
    /// The last read.
    last: Contents,
    /// What does not work, and when it is tried again.
    failed: Option<(Contents, Instant)>,
}

impl Change {
    fn new(used: Contents) -> Self {
        Self { last: used.clone(), used, failed: None }
    }

    /// Takes a read. Returns whether the clients use something else, the files are at rest, and it is worth a try.
    fn see(&mut self, read: Contents, now: Instant) -> bool {
        let is_at_rest = read == self.last;
        self.last = read;
        let is_futile = self.failed.as_ref().is_some_and(|(failed, again)| *failed == self.last && now < *again);
        is_at_rest && self.last != self.used && !is_futile
    }

    /// Takes the result of a try.
    fn tried(&mut self, works: bool, now: Instant) {
        if works {
            self.used = self.last.clone();
        }
        self.failed = (!works).then(|| (self.last.clone(), now + TRY_AGAIN));
    }
}

/// Starts a thread that watches the files of the clients, if they have any. It ends with the producer.
pub(super) fn watch(config: &Arc<LiveConfig>, producer: &Arc<KafkaProducer>, servers: &str, health: &Arc<HealthState>) {
    let mut files = config.get().credential_files();
    // A directory of certificates, or a word such as `probe`.
    files.retain(|file| file.is_file());
    if files.is_empty() {
        return;
    }
    let mut watch = Watch {
        change: Change::new(Contents::read(&files).unwrap_or_default()),
        files,
        config: Arc::clone(config),
        producer: Arc::downgrade(producer),
        servers: servers.to_owned(),
        health: Arc::clone(health),
        expiry: ExpiryWarnings::default(),
    };
    watch.take_validities();
    if let Err(error) = thread::Builder::new().name("kafka-files".to_owned()).spawn(move || watch.run()) {
        tracing::error!(%error, "cannot watch the certificate and secret files");
    }
}

struct Watch {
    files: Vec<PathBuf>,
    change: Change,
    config: Arc<LiveConfig>,
    producer: Weak<KafkaProducer>,
    servers: String,
    health: Arc<HealthState>,
    expiry: ExpiryWarnings,
}

impl Watch {
    /// Reads until when the certificates that the clients use are valid.
    fn take_validities(&mut self) {
        self.expiry.set(validities(&self.files));
        self.health.set_certificate_expiry(self.expiry.first());
    }

    fn run(mut self) {
        loop {
            self.expiry.look(SystemTime::now());
            thread::sleep(LOOK_EVERY);
            let Some(producer) = self.producer.upgrade() else { return };
            let Ok(contents) = Contents::read(&self.files) else { continue };
            if self.change.see(contents, Instant::now()) {
                let works = self.renew(&producer);
                self.change.tried(works, Instant::now());
                if works {
                    self.take_validities();
                }
            }
        }
    }

    /// Renews the producer, and lets the consumer know. Returns whether the new credentials work.
    fn renew(&self, producer: &KafkaProducer) -> bool {
        let changed = self.change.last.changed_since(&self.change.used);
        let files = changed.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ");
        let config = match self.config.get().reread() {
            Ok(config) => config,
            Err(error) => {
                tracing::warn!(files, %error, "cannot read the changed secret files; keeping the old secrets");
                return false;
            }
        };
        // Before a client can say anything about them.
        self.config.redaction().add(&config);
        if let Err(cause) = producer.replace(client_config::producer(&config, &self.servers)) {
            tracing::warn!(
                files,
                cause,
                help = "the clients keep their connections; the files are tried again in a minute",
                "the changed certificate or secret files do not work"
            );
            return false;
        }
        tracing::info!(files, "certificate or secret files have changed; renewing the clients");
        self.config.renew(config);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(hashes: &[(&str, u64)]) -> Contents {
        Contents(hashes.iter().map(|(file, hash)| (PathBuf::from(file), *hash)).collect())
    }

    #[test]
    fn a_change_counts_when_the_files_are_at_rest() {
        let (old, half, new) = (
            contents(&[("cert", 1), ("key", 1)]),
            contents(&[("cert", 2), ("key", 1)]),
            contents(&[("cert", 2), ("key", 2)]),
        );
        let (mut change, now) = (Change::new(old.clone()), Instant::now());
        assert!(!change.see(old.clone(), now));
        assert!(!change.see(half, now), "the key may follow");
        assert!(!change.see(new.clone(), now));
        assert!(change.see(new.clone(), now));
        assert_eq!(change.last.changed_since(&change.used), [Path::new("cert"), Path::new("key")]);
        change.tried(true, now);
        assert!(!change.see(new, now));
    }

    #[test]
    fn what_does_not_work_is_tried_again_later() {
        let (bad, good) = (contents(&[("cert", 2)]), contents(&[("cert", 3)]));
        let (mut change, now) = (Change::new(contents(&[("cert", 1)])), Instant::now());
        change.see(bad.clone(), now);
        assert!(change.see(bad.clone(), now));
        change.tried(false, now);
        assert!(!change.see(bad.clone(), now));
        assert!(change.see(bad, now + TRY_AGAIN), "its cause may be elsewhere");
        change.tried(false, now + TRY_AGAIN);
        assert!(!change.see(good.clone(), now + TRY_AGAIN));
        assert!(change.see(good, now + TRY_AGAIN), "something new is tried at once");
    }

    #[test]
    fn a_change_that_is_taken_back_is_none() {
        let (old, new) = (contents(&[("cert", 1)]), contents(&[("cert", 2)]));
        let (mut change, now) = (Change::new(old.clone()), Instant::now());
        assert!(!change.see(new, now));
        assert!(!change.see(old.clone(), now));
        assert!(!change.see(old, now));
    }
}
