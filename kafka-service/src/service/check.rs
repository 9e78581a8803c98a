//! Whether a service can start: the rules of its configuration and of its handlers, in one go.

use super::KafkaService;
use crate::{
    config::Brokers,
    error::Error,
    registry::{self, Registry},
};

impl KafkaService {
    /// Checks everything that [`start`](Self::start) checks before it contacts a broker: the configuration, the
    /// handlers, and the states that they need. For a unit test of a program that builds its service in a function;
    /// [`testing::check_handlers`](crate::testing::check_handlers) needs no service.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Config`] if only the configuration is invalid, otherwise [`Error::Start`]; both list all
    /// problems.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use kafka_service::{Config, KafkaService, State, command};
    ///
    /// #[command("count")]
    /// async fn count(_: State<Vec<String>>, _: u32) {}
    ///
    /// /// The service as `main` runs it.
    /// fn service(config: Config) -> KafkaService {
    ///     KafkaService::new(config)
    /// }
    ///
    /// let error = service(Config::new("counter")).check().unwrap_err();
    /// assert!(error.to_string().contains("state `alloc::vec::Vec<alloc::string::String>` was never provided"));
    /// ```
    pub fn check(&self) -> Result<(), Error> {
        self.checked().map(drop)
    }

    /// The handlers, if all is well, and what is probably not meant.
    pub(super) fn checked(&self) -> Result<(Registry, Vec<Warning>), Error> {
        let Self { config, environment, states, factories, added, expected, token_provider, .. } = self;
        let is_provided = |state| states.contains(state) || factories.iter().any(|factory| factory.id == state);
        let handlers: Vec<_> = registry::linked().chain(added.iter().copied()).collect();
        let found = registry::check(handlers.iter().copied(), is_provided, config);
        let missing = registry::missing(expected, handlers.iter().copied());
        let of_handlers = found.problems.iter().chain(&missing).map(ToString::to_string);
        let problems = panic_aborts().into_iter().chain(of_handlers);
        let problems: Vec<_> = problems.collect();
        let has_provider = token_provider.is_some();
        match (environment.clone().map_or_else(|| config.validate_all(has_provider), Err), problems.as_slice()) {
            (Ok(()), []) => {}
            (Err(error), []) => return Err(error.into()),
            (Ok(()), _) => return Err(Error::Start(problems)),
            (Err(error), _) => return Err(Error::Start([vec![error.to_string()], problems].concat())),
        }
        let of_config = config.warnings().into_iter().map(|text| Warning { text, help: None });
        let of_handlers = found.warnings.iter().map(|found| Warning { text: found.what(), help: found.help() });
        let unused = (has_provider && config.bootstrap_servers == Brokers::Embedded).then(unused_provider);
        let warnings = of_config.chain(unused).chain(of_handlers).collect();
        let registry = Registry::from_handlers(handlers);
        let texts = |problems: Vec<registry::HandlerProblem>| problems.iter().map(ToString::to_string).collect();
        registry.map(|registry| (registry, warnings)).map_err(|problems| Error::Start(texts(problems)))
    }
}

/// What is probably not meant, and what to do about it.
pub(super) struct Warning {
    pub(super) text: String,
    pub(super) help: Option<String>,
}

fn unused_provider() -> Warning {
    let text = "the token provider is not used: the embedded broker has no authentication".to_owned();
    Warning { text, help: None }
}

/// A panic in a handler is a failed attempt, which takes that it can be caught.
fn panic_aborts() -> Option<String> {
    let problem = "this program is built with panic = \"abort\": a panic in a handler would abort the process instead of \
                   failing the attempt\n  help: remove `panic = \"abort\"` from the profile in Cargo.toml";
    cfg!(panic = "abort").then(|| problem.to_owned())
}
