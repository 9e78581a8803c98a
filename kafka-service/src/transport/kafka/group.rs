//! How a client joins its group: with which protocol and which assignor. Pure.

use crate::transport::GroupRefusal;

/// The rebalance protocol of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// KIP-848: the broker assigns partitions. Members that join, leave or hang do not disturb the others.
    Consumer,
    /// The older protocol: one member assigns the partitions.
    Classic,
}

/// The property that selects the broker's assignor.
pub(super) const REMOTE_ASSIGNOR: &str = "group.remote.assignor";
/// The property that selects the assignor of a classic group.
pub(super) const LOCAL_ASSIGNOR: &str = "partition.assignment.strategy";

/// How a client joins its group.
///
/// With several topics every topic has to be spread over the members. Assignors that balance the total alone may give
/// all partitions of one topic to one member and all of another topic to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) protocol: Protocol,
    /// Whether `range` is used.
    is_spread: bool,
}

impl Group {
    pub(super) fn new(protocol: Protocol, topics: usize) -> Self {
        Self { protocol, is_spread: topics > 1 }
    }

    /// A client that asks the brokers and joins no group.
    pub(super) fn none() -> Self {
        Self::new(Protocol::Classic, 1)
    }

    /// The property that selects the assignor, with our default. `None` leaves it to the broker.
    pub(super) fn assignor(self) -> Option<(&'static str, &'static str)> {
        match (self.protocol, self.is_spread) {
            (Protocol::Consumer, true) => Some((REMOTE_ASSIGNOR, "range")),
            (Protocol::Consumer, false) => None,
            (Protocol::Classic, true) => Some((LOCAL_ASSIGNOR, "range")),
            (Protocol::Classic, false) => Some((LOCAL_ASSIGNOR, "cooperative-sticky")),
        }
    }

    /// What to try after a refusal; `None` if there is nothing else.
    pub(super) fn after(self, refusal: GroupRefusal) -> Option<Self> {
        match (refusal, self.protocol) {
            (GroupRefusal::Protocol, Protocol::Consumer) => Some(Self { protocol: Protocol::Classic, ..self }),
            (GroupRefusal::Assignor, Protocol::Consumer) if self.is_spread => Some(Self { is_spread: false, ..self }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_topics_are_spread_one_by_one() {
        let assignor = |protocol, topics| Group::new(protocol, topics).assignor().map(|(_, assignor)| assignor);
        assert_eq!(assignor(Protocol::Consumer, 2), Some("range"));
        assert_eq!(assignor(Protocol::Consumer, 1), None);
        assert_eq!(assignor(Protocol::Classic, 2), Some("range"));
        assert_eq!(assignor(Protocol::Classic, 1), Some("cooperative-sticky"));
    }

    #[test]
    fn a_refused_assignor_is_left_to_the_broker() {
        let group = Group::new(Protocol::Consumer, 2);
        let again = group.after(GroupRefusal::Assignor).expect("without an assignor");
        assert_eq!((again.protocol, again.assignor()), (Protocol::Consumer, None));
        assert_eq!(again.after(GroupRefusal::Assignor), None, "there is nothing else");
        let classic = group.after(GroupRefusal::Protocol).expect("the older protocol");
        assert_eq!((classic.protocol, classic.assignor().map(|(_, name)| name)), (Protocol::Classic, Some("range")));
        assert_eq!(classic.after(GroupRefusal::Protocol), None);
    }
}
