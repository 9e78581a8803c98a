//! Reads a single record again, with its own client that joins no group.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::{BorrowedMessage, Headers as _, Timestamp},
};

use super::{
    client_config::{self, describe},
    group::Group,
    live_config::LiveConfig,
    quiet::QuietContext,
    tokens::ClientTokens,
};
use crate::{
    config::Redaction,
    message::{RecordTime, SetBy, StoredRecord},
    transport::ReadBack,
};

/// How to reach the brokers.
pub(crate) struct KafkaReadBack {
    config: Arc<LiveConfig>,
    servers: String,
    tokens: ClientTokens,
}

const PATIENCE: Duration = Duration::from_secs(10);

impl KafkaReadBack {
    pub(super) fn new(config: Arc<LiveConfig>, servers: &str, tokens: ClientTokens) -> Self {
        Self { config, servers: servers.to_owned(), tokens }
    }

    fn client(&self) -> ClientConfig {
        let config = self.config.get();
        let mut client = client_config::consumer(&config, &self.servers, Group::none());
        // The client requires a group id; without a subscription and a commit, the group is not created.
        client.set("group.id", format!("{}-read-back", config.effective_group_id()));
        client
    }
}

impl ReadBack for KafkaReadBack {
    fn read(
        &self,
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> BoxFuture<'static, Result<Option<StoredRecord>, String>> {
        let (client, topic) = (self.client(), topic.to_owned());
        let (tokens, redaction) = (self.tokens.clone(), self.config.redaction().clone());
        Box::pin(async move {
            let read =
                tokio::task::spawn_blocking(move || read(&client, &tokens, &redaction, &topic, partition, offset));
            read.await.map_err(|error| error.to_string())?
        })
    }
}

fn read(
    client: &ClientConfig,
    tokens: &ClientTokens,
    redaction: &Redaction,
    topic: &str,
    partition: i32,
    offset: i64,
) -> Result<Option<StoredRecord>, String> {
    let consumer: Result<BaseConsumer<QuietContext>, _> = client.create_with_context(QuietContext(redaction.clone()));
    let consumer = consumer.map_err(|error| describe(&error, redaction))?;
    let _attached = tokens.attach(consumer.client());
    let mut position = TopicPartitionList::new();
    position.add_partition_offset(topic, partition, Offset::Offset(offset)).map_err(|error| error.to_string())?;
    consumer.assign(&position).map_err(|error| error.to_string())?;
    let until = Instant::now() + PATIENCE;
    while let Some(wait) = until.checked_duration_since(Instant::now()) {
        match consumer.poll(wait) {
            Some(Ok(record)) => return Ok((record.offset() == offset).then(|| stored(&record))),
            Some(Err(error)) => tracing::debug!(%error, topic, partition, offset, "error while re-reading a record"),
            None => {}
        }
    }
    Err(format!("no response within {PATIENCE:?}"))
}

fn stored(record: &BorrowedMessage<'_>) -> StoredRecord {
    let headers = record.headers().map(|headers| {
        headers.iter().map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect()
    });
    StoredRecord {
        value: record.payload().map(<[u8]>::to_vec),
        key: record.key().map(<[u8]>::to_vec),
        offset: record.offset(),
        timestamp: time(record.timestamp()),
        headers: headers.unwrap_or_default(),
    }
}

fn time(timestamp: Timestamp) -> Option<RecordTime> {
    match timestamp {
        Timestamp::NotAvailable => None,
        Timestamp::CreateTime(millis) => Some(RecordTime::of_producer(millis)),
        Timestamp::LogAppendTime(millis) => Some(RecordTime { millis, set_by: SetBy::Broker }),
    }
}
