//! From a record's value to the event's, for the loops that do all of it on one thread.

use rustc_hash::FxHashSet;
use workload::{Arm, Command, Encoder, OrderCreated, command_name};

/// The commands that are handled: a `match` for the one, a table for many.
#[derive(Clone, Debug)]
pub struct Names(Option<FxHashSet<String>>);

impl Names {
    /// So many as the runner asks for.
    #[must_use]
    pub fn new(arm: &Arm) -> Self {
        let all = || (0..arm.handlers).map(|n| command_name(n, arm.handlers)).collect();
        Self((arm.handlers > 1).then(all))
    }

    /// Whether this command is handled.
    #[must_use]
    pub fn contains(&self, kind: &str) -> bool {
        match &self.0 {
            None => matches!(kind, workload::CREATE_ORDER | workload::CREATE_ORDER_PLAIN),
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
    /// For the commands that the runner asks for.
    #[must_use]
    pub fn new(arm: &Arm) -> Self {
        Self { names: Names::new(arm), encoder: Encoder::default() }
    }

    /// What is to be published: the event and true, or what cannot be handled, as it is, and false.
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
