//! Tokens of SASL OAUTHBEARER.

use std::{
    ffi::{CStr, CString, NulError, c_char},
    ptr::NonNull,
    time::UNIX_EPOCH,
};

use rdkafka::{ClientContext, client::Client};
use rdkafka_sys as sys;

use crate::oauth::{Token, TokenClient};

/// How librdkafka begins its message about an expired token, the only one that does not repeat a value.
const EXPIRED: &str = "Must supply an unexpired token";

/// Passes tokens to a client. It must be dropped before the client.
pub(in crate::transport::kafka) struct TokenSetter(NonNull<sys::rd_kafka_t>);

// SAFETY: `rd_kafka_oauthbearer_set_token`, the only use of the pointer, locks what it changes and is allowed on any
// thread.
unsafe impl Send for TokenSetter {}

impl TokenSetter {
    pub(in crate::transport::kafka) fn new<C: ClientContext>(client: &Client<C>) -> Option<Self> {
        NonNull::new(client.native_ptr()).map(Self)
    }
}

/// A token as C strings.
struct NativeToken {
    value: CString,
    principal: CString,
    /// Names and values in turn.
    extensions: Vec<CString>,
    expires_millis: i64,
}

impl NativeToken {
    fn new(token: &Token) -> Result<Self, NulError> {
        let texts = token.extensions().flat_map(|(name, value)| [name, value]);
        let expires = token.expires_at().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self {
            value: CString::new(token.expose())?,
            principal: CString::new(token.principal_name())?,
            extensions: texts.map(CString::new).collect::<Result<_, _>>()?,
            // librdkafka multiplies it by a thousand.
            expires_millis: i64::try_from(expires.as_millis()).unwrap_or(i64::MAX).min(i64::MAX / 1_000),
        })
    }
}

impl TokenClient for TokenSetter {
    fn set_token(&self, token: &Token) -> Result<(), String> {
        // The message of this error would repeat the value.
        let native = NativeToken::new(token).map_err(|_| "the token contains a NUL character".to_owned())?;
        let mut extensions: Vec<*const c_char> = native.extensions.iter().map(|text| text.as_ptr()).collect();
        let mut reason: [c_char; 512] = [0; 512];
        // SAFETY: the client is alive, because this is dropped before it. All texts are C strings that live until the
        // call returns, and librdkafka copies them. The lengths are those of the arrays, and librdkafka terminates the
        // reason within its length.
        let code = unsafe {
            sys::rd_kafka_oauthbearer_set_token(
                self.0.as_ptr(),
                native.value.as_ptr(),
                native.expires_millis,
                native.principal.as_ptr(),
                extensions.as_mut_ptr(),
                extensions.len(),
                reason.as_mut_ptr(),
                reason.len(),
            )
        };
        if code == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return Ok(());
        }
        // SAFETY: the text is terminated: librdkafka writes it on each error, and it began as zeros.
        let reason = unsafe { CStr::from_ptr(reason.as_ptr()) }.to_string_lossy();
        Err(describe(code, &reason))
    }
}

/// What librdkafka says, unless it may repeat a secret.
fn describe(code: sys::rd_kafka_resp_err_t, reason: &str) -> String {
    let is_about_value = code == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__INVALID_ARG;
    let is_harmless = !is_about_value || reason.starts_with(EXPIRED);
    let reason = if is_harmless { reason } else { "its value or an extension is malformed" };
    format!("the Kafka client rejects the token: {reason}")
}
