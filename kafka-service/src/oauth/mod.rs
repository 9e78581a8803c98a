//! OAUTHBEARER with tokens that the program provides: [`TokenProvider`] and [`Token`].
//!
//! [`KafkaService::token_provider`](crate::KafkaService::token_provider) shows how to use them, the page
//! [Security](crate::guide::security#tokens) of the guide has providers for AWS, Azure and Google Cloud.

mod fetch;
mod provider;
mod renewal;
mod schedule;
mod token;
mod tokens;

#[cfg(test)]
mod tests;

#[cfg(feature = "kafka")]
pub(crate) use self::tokens::{Attached, TokenClient};
pub(crate) use self::{
    provider::SharedProvider,
    renewal::start,
    tokens::{RenewalGuard, Tokens},
};
pub use self::{provider::TokenProvider, token::Token};
