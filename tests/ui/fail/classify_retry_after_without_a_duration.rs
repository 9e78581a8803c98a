// After what time?
use kafka_service::Classify;

#[derive(Debug, thiserror::Error, Classify)]
enum UserError {
    #[error("too many requests")]
    #[retry_after]
    TooMany,
}

fn main() {}
