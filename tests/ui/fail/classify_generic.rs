// An error is recognized by its type.
use kafka_service::Classify;

#[derive(Debug, thiserror::Error, Classify)]
#[error("refused")]
#[permanent]
struct Refused<T: std::fmt::Debug>(T);

fn main() {}
