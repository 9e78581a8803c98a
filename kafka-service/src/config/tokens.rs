//! Where OAUTHBEARER tokens come from: exactly one source for each client.

use std::collections::BTreeSet;

use super::{
    Brokers, Config,
    security::{SIDES, View, problem},
};

/// The other sources, with the value that turns each on.
const BUILT_IN: [(&str, &str); 2] =
    [("sasl.oauthbearer.method", "oidc"), ("enable.sasl.oauthbearer.unsecure.jwt", "true")];

/// What is wrong with the source of tokens of a program with a token provider, or without one. Problems of both clients
/// are usually the same, and are reported once.
pub(super) fn problems(config: &Config, has_provider: bool) -> BTreeSet<String> {
    // The embedded broker has no authentication.
    let Brokers::Servers(_) = config.bootstrap_servers else { return BTreeSet::new() };
    let views = SIDES.into_iter().map(|side| View { config, side });
    views.flat_map(|view| if has_provider { of_provider(&view) } else { without_source(&view) }).collect()
}

fn uses_sasl(view: &View<'_>) -> bool {
    view.protocol().starts_with("sasl_")
}

fn uses_tokens(view: &View<'_>) -> bool {
    view.value("sasl.mechanism") == Some("OAUTHBEARER")
}

fn without_source(view: &View<'_>) -> Vec<String> {
    let has_source = BUILT_IN.into_iter().any(|(name, value)| view.value(name) == Some(value));
    if !uses_sasl(view) || !uses_tokens(view) || has_source {
        return Vec::new();
    }
    let what = "requires a source of tokens: `KafkaService::token_provider` in the program, \
                `sasl.oauthbearer.method` (`KAFKA_SASL_OAUTHBEARER_METHOD`) = `oidc`, or, for development only, \
                `enable.sasl.oauthbearer.unsecure.jwt` (`KAFKA_ENABLE_SASL_OAUTHBEARER_UNSECURE_JWT`) = `true`";
    vec![problem(view, "sasl.mechanism", what)]
}

fn of_provider(view: &View<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if !uses_sasl(view) {
        let what = "the token provider of this program requires `sasl_ssl`";
        found.push(problem_or(view, "security.protocol", "KAFKA_SECURITY_PROTOCOL", what));
    }
    if !uses_tokens(view) {
        let what = "the token provider of this program requires `OAUTHBEARER`";
        found.push(problem_or(view, "sasl.mechanism", "KAFKA_SASL_MECHANISM", what));
    }
    for (name, value) in BUILT_IN {
        if view.value(name) == Some(value) {
            found.push(problem(view, name, "this program has a token provider too; use one of them"));
        }
    }
    found
}

/// The problem of a property, which may not be set at all.
fn problem_or(view: &View<'_>, name: &str, variable: &str, what: &str) -> String {
    if view.value(name).is_some() {
        problem(view, name, what)
    } else {
        format!("`{name}` (`{variable}`) is not set: {what}")
    }
}
