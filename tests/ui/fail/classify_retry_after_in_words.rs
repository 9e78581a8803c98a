// A duration has a form.
use kafka_service::Classify;

#[derive(Debug, thiserror::Error, Classify)]
#[error("too many requests")]
#[retry_after("a minute")]
struct TooMany;

fn main() {}
