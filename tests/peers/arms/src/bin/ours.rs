//! kafka-service with its default settings.

use std::{sync::LazyLock, time::Duration};

use kafka_service::{Config, Error, Event, HealthWatch, KafkaService, MessageContext, command, config::Brokers};
use serde::Serialize;
use tokio::time::sleep;
use workload::{Arm, CreateOrder, command_name};

static ARM: LazyLock<Arm> = LazyLock::new(Arm::from_env);

/// As in the workload, with the trait that defines its destination.
#[derive(Serialize, Event)]
#[event("order_created")]
struct OrderCreated {
    order_id: String,
    total: f64,
    n_items: usize,
}

impl From<CreateOrder> for OrderCreated {
    fn from(order: CreateOrder) -> Self {
        Self { order_id: order.order_id, total: order.total, n_items: order.items.len() }
    }
}

#[command("create_order")]
async fn create_order(order: CreateOrder) -> OrderCreated {
    ARM.work().await;
    ARM.handled(order.customer_id.as_bytes());
    order.into()
}

#[command("create_order_plain")]
fn create_order_plain(order: CreateOrder) -> OrderCreated {
    ARM.work_blocking();
    ARM.handled(order.customer_id.as_bytes());
    order.into()
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    if let Ok(level) = std::env::var("TRACE_LEVEL") {
        tracing_subscriber::fmt().with_env_filter(level).with_writer(std::io::stderr).init();
    }
    let mut service = KafkaService::new(config()?);
    if ARM.handlers > 1 {
        for n in 0..ARM.handlers {
            service = service.on_command(command_name(n, ARM.handlers), |_: MessageContext, order| create_order(order));
        }
    }
    let service = service.start().await?;
    tokio::spawn(tell_when_ready(service.health_watch()));
    service.run().await
}

fn config() -> Result<Config, Error> {
    let mut config = Config::new(&ARM.source);
    config.bootstrap_servers = Brokers::Servers(ARM.bootstrap.clone());
    config.group_id = Some(ARM.group.clone());
    config.commands_topics = vec![ARM.commands.clone()];
    config.events_topic = ARM.events.clone();
    config.dead_letter_topic = Some(ARM.dead_letters.clone());
    config.max_in_flight = ARM.in_flight;
    // Set only where the runner requests another value than the default.
    if ARM.linger_ms != "5" {
        config.set_producer_property("linger.ms", &ARM.linger_ms)?;
    }
    Ok(config)
}

async fn tell_when_ready(watch: HealthWatch) {
    while watch.now().assigned_partitions == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    ARM.ready();
}
