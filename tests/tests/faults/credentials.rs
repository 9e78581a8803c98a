//! The files of secrets are replaced while a service runs.

use std::{fs, path::PathBuf};

use kafka_service_tests::{Feeder, Kafka, Workload, unique, wait_until};

use crate::{MINUTE, end, spread, start, whole, with_each_protocol};

/// A file that only this test uses.
struct SecretFile(PathBuf);

impl SecretFile {
    fn new(content: &str) -> Self {
        let file = Self(std::env::temp_dir().join(unique("secret")));
        file.write(content);
        file
    }

    /// As an orchestrator does it: all at once.
    fn write(&self, content: &str) {
        let new = self.0.with_extension("new");
        fs::write(&new, content).expect("a file");
        fs::rename(new, &self.0).expect("a file");
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

#[test]
fn a_replaced_secret_renews_the_clients_without_loss() {
    let Some(kafka) = Kafka::secured() else { return };
    with_each_protocol(|protocol| {
        let user = kafka.user();
        let workload = Workload::new(kafka, "secret", 2).set("KAFKA_GROUP_PROTOCOL", protocol);
        kafka.allow_service(&user, &workload);
        let file = SecretFile::new(&user.password);
        let mut worker =
            start(&workload.clone().as_user(kafka, &user).from_file("KAFKA_SASL_PASSWORD", &file.0), "only");
        worker.wait_for_line(MINUTE, "health: ready");
        let not_ready = worker.count("health: not ready");
        let feeder = {
            let topic = workload.commands.clone();
            Feeder::start(kafka, 1_000_000, 200, move |n| (topic.clone(), spread(n).taking(0)))
        };

        file.write("wrong");
        let line = worker.wait_for_line(MINUTE, "the changed certificate or secret files do not work");
        assert!(line.contains("uthentication failed"), "{line}");
        // The broker closes no connection of a client that has authenticated.
        assert_eq!(worker.count("health: not ready"), not_ready, "{}", worker.output());

        file.write(&format!("{}\n", user.password));
        worker.wait_for_line(MINUTE, "renewing the clients");
        let assigned = worker.count("partitions assigned");
        wait_until(MINUTE, "the consumer to be renewed", || worker.count("partitions assigned") > assigned);
        let before = feeder.acknowledged();
        wait_until(MINUTE, "more commands", || feeder.acknowledged() > before + 200);
        feeder.stop();
        let report = whole(kafka, &workload, feeder.finish());
        assert_eq!((report.duplicates, report.dead_letters), (0, 0), "{report:?}");
        assert!(!worker.output().contains(&user.password), "the secret is not shown");
        end(worker);
    });
}
