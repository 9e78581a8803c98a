//! The brokers that a client knows.

use std::ffi::CString;

use rdkafka::{ClientContext, client::Client};
use rdkafka_sys as sys;

/// Makes a client connect to its bootstrap servers again, as at its start.
///
/// librdkafka 2.12.1 drops every broker that a metadata response does not list, and a broker that comes back from a
/// freeze lists none. It is to bootstrap anew then, but remembers an attempt as in progress for ever if a metadata
/// response arrives between its start and its timer (`rd_kafka_rebootstrap_tmr_stop` leaves `rk_rebootstrap_in_progress`
/// set). Such a client knows no broker and looks for none.
pub(in crate::transport::kafka) fn bootstrap_again<C: ClientContext>(client: &Client<C>, servers: &str) {
    let Ok(servers) = CString::new(servers) else { return };
    // SAFETY: the client is alive, and the text is copied. Brokers that the client knows are not added twice.
    unsafe {
        sys::rd_kafka_brokers_add(client.native_ptr(), servers.as_ptr());
    }
}
