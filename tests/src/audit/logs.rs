//! The losses in the logs of instances: evidence for duplicates.

use std::{fs, path::Path};

use super::{Disturbance, Kind};

/// The losses in the logs of a folder; `instance-0.log` is the log of `instance-0`.
///
/// # Panics
/// Panics when the folder cannot be read.
#[must_use]
pub fn found_in_logs(folder: &Path) -> Vec<Disturbance> {
    let files = fs::read_dir(folder).unwrap_or_else(|error| panic!("no logs in {}: {error}", folder.display()));
    let paths = files.filter_map(|file| Some(file.ok()?.path()));
    let logs = paths.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    let found = logs.flat_map(|log| {
        let instance = log.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read(&log).unwrap_or_default();
        String::from_utf8_lossy(&text).lines().filter_map(|line| loss(line, &instance)).collect::<Vec<_>>()
    });
    found.collect()
}

fn loss(line: &str, instance: &str) -> Option<Disturbance> {
    let kind = if line.contains("lost=true") {
        Kind::Lost
    } else if line.contains("partitions revoked") && !line.contains(" uncommitted=0 ") {
        Kind::LeftBehind
    } else if line.contains("replacing the Kafka consumer") {
        Kind::NewConsumer
    } else if line.contains("Kafka producer failed; replacing it") {
        Kind::NewProducer
    } else {
        return None;
    };
    let time: jiff::Timestamp = line.split_whitespace().next()?.parse().ok()?;
    let at = u64::try_from(time.as_millisecond()).ok()?;
    Some(Disturbance { kind, instance: instance.to_owned(), from: at, until: at, lag: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_partitions_are_found_in_the_log_with_their_time() {
        let line = "1970-01-01T00:00:01.250000Z  INFO kafka_service::consume: partitions revoked lost=true";
        let lost = Disturbance { kind: Kind::Lost, instance: "a".to_owned(), from: 1_250, until: 1_250, lag: 0 };
        assert_eq!(loss(line, "a"), Some(lost));
        assert_eq!(loss("1970-01-01T00:00:01.250000Z  INFO all is well", "a"), None);
        let revoked =
            |left| format!("1970-01-01T00:00:01.250000Z  INFO partitions revoked uncommitted={left} drained_in=0ns");
        assert_eq!(loss(&revoked(10), "a").map(|found| found.kind), Some(Kind::LeftBehind));
        assert_eq!(loss(&revoked(0), "a"), None);
        let replaced = "1970-01-01T00:00:01.250000Z  WARN replacing the Kafka consumer; uncommitted records ..";
        assert_eq!(loss(replaced, "a").map(|found| found.kind), Some(Kind::NewConsumer));
    }
}
