//! Brokers whose addresses change, and advertised addresses without a broker.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use kafka_service_tests::{Client, Kafka, Workload, wait_until};

use crate::{
    MINUTE, end,
    forwarder::Forwarder,
    health::{last_health, says},
    spread, start, whole,
};

/// Time to notice that the address does not answer, and to replace the client.
const WITHIN: Duration = Duration::from_secs(90);

/// Restarts the broker with this advertised address. Its bootstrap address stays.
fn advertise(kafka: &Kafka, address: &str) {
    kafka.kill(1);
    kafka.restart_with(1, &[("advertised.listeners", &format!("PLAINTEXT://{address}"))]);
}

/// An address of this machine without a listener.
fn nowhere() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The coordinator of a group keeps its id when its address changes, and librdkafka 2.12.1 keeps connecting to the old
/// address.
#[test]
#[ignore = "takes minutes: `.ci/long addresses`"]
fn changed_broker_addresses_are_followed() {
    let Some(kafka) = Kafka::one_node() else { return };
    for protocol in ["consumer", "classic"] {
        let mut address = Forwarder::to(kafka.bootstrap());
        advertise(&kafka, &address.address());
        let workload = Workload::new(&Client::new(kafka.bootstrap()), "moved", 2).set("KAFKA_GROUP_PROTOCOL", protocol);
        let mut worker = start(&workload, "only");
        worker.wait_for_line(MINUTE, "health: ready");
        workload.send(&Client::new(kafka.bootstrap()), (0..100).map(spread));
        for round in 1..=2 {
            let next = Forwarder::to(kafka.bootstrap());
            advertise(&kafka, &next.address());
            // The old address disappears.
            address = next;
            let moved = Instant::now();
            let client = Client::new(kafka.bootstrap());
            workload.send(&client, (round * 100..round * 100 + 100).map(spread));
            wait_until(WITHIN, "everything to be committed", || client.lag(&workload.group, &workload.commands) == 0);
            says(&worker, WITHIN, "health: ready");
            assert!(moved.elapsed() < WITHIN, "{:?}\n{}", moved.elapsed(), worker.output());
        }
        whole(&Client::new(kafka.bootstrap()), &workload, 300);
        end(worker);
        drop(address);
    }
}

#[test]
#[ignore = "takes minutes: `.ci/long addresses`"]
fn an_unreachable_advertised_address_is_named_and_costs_no_loss() {
    let Some(kafka) = Kafka::one_node() else { return };
    let (right, wrong) = (kafka.bootstrap().to_owned(), nowhere());
    for protocol in ["consumer", "classic"] {
        let workload = Workload::new(&Client::new(&right), "unreachable", 2).set("KAFKA_GROUP_PROTOCOL", protocol);
        workload.send(&Client::new(&right), (0..40).map(spread));
        // At startup, and at run time.
        advertise(&kafka, &wrong);
        let worker = start(&workload, "only");
        says(&worker, WITHIN, &wrong);
        advertise(&kafka, &right);
        says(&worker, WITHIN, "health: ready");
        let client = Client::new(&right);
        client.read_count(&workload.events, MINUTE, 40);
        workload.send(&client, (40..240).map(spread));
        client.read_count(&workload.events, MINUTE, 60);
        advertise(&kafka, &wrong);
        says(&worker, WITHIN, &wrong);
        assert!(last_health(&worker).starts_with("health: not ready"), "{}", worker.output());
        advertise(&kafka, &right);
        says(&worker, WITHIN, "health: ready");
        whole(&Client::new(&right), &workload, 240);
        end(worker);
    }
}
