//! The list of brokers: `host:port`, separated by commas.

use super::error::problem;

/// What is wrong with the list, as the rest of a message that begins with the name of the setting.
pub(super) fn flaw(list: &str) -> Option<String> {
    // It may contain credentials, so the list is not shown.
    if list.contains('@') {
        return Some(
            ": expected `host:port` without credentials; use `KAFKA_SASL_USERNAME` and `KAFKA_SASL_PASSWORD`".into(),
        );
    }
    let (at, what) = list.split(',').enumerate().find_map(|(at, entry)| Some((at, entry_flaw(entry)?)))?;
    // Text that is not a port may be a password: `kafka:9092,alice:secret`.
    let is_harmless = |entry: &str| {
        let (_, port) = split_port(address(entry));
        port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if list.split(',').all(is_harmless) {
        return Some(problem("", list, &what).trim_start_matches('`').to_owned());
    }
    Some(format!(
        ": entry {} of the list is not `host:port`; credentials belong in `KAFKA_SASL_USERNAME` and `KAFKA_SASL_PASSWORD`",
        at + 1
    ))
}

fn address(entry: &str) -> &str {
    entry.split_once("://").map_or(entry, |(_, address)| address)
}

fn entry_flaw(entry: &str) -> Option<String> {
    let expected = "expected `host:port`, separated by commas";
    if entry.trim().is_empty() {
        return Some(format!("empty entry in the list: {expected}"));
    }
    if entry.eq_ignore_ascii_case("embedded") {
        return Some("`embedded` cannot be combined with other servers".to_owned());
    }
    if entry.chars().any(|character| character.is_whitespace() || character.is_control()) {
        return Some(format!("an entry contains whitespace: {expected}"));
    }
    let (scheme, address) = entry.split_once("://").unwrap_or(("plaintext", entry));
    if !["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"].iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
        return Some(format!("`{scheme}://` is not a Kafka security protocol: {expected}"));
    }
    let (host, port) = split_port(address);
    if host.is_empty() || host.contains('/') {
        return Some(format!("`{address}` has an invalid host name: {expected}"));
    }
    let valid = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number > 0));
    (!valid).then(|| format!("`{address}` has an invalid port: {expected}"))
}

/// Splits an address. An IPv6 address is in brackets if a port follows.
fn split_port(address: &str) -> (&str, Option<&str>) {
    if let Some((host, rest)) = address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':').unwrap_or("")) });
    }
    match address.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (address, None),
    }
}
