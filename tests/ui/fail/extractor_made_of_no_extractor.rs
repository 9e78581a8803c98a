// The `Needs` of an extractor must be extractors.
use kafka_service::{CorrelationId, FromContext, HandlerError};

struct Pool;

struct Tenant;

impl FromContext for Tenant {
    type Needs = (CorrelationId, Pool);

    fn from_context(_: Self::Needs) -> Result<Self, HandlerError> {
        Ok(Self)
    }
}

fn main() {}
