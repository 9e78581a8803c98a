//! No secret is ever shown: not in the log at TRACE with everything that librdkafka can say, not in health, not in
//! errors, not in dead letters.

use std::{fs, path::PathBuf, thread};

use kafka_service_tests::{Kafka, On, Process, Work, Workload, unique, wait_until};

use crate::{MINUTE, connections::NOTICED, end, health::says, spread, start};

const MARKER: &str = "hunter2Marker";

/// Every setting that can hold a secret, with the mechanism that reads it.
const SECRETS: &[(&str, &str)] = &[
    ("SASL_PASSWORD", "PLAIN"),
    ("SASL_KERBEROS_KINIT_CMD", "PLAIN"),
    ("SASL_OAUTHBEARER_CONFIG", "OAUTHBEARER"),
    ("SASL_OAUTHBEARER_ASSERTION_FILE", "oidc"),
    ("SASL_OAUTHBEARER_ASSERTION_PRIVATE_KEY_FILE", "oidc"),
    ("SASL_OAUTHBEARER_ASSERTION_PRIVATE_KEY_PASSPHRASE", "oidc"),
    ("SASL_OAUTHBEARER_ASSERTION_PRIVATE_KEY_PEM", "oidc"),
    ("SASL_OAUTHBEARER_CLIENT_SECRET", "oidc"),
    ("SASL_OAUTHBEARER_EXTENSIONS", "oidc"),
    ("SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL", "oidc"),
    ("HTTPS_CA_PEM", "oidc"),
    ("SSL_CA_PEM", "ssl"),
    ("SSL_CERTIFICATE_PEM", "ssl"),
    ("SSL_KEY_LOCATION", "ssl"),
    ("SSL_KEY_PASSWORD", "ssl"),
    ("SSL_KEY_PEM", "ssl"),
    ("SSL_KEYSTORE_PASSWORD", "ssl"),
    ("SSL_PROVIDERS", "ssl"),
];

/// How the secret is given.
#[derive(Clone, Copy, Debug)]
enum Way {
    Value,
    /// Its file has the marker.
    File,
    /// The marker is in the place of the file.
    InPlaceOfTheFile,
}

/// All log lines there are.
fn talkative(workload: Workload) -> Workload {
    workload.set("RUST_LOG", "trace").set("KAFKA_DEBUG", "all")
}

/// The settings of a client that would use the secret.
fn using(workload: Workload, mechanism: &str) -> Workload {
    match mechanism {
        "ssl" => workload.set("KAFKA_SECURITY_PROTOCOL", "SSL"),
        "PLAIN" => workload
            .set("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
            .set("KAFKA_SASL_MECHANISM", "PLAIN")
            .set("KAFKA_SASL_USERNAME", "alice"),
        "OAUTHBEARER" => workload
            .set("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
            .set("KAFKA_SASL_MECHANISM", "OAUTHBEARER")
            .set("KAFKA_ENABLE_SASL_OAUTHBEARER_UNSECURE_JWT", "true"),
        _ => workload
            .set("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
            .set("KAFKA_SASL_MECHANISM", "OAUTHBEARER")
            .set("KAFKA_SASL_OAUTHBEARER_METHOD", "oidc"),
    }
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// Runs a service with the secret until it has ended, or has said what is wrong.
fn run(kafka: &Kafka, folder: &Folder, (name, mechanism): (&str, &str), side: &str, way: Way) {
    let mut workload = talkative(using(Workload::named(kafka, "marker"), mechanism));
    workload.bootstrap = kafka.listener(if mechanism == "ssl" { "ssl" } else { "sasl" });
    let variable = format!("KAFKA_{side}{name}");
    let workload = match way {
        Way::Value => workload.set(&variable, MARKER),
        Way::InPlaceOfTheFile => workload.set(&format!("{variable}_FILE"), MARKER),
        Way::File => {
            let path = folder.0.join(name);
            fs::write(&path, format!("{MARKER}\n")).unwrap();
            workload.set(&format!("{variable}_FILE"), &path.display().to_string())
        }
    };
    let worker = start(&workload, "only");
    wait_until(MINUTE, "an error, or a reason", || {
        let is_over =
            worker.count("invalid configuration") + worker.count("cannot ") + worker.count("health: not ready: ");
        if is_over > 0 { Ok(()) } else { Err(worker.output()) }
    });
    let output = worker.output();
    let line = output.lines().find(|line| line.contains(MARKER));
    assert_eq!(line, None, "{variable} by {way:?}");
}

#[test]
fn no_setting_shows_its_secret() {
    let Some(kafka) = Kafka::secured() else { return };
    let folder = Folder(std::env::temp_dir().join(unique("secrets")));
    fs::create_dir_all(&folder.0).unwrap();
    let ways = [("", Way::Value), ("CONSUMER_", Way::File), ("PRODUCER_", Way::InPlaceOfTheFile)];
    thread::scope(|scope| {
        for (side, way) in ways {
            let folder = &folder;
            scope.spawn(move || SECRETS.iter().for_each(|secret| run(kafka, folder, *secret, side, way)));
        }
    });
}

/// A service that works, with dead letters, panics, a missing permission and a broker that is gone.
#[test]
fn a_password_is_in_no_line_and_no_dead_letter() {
    let Some(kafka) = Kafka::secured_alone() else { return };
    let user = kafka.user();
    let workload = talkative(Workload::new(&kafka, "password", 2));
    kafka.allow_service(&user, &workload);
    let worker = start(&workload.clone().as_user(&kafka, &user), "only");
    says(&worker, MINUTE, "health: ready");
    workload.send(&kafka, (0..20).map(spread));
    workload.send(&kafka, ["poison", "panic"].map(|kind| Work::new(kind, 0).kind(kind)));
    kafka.produce(&workload.commands, "not JSON");
    workload.wait_until_committed(&kafka);
    kafka.revoke(&user, "read", On::Group(&workload.group));
    says(&worker, NOTICED, "READ on group");
    kafka.allow(&user, "read", On::Group(&workload.group));
    says(&worker, MINUTE, "health: ready");
    kafka.kill(1);
    says(&worker, NOTICED, "no broker is reachable");
    kafka.restart(1);
    says(&worker, MINUTE, "health: ready");
    let dead_letters = kafka.read_until(&workload.dead_letters, MINUTE, "two dead letters", |found| found.len() >= 2);
    assert!(!format!("{dead_letters:?}").contains(&user.password));
    let shown = shown(&worker, &user.password);
    assert!(shown.is_none(), "{shown:?}");
    end(worker);
}

/// The first line with this text.
fn shown(worker: &Process, text: &str) -> Option<String> {
    let found = worker.lines().into_iter().find(|line| line.text.contains(text));
    found.map(|line| line.text)
}
