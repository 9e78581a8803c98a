//! Checks the topics that handlers name against the configuration and against each other.

use super::{Described, Findings, HandlerProblem};
use crate::{
    config::Config,
    registry::{Handler, Kind, Routes},
};

pub(super) fn check(handlers: &[Described], config: &Config, findings: &mut Findings) {
    let routes = Routes::new(handlers.iter().map(|described| described.handler), config);
    let consumed: Vec<_> = routes.topics().collect();
    findings.problems.extend(handlers.iter().filter_map(|described| loops(described.handler, &consumed, config)));
    for described in handlers {
        sent_elsewhere(described, config, findings);
    }
}

/// A handler on a topic that it must not name, and dead-letter topics that are consumed or listed as events topics.
/// Contradictions within the configuration are reported by the configuration.
fn loops(handler: &'static Handler, consumed: &[&str], config: &Config) -> Option<HandlerProblem> {
    let topic = handler.topic?;
    let dead_letters = config.effective_dead_letter_topic(topic);
    let what = if let Some(source) = consumed.iter().find(|source| config.effective_dead_letter_topic(source) == topic)
    {
        format!(
            "consumes topic `{topic}`, the dead-letter topic of `{source}`: dead letters would be consumed in a loop"
        )
    } else if dead_letters == config.events_topic {
        format!("consumes topic `{topic}`, whose dead-letter topic `{dead_letters}` is the events topic")
    } else if consumed.contains(&dead_letters.as_str()) {
        format!(
            "consumes topic `{topic}`, whose dead-letter topic `{dead_letters}` is consumed too: dead letters would be \
             consumed in a loop"
        )
    } else {
        return None;
    };
    let help = "use another `topic` on the handler, or another dead-letter topic (KAFKA_DEAD_LETTER_TOPIC)";
    Some(HandlerProblem::Option { handler, what, help })
}

/// A handler that does not consume the topic that its payload type is sent to.
fn sent_elsewhere(Described { handler, description }: &Described, config: &Config, findings: &mut Findings) {
    let Some(sent_to) = description.command_topic.filter(|_| handler.kind == Kind::Command) else { return };
    let payload = description.payload;
    match handler.topic {
        Some(topic) if topic == sent_to => {}
        Some(topic) => {
            let what = format!("consumes topic `{topic}`, but its payload `{payload}` is sent to `{sent_to}`");
            let help = "use the same topic in the `#[command(..)]` of the handler and of the payload";
            findings.problems.push(HandlerProblem::Option { handler, what, help });
        }
        None if config.commands_topics.iter().any(|topic| topic == sent_to) => {}
        None => {
            let topics = config.commands_topics.join(", ");
            let what = format!("consumes commands from `{topics}`, but its payload `{payload}` is sent to `{sent_to}`");
            let help = "add `topic = \"..\"` to the handler, or the topic to KAFKA_COMMANDS_TOPIC";
            findings.warnings.push(HandlerProblem::Option { handler, what, help });
        }
    }
}
