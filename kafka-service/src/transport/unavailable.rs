//! What stands in for a transport in a build without one. Connecting is an error that names the feature.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Client, ClientEvent, ConnectError, Connection, Connector, DeliveryReports, Demand, FetchError, GroupRefusal, Keeps,
    Monitor, Position, Producer, Progress, Replace, Subscription, TopicPartition, Transport,
};
use crate::{
    config::Config,
    message::{Header, Record, RecordTime},
    oauth::Tokens,
};

/// No transport.
pub(crate) struct Unavailable;

/// A client that cannot exist.
pub(crate) struct NoClient(Infallible);

/// A record that cannot exist.
pub(crate) struct NoRecord(Infallible);

fn unavailable() -> ConnectError {
    ConnectError {
        action: "connect to Kafka",
        source: "this program is built without the feature `kafka` of `kafka-service`".into(),
    }
}

impl Transport for Unavailable {
    type Connector = NoClient;

    fn connect(self, _: Demand) -> Result<Connection<NoClient>, ConnectError> {
        Err(unavailable())
    }
}

/// Fails, because there is no transport.
pub(crate) fn connect_producer(
    _: &Config,
    _: Vec<String>,
    _: Arc<dyn DeliveryReports>,
    _: Option<Arc<Tokens>>,
) -> Result<(Arc<dyn Producer>, Keeps), ConnectError> {
    Err(unavailable())
}

impl Connector for NoClient {
    type Client = Self;
    type Monitor = Self;

    fn create(&mut self, _: Instant) -> Result<(Self, Self), String> {
        match self.0 {}
    }

    fn fall_back(&mut self, _: GroupRefusal) -> Result<(), String> {
        match self.0 {}
    }
}

impl Monitor for NoClient {
    type Client = Self;

    fn subscribe(&mut self, _: &mut Self) -> Result<Subscription, String> {
        match self.0 {}
    }

    fn is_due(&self, _: Instant) -> bool {
        match self.0 {}
    }

    fn check(&mut self, _: &Self, _: &Progress<'_>, _: Instant) -> Option<Replace> {
        match self.0 {}
    }

    fn has_waiting(&self) -> bool {
        match self.0 {}
    }
}

impl Client for NoClient {
    type Record = NoRecord;

    fn serve(&mut self, _: Duration) -> Vec<ClientEvent> {
        match self.0 {}
    }

    fn take(&mut self, _: usize, _: Duration) -> Vec<NoRecord> {
        match self.0 {}
    }

    fn handle(record: &NoRecord) -> (usize, i32) {
        match record.0 {}
    }

    fn topic(record: &NoRecord) -> String {
        match record.0 {}
    }

    fn error(record: &NoRecord) -> Option<FetchError> {
        match record.0 {}
    }

    fn assign(&mut self, _: &[TopicPartition]) {
        match self.0 {}
    }

    fn unassign(&mut self, _: &[TopicPartition]) {
        match self.0 {}
    }

    fn is_lost(&self) -> bool {
        match self.0 {}
    }

    fn commit(&mut self, _: &[(TopicPartition, i64)]) -> Result<(), String> {
        match self.0 {}
    }

    fn commit_back(&mut self, _: &[(TopicPartition, i64)]) -> Result<(), String> {
        match self.0 {}
    }

    fn seek(&mut self, _: &[(TopicPartition, Position)]) {
        match self.0 {}
    }

    fn hold(&mut self, _: &[TopicPartition]) {
        match self.0 {}
    }

    fn release(&mut self, _: &[TopicPartition]) {
        match self.0 {}
    }

    fn pause(&mut self, _: &[TopicPartition]) {
        match self.0 {}
    }

    fn resume(&mut self, _: &[TopicPartition]) {
        match self.0 {}
    }

    fn unsubscribe(&mut self) {
        match self.0 {}
    }
}

impl Record for NoRecord {
    fn value(&self) -> Option<&[u8]> {
        match self.0 {}
    }

    fn key(&self) -> Option<&[u8]> {
        match self.0 {}
    }

    fn offset(&self) -> i64 {
        match self.0 {}
    }

    fn timestamp(&self) -> Option<RecordTime> {
        match self.0 {}
    }

    fn headers(&self) -> Vec<Header> {
        match self.0 {}
    }
}
