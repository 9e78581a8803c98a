// A duration has a unit.
use kafka_service::Classify;

#[derive(Debug, thiserror::Error, Classify)]
enum UserError {
    #[error("too many requests")]
    #[retry_after("60")]
    TooMany,
}

fn main() {}
