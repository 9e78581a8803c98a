// The derive does nothing without a class.
use kafka_service::Classify;

#[derive(Debug, thiserror::Error, Classify)]
#[error("the name is taken")]
struct NameTaken;

fn main() {}
