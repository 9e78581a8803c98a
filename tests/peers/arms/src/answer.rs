//! Makes events of commands, from record value to record value, for the loops that do everything on one thread.

use rustc_hash::FxHashSet;
use workload::{Arm, CREATE_ORDER, CREATE_ORDER_PLAIN, Command, Encoder, OrderCreated, command_name};

/// The handled commands: one `match` for a single command, a table for many.
#[derive(Clone, Debug)]
pub struct Names(Option<FxHashSet<String>>);

impl Names {
    /// As many commands as the runner requests.
    #[must_use]
    pub fn new(arm: &Arm) -> Self {
        let more = (0..arm.handlers).map(|n| command_name(n, arm.handlers));
        let all = || more.chain([CREATE_ORDER.to_owned()]).collect();
        Self((arm.handlers > 1).then(all))
    }

    /// Whether this command has a handler.
    #[must_use]
    pub fn contains(&self, kind: &str) -> bool {
        match &self.0 {
            None => matches!(kind, CREATE_ORDER | CREATE_ORDER_PLAIN),
            Some(names) => names.contains(kind),
        }
    }
}

/// Makes events of commands.
#[derive(Debug)]
pub struct Answer {
    names: Names,
    encoder: Encoder,
}

impl Answer {
    /// For the commands that the runner requests.
    #[must_use]
    pub fn new(arm: &Arm) -> Self {
        Self { names: Names::new(arm), encoder: Encoder::default() }
    }

    /// The value to publish: the event and true, or a command that cannot be handled, unchanged, and false.
    pub fn to<'a>(
        &'a mut self,
        arm: &'a Arm,
        value: &'a [u8],
        key: &[u8],
        partition: i32,
        offset: i64,
    ) -> (bool, &'a [u8]) {
        let Ok(command) = Command::decode(value) else { return (false, value) };
        if !self.names.contains(command.kind) {
            return (false, value);
        }
        let Ok(order) = command.order() else { return (false, value) };
        arm.work_blocking();
        let event = OrderCreated::from(order);
        arm.handled(key);
        (true, self.encoder.event(&arm.source, command.correlation_id, &event, partition, offset))
    }
}
