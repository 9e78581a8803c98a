// An error is recognized by its type, which has no lifetime.
use kafka_service::Classify;

#[derive(Debug, thiserror::Error, Classify)]
#[error("refused")]
#[permanent]
struct Refused<'a>(&'a str);

fn main() {}
