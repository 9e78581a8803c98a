//! Where tokens come from.

use std::{any::type_name, error::Error, fmt, future::Future, sync::Arc};

use futures_util::future::BoxFuture;

use super::Token;

type BoxError = Box<dyn Error + Send + Sync>;

/// Provides the tokens with which the Kafka clients of a service authenticate (SASL mechanism OAUTHBEARER).
///
/// Pass it to [`KafkaService::token_provider`](crate::KafkaService::token_provider), which describes when it is called.
/// An `Arc` of a provider is a provider too.
///
/// # Examples
///
/// ```
/// use std::{io, time::Duration};
/// use kafka_service::oauth::{Token, TokenProvider};
///
/// struct Identity;
///
/// impl TokenProvider for Identity {
///     type Error = io::Error;
///
///     async fn token(&self) -> Result<Token, io::Error> {
///         let response = request_token().await?;
///         Ok(Token::expiring_in(response.access_token, response.expires_in).principal("orders"))
///     }
/// }
/// # struct Response { access_token: String, expires_in: Duration }
/// # async fn request_token() -> io::Result<Response> {
/// #     Ok(Response { access_token: "ey".into(), expires_in: Duration::from_secs(3600) })
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not provide tokens",
    note = "implement `kafka_service::oauth::TokenProvider` for it: `async fn token(&self) -> Result<Token, Self::Error>`"
)]
pub trait TokenProvider: Send + Sync + 'static {
    /// Why there is no token. Its message and those of its sources appear in the log and in the health of the service, so
    /// they must not contain secrets.
    type Error: Into<Box<dyn Error + Send + Sync>>;

    /// Fetches a new token. Write it as an `async fn`.
    ///
    /// It must not block the thread, and is dropped if it has not finished after 10 seconds. Caching is not necessary;
    /// a token that was returned before is accepted as long as it is valid.
    fn token(&self) -> impl Future<Output = Result<Token, Self::Error>> + Send;
}

impl<P: TokenProvider> TokenProvider for Arc<P> {
    type Error = P::Error;

    fn token(&self) -> impl Future<Output = Result<Token, Self::Error>> + Send {
        (**self).token()
    }
}

/// A provider of any type.
#[derive(Clone)]
pub(crate) struct SharedProvider {
    provider: Arc<dyn AnyProvider>,
    /// Its type, for messages.
    pub(super) name: &'static str,
}

impl SharedProvider {
    pub(crate) fn new<P: TokenProvider>(provider: P) -> Self {
        Self { provider: Arc::new(provider), name: type_name::<P>() }
    }

    pub(super) fn token(&self) -> BoxFuture<'_, Result<Token, BoxError>> {
        self.provider.boxed_token()
    }
}

impl fmt::Debug for SharedProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

/// [`TokenProvider`] as an object.
trait AnyProvider: Send + Sync {
    fn boxed_token(&self) -> BoxFuture<'_, Result<Token, BoxError>>;
}

impl<P: TokenProvider> AnyProvider for P {
    fn boxed_token(&self) -> BoxFuture<'_, Result<Token, BoxError>> {
        Box::pin(async move { self.token().await.map_err(Into::into) })
    }
}
