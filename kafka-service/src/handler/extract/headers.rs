//! [`Headers`]: the headers of the record.

use super::{FromContext, built_in};
use crate::{
    handler::{Context, HandlerError, Needs},
    message::Header,
};

/// The headers of the record, in the order of the record.
///
/// They are copied only if a handler has this extractor, because reading headers costs as much as decoding the message.
///
/// # Examples
///
/// ```
/// use kafka_service::{FromContext, HandlerError, Headers};
///
/// /// The tenant that the sender names in a header.
/// struct Tenant(String);
///
/// impl FromContext for Tenant {
///     type Needs = Headers;
///
///     fn from_context(headers: Headers) -> Result<Self, HandlerError> {
///         match headers.get_str("tenant") {
///             Some(tenant) => Ok(Tenant(tenant.to_owned())),
///             None => Err(HandlerError::permanent("the header `tenant` is missing")),
///         }
///     }
/// }
///
/// # #[derive(serde::Deserialize)] struct CreateUser { name: String }
/// #[kafka_service::command("create_user_of_tenant")]
/// async fn create_user_of_tenant(Tenant(tenant): Tenant, headers: Headers, user: CreateUser) {
///     println!("{tenant} creates {}", user.name);
///     for (name, value) in headers.iter() {
///         println!("{name}: {} bytes", value.unwrap_or_default().len());
///     }
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<Header>);

impl Headers {
    pub(crate) fn new(headers: Vec<Header>) -> Self {
        Self(headers)
    }

    /// Returns the value of a header. If the name occurs several times, the last value is returned, as in Kafka's own
    /// clients. `None` if the header is missing or has no value (Kafka allows null).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().rev().find(|(header, _)| header == name)?.1.as_deref()
    }

    /// Returns the value of a header as a string. Like [`get`](Self::get); also `None` if the value is not UTF-8.
    #[must_use]
    pub fn get_str(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    /// Iterates over all headers, with duplicates, in the order of the record.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&[u8]>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }
}

impl FromContext for Headers {
    built_in!();

    fn extract(context: &Context<'_>) -> Result<Self, HandlerError> {
        Ok(Self(context.record.headers()))
    }

    fn needs(_: &mut Needs) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::{States, testing::with_message};

    #[test]
    fn get_returns_the_last_of_duplicate_headers() {
        let headers = with_message("{}", &States::default(), Headers::extract).unwrap();
        assert_eq!(headers.get("tenant"), Some(&b"b"[..]));
        assert_eq!(headers.get_str("trace"), Some("t-1"));
        assert_eq!(headers.get("Trace"), None);
        let names: Vec<_> = headers.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["trace", "tenant", "tenant"]);
    }

    #[test]
    fn a_header_value_can_be_missing_or_not_utf8() {
        let headers = Headers(vec![("null".to_owned(), None), ("binary".to_owned(), Some(vec![0xff]))]);
        assert_eq!((headers.get("null"), headers.get_str("binary")), (None, None));
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("null", None), ("binary", Some(&[0xff][..]))]);
    }
}
