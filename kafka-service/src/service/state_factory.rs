//! States that are created when the service starts.

use std::{
    any::{TypeId, type_name},
    error::Error as StdError,
    fmt,
    future::Future,
};

use futures_util::future::BoxFuture;

use crate::{error::Error, handler::States};

type BoxError = Box<dyn StdError + Send + Sync>;

/// Adds the created value to the states.
type Insert = Box<dyn FnOnce(&mut States) + Send>;

/// Creates one state.
pub(super) struct StateFactory {
    pub(super) id: TypeId,
    name: &'static str,
    create: Box<dyn FnOnce() -> BoxFuture<'static, Result<Insert, BoxError>> + Send>,
}

impl StateFactory {
    pub(super) fn new<T, E, F, R>(create: F) -> Self
    where
        T: Clone + Send + Sync + 'static,
        E: Into<BoxError>,
        F: FnOnce() -> R + Send + 'static,
        R: Future<Output = Result<T, E>> + Send,
    {
        let create = || -> BoxFuture<'static, Result<Insert, BoxError>> {
            Box::pin(async move {
                let value = create().await.map_err(Into::into)?;
                Ok(Box::new(move |states: &mut States| states.insert(value)) as Insert)
            })
        };
        Self { id: TypeId::of::<T>(), name: type_name::<T>(), create: Box::new(create) }
    }

    pub(super) async fn create(self, states: &mut States) -> Result<(), Error> {
        let insert = (self.create)().await.map_err(|source| Error::CreateState { type_name: self.name, source })?;
        insert(states);
        Ok(())
    }
}

impl fmt::Debug for StateFactory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use crate::{Config, KafkaService, config::Brokers};

    /// A service with the state that the handlers of these unit tests need.
    fn service() -> KafkaService {
        KafkaService::new(Config::new("shop").bootstrap_servers(Brokers::Disabled)).state(String::new())
    }

    #[tokio::test]
    async fn a_state_is_created_when_the_service_starts() {
        static CREATED: AtomicUsize = AtomicUsize::new(0);
        let create = || async {
            CREATED.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(7_u64)
        };
        let service = service().state_with(create);
        service.check().expect("nothing is missing");
        assert_eq!(CREATED.load(Ordering::Relaxed), 0, "a check needs no database");
        service.start().await.expect("the service starts").shutdown().await.expect("nothing is left");
        assert_eq!(CREATED.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_state_that_cannot_be_created_is_named() {
        let service = service().state_with(|| async { Err::<u64, _>("connection refused") });
        let Err(error) = service.start().await else { panic!("the service must not start") };
        assert_eq!(format!("{error:?}"), "cannot create state `u64`: connection refused");
    }

    #[test]
    fn a_promised_state_is_provided() {
        let config = || Config::new("shop").bootstrap_servers(Brokers::Disabled);
        assert!(KafkaService::new(config()).check().is_err(), "handlers of these unit tests need a `String`");
        let created = || async { Ok::<_, std::io::Error>(String::new()) };
        KafkaService::new(config()).state_with(created).check().expect("it is created at start");
    }
}
