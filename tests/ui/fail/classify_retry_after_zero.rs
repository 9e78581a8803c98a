// A delay of nothing is no delay.
use kafka_service::Classify;

#[derive(Debug, thiserror::Error, Classify)]
enum UserError {
    #[error("too many requests")]
    #[retry_after("0s")]
    TooMany,
}

fn main() {}
