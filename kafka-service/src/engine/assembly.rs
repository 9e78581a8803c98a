//! Puts the parts of an engine together.

use std::{sync::Arc, time::Duration};

use tokio::sync::mpsc;

use super::{
    Dispatcher, DispatcherSettings, DriverSettings, OutputSettings, Shared, Stop,
    attempt::{AttemptContext, AttemptSettings, PollCosts},
    batch::BATCHES_AHEAD,
    output::{Output, OutputContext},
};
use crate::{
    acks::Incoming,
    handler::{Classifiers, States},
    message::Record,
    publisher::Publisher,
    registry::Routes,
    transport::{Producer, ReadBack},
};

/// What an engine is made of.
pub(crate) struct Assembly {
    pub(crate) shared: Arc<Shared>,
    pub(crate) routes: Routes,
    pub(crate) states: States,
    pub(crate) classifiers: Classifiers,
    pub(crate) publisher: Publisher,
    pub(crate) producer: Arc<dyn Producer>,
    pub(crate) read_back: Box<dyn ReadBack>,
    /// The receiver of [`Acks::new`](crate::acks::Acks::new).
    pub(crate) incoming: mpsc::UnboundedReceiver<Incoming>,
    pub(crate) dispatcher: DispatcherSettings,
    pub(crate) attempts: AttemptSettings,
    pub(crate) output: OutputSettings,
    /// The maximum number of uncommitted records of a partition.
    pub(crate) max_uncommitted: usize,
    /// How long a revoked partition waits for its handlers.
    pub(crate) drain_deadline: Duration,
}

impl Assembly {
    /// Creates the dispatcher and the settings of its drivers, with the channels between them.
    pub(crate) fn build<R: Record>(self) -> (Dispatcher<R>, DriverSettings<R>) {
        let Self { shared, routes, producer, .. } = self;
        let costs = Arc::new(PollCosts::new(routes.handlers()));
        let routes = Arc::new(routes);
        let attempts = AttemptContext {
            shared: Arc::clone(&shared),
            settings: self.attempts,
            states: self.states,
            classifiers: self.classifiers,
            publisher: self.publisher,
            costs: Arc::clone(&costs),
        };
        let output = OutputContext {
            shared: Arc::clone(&shared),
            settings: self.output,
            routes: Arc::clone(&routes),
            producer,
            read_back: self.read_back,
        };
        let (batches, received) = mpsc::channel(BATCHES_AHEAD);
        let (control, controls) = mpsc::unbounded_channel();
        let output = Output::new(output, self.incoming);
        let dispatcher =
            Dispatcher::new(Arc::clone(&shared), self.dispatcher, routes, attempts, output, received, controls);
        let driver = DriverSettings {
            shared,
            costs,
            batches,
            control,
            stop: Arc::new(Stop::default()),
            max_uncommitted: self.max_uncommitted,
            drain_deadline: self.drain_deadline,
        };
        (dispatcher, driver)
    }
}
