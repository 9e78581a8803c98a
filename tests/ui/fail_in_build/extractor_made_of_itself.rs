// An extractor that needs itself cannot be constructed. The compiler detects this in a build, not in a check.
use kafka_service::{FromContext, HandlerError, command};

struct Tenant;

impl FromContext for Tenant {
    type Needs = (Session,);

    fn from_context(_: Self::Needs) -> Result<Self, HandlerError> {
        Ok(Self)
    }
}

struct Session;

impl FromContext for Session {
    type Needs = Tenant;

    fn from_context(_: Tenant) -> Result<Self, HandlerError> {
        Ok(Self)
    }
}

#[command("create_order")]
async fn create_order(tenant: Tenant, _: serde::de::IgnoredAny) {
    let Tenant = tenant;
}

fn main() {}
