//! What a producer carries with each record and returns with the acknowledgement: one integer.

/// The integer itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Token(u64);

/// What an acknowledgement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenTarget {
    /// The only event, or the dead letter, of the command at `slot` of an assignment: its acknowledgement finishes the
    /// slot.
    Position { assignment: u32, slot: u64 },
    /// An entry of the table of pending publications: a waiting caller, or a command with several events.
    Pending(u32),
}

const SLOT_BITS: u32 = 40;
const ASSIGNMENT_BITS: u32 = 22;
const ASSIGNMENT_MASK: u64 = (1 << ASSIGNMENT_BITS) - 1;
const NUMBER_BITS: u32 = 30;
const SLOT_MASK: u64 = (1 << SLOT_BITS) - 1;
const PENDING: u64 = 1 << 63;
const SAMPLED: u64 = 1 << 62;
const NUMBER_MASK: u32 = (1 << NUMBER_BITS) - 1;

impl Token {
    /// 22 bits for the assignment (four million rebalances) and 40 for the slot (a trillion records in one assignment).
    pub(crate) fn position(assignment: u32, slot: u64) -> Self {
        debug_assert!(slot <= SLOT_MASK && assignment < 1 << ASSIGNMENT_BITS);
        Self((u64::from(assignment) << SLOT_BITS) | (slot & SLOT_MASK))
    }

    pub(crate) fn pending(entry: u32) -> Self {
        Self(PENDING | u64::from(entry))
    }

    /// The token of the event with this number among those that share it, so that they can be put in order again. The
    /// only event of a command needs no number.
    pub(crate) fn numbered(self, number: u32) -> Self {
        if self.0 & PENDING == 0 { self } else { Self(self.0 | u64::from(number & NUMBER_MASK) << 32) }
    }

    pub(crate) fn target(self) -> TokenTarget {
        if self.0 & PENDING != 0 {
            TokenTarget::Pending(u32::try_from(self.0 & u64::from(u32::MAX)).unwrap_or(u32::MAX))
        } else {
            TokenTarget::Position {
                assignment: u32::try_from(self.0 >> SLOT_BITS & ASSIGNMENT_MASK).unwrap_or(u32::MAX),
                slot: self.0 & SLOT_MASK,
            }
        }
    }

    /// The token, marked as a sample whose acknowledgement the client watches. The mark belongs to the client, which
    /// removes it again.
    pub(crate) fn sampled(self) -> Self {
        Self(self.0 | SAMPLED)
    }

    pub(crate) fn is_sampled(self) -> bool {
        self.0 & SAMPLED != 0
    }

    /// The token without the mark of [`sampled`](Self::sampled).
    pub(crate) fn unmarked(self) -> Self {
        Self(self.0 & !SAMPLED)
    }

    /// The form in which a client carries it.
    pub(crate) fn to_bits(self) -> u64 {
        self.0
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_token_round_trips(
            assignment in 0u32..1 << ASSIGNMENT_BITS, slot in 0u64..=SLOT_MASK, entry: u32, number: u32,
        ) {
            let position = Token::from_bits(Token::position(assignment, slot).numbered(number).to_bits());
            prop_assert_eq!(position.target(), TokenTarget::Position { assignment, slot });
            let pending = Token::from_bits(Token::pending(entry).numbered(number).to_bits());
            prop_assert_eq!(pending.target(), TokenTarget::Pending(entry));
            for token in [position, pending] {
                prop_assert!(!token.is_sampled() && token.sampled().is_sampled());
                prop_assert_eq!(token.sampled().target(), token.target());
                prop_assert_eq!(token.sampled().unmarked(), token);
            }
        }
    }
}
