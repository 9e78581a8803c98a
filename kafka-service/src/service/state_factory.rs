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
        let insert = (self.create)().await.map_err(|source| Error::State { type_name: self.name, source })?;
        insert(states);
        Ok(())
    }
}

impl fmt::Debug for StateFactory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}
