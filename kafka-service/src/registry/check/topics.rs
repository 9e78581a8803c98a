//! The topics that handlers name, against those of the configuration and of each other.

use super::{Described, Findings, Problem};
use crate::{
    config::Config,
    registry::{Handler, Kind},
};

/// A topic that is consumed, and who says so: a handler, or the configuration.
struct Source<'a> {
    topic: &'a str,
    kind: Kind,
    handler: Option<&'static Handler>,
}

pub(super) fn check(handlers: &[Described], config: &Config, findings: &mut Findings) {
    let sources = sources(handlers, config);
    for source in &sources {
        findings.problems.extend(problem(source, &sources, config));
    }
    for described in handlers {
        sent_elsewhere(described, config, findings);
    }
}

fn sources<'a>(handlers: &'a [Described], config: &'a Config) -> Vec<Source<'a>> {
    let listens = |described: &Described| described.handler.kind == Kind::Event && described.handler.topic.is_none();
    let configured = |kind| move |topic: &'a String| Source { topic, kind, handler: None };
    let mut sources: Vec<_> = config.commands_topics.iter().map(configured(Kind::Command)).collect();
    if handlers.iter().any(listens) {
        sources.extend(config.subscribed_events_topics().iter().map(configured(Kind::Event)));
    }
    let named = handlers.iter().map(|described| described.handler);
    sources.extend(
        named.filter_map(|handler| {
            handler.topic.map(|topic| Source { topic, kind: handler.kind, handler: Some(handler) })
        }),
    );
    sources
}

/// What is wrong with a topic that a handler brings in. The configuration's own contradictions are its own to find.
fn problem(source: &Source<'_>, sources: &[Source<'_>], config: &Config) -> Option<Problem> {
    let handler = source.handler?;
    let topic = source.topic;
    let dead_letters = config.dead_letter_topic(topic);
    let what = if sources.iter().any(|other| other.topic == topic && other.kind != source.kind) {
        let (this, other) = match source.kind {
            Kind::Command => ("commands", "events"),
            Kind::Event => ("events", "commands"),
        };
        format!("takes {this} from the topic `{topic}`, from which this service takes {other} too")
    } else if let Some(other) = sources.iter().find(|other| config.dead_letter_topic(other.topic) == topic) {
        let source = other.topic;
        format!("takes the topic `{topic}`, where the dead letters of `{source}` go: they would be handled again")
    } else if dead_letters == config.events_topic {
        format!("takes the topic `{topic}`, whose dead letters go to `{dead_letters}`, the topic of the events")
    } else {
        return None;
    };
    let help = "name another `topic` on the handler, or another topic in the configuration: a topic carries commands, \
                events or dead letters";
    Some(Problem::Option { handler, what, help })
}

/// A handler that does not listen where its payload says that it is sent.
fn sent_elsewhere(Described { handler, description }: &Described, config: &Config, findings: &mut Findings) {
    let Some(sent_to) = description.command_topic.filter(|_| handler.kind == Kind::Command) else { return };
    let payload = description.payload;
    match handler.topic {
        Some(topic) if topic == sent_to => {}
        Some(topic) => {
            let what = format!("takes the topic `{topic}`, but its payload `{payload}` is sent to `{sent_to}`");
            let help = "name one topic in both `#[command(..)]`, the handler's and the payload's";
            findings.problems.push(Problem::Option { handler, what, help });
        }
        None if config.commands_topics.iter().any(|topic| topic == sent_to) => {}
        None => {
            let topics = config.commands_topics.join(", ");
            let what = format!("takes commands from `{topics}`, but its payload `{payload}` is sent to `{sent_to}`");
            let help = "write `topic = \"..\"` on the handler, or add the topic to KAFKA_COMMANDS_TOPIC";
            findings.warnings.push(Problem::Option { handler, what, help });
        }
    }
}
