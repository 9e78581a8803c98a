// Extractors can be composed.

use kafka_service::{CorrelationId, FromContext, HandlerError, Meta, State, command};

struct Tenant(String);

impl FromContext for Tenant {
    type Needs = (State<String>, Meta);

    fn from_context((State(name), meta): Self::Needs) -> Result<Self, HandlerError> {
        meta.key().ok_or("no key")?;
        Ok(Self(name))
    }
}

struct Session {
    tenant: Tenant,
    id: CorrelationId,
}

impl FromContext for Session {
    type Needs = (Tenant, CorrelationId);

    fn from_context((tenant, id): Self::Needs) -> Result<Self, HandlerError> {
        Ok(Self { tenant, id })
    }
}

#[command("ping")]
async fn ping(session: Session, (id, Session { .. }): (CorrelationId, Session), _: serde::de::IgnoredAny) {
    drop((session.tenant.0, session.id, id));
}

fn main() {}
