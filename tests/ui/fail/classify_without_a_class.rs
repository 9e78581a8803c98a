// The derive does nothing without a class.
use kafka_service::Classify;

#[derive(Debug, thiserror::Error, Classify)]
enum UserError {
    #[error("the name is taken")]
    NameTaken,
}

fn main() {}
