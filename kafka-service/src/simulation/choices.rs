//! The random choices during a run: from a seed or from a stored scenario.

use std::collections::VecDeque;

use super::{
    actions::Action,
    moves::{Kept, Move},
    random::Random,
};

/// A source of choices. Each has a name, under which a stored scenario keeps it, and the value 0 is the simplest.
#[derive(Debug)]
pub(super) enum Choices {
    Seed(Random),
    /// A seed, and the choices made so far.
    Recorded(Random, Vec<Move>),
    Stored {
        moves: VecDeque<Move>,
        /// The remaining choices of the current move. After these, everything is 0.
        current: Kept,
    },
}

impl Choices {
    /// The next value, less than `bound` (0 means any).
    fn next(&mut self, name: &'static str, bound: u64, draw: impl FnOnce(&mut Random) -> u64) -> u64 {
        match self {
            Self::Seed(random) => draw(random),
            Self::Recorded(random, moves) => {
                let value = draw(random);
                if let Some(current) = moves.last_mut() {
                    current.kept.push(name, value);
                }
                value
            }
            Self::Stored { current, .. } => {
                let value = current.take(name);
                if bound == 0 { value } else { value.min(bound - 1) }
            }
        }
    }

    /// Any number.
    pub(super) fn number(&mut self, name: &'static str) -> u64 {
        self.next(name, 0, Random::next)
    }

    /// A number less than `bound`, which is not zero.
    pub(super) fn below(&mut self, name: &'static str, bound: usize) -> usize {
        let value = self.next(name, bound as u64, |random| random.below(bound) as u64);
        usize::try_from(value).unwrap_or(0)
    }

    /// A number from `least` to `most`, both included.
    pub(super) fn between(&mut self, name: &'static str, least: usize, most: usize) -> usize {
        least + self.below(name, most - least + 1)
    }

    /// True with this probability, in thousandths.
    pub(super) fn chance(&mut self, name: &'static str, per_mille: u32) -> bool {
        match per_mille {
            0 => false,
            1000.. => {
                // Drawn anyway, so that a rate of 1,000 is a rate like any other.
                if let Self::Seed(random) | Self::Recorded(random, _) = self {
                    random.next();
                }
                true
            }
            _ => self.next(name, 2, |random| u64::from(random.chance(per_mille))) == 1,
        }
    }

    pub(super) fn pick<T: Copy>(&mut self, name: &'static str, choices: &[T]) -> T {
        choices[self.below(name, choices.len())]
    }

    /// The next action of a stored scenario, if this is one.
    pub(super) fn stored_move(&mut self) -> Option<Option<(Action, Option<u32>)>> {
        let Self::Stored { moves, .. } = self else { return None };
        Some(match moves.front() {
            None | Some(Move { action: Action::Settle, .. }) => None,
            Some(next) => Some((next.action, next.instance)),
        })
    }

    /// Chooses an action, with weights.
    pub(super) fn action<const N: usize>(&mut self, weights: &[(Action, u32); N]) -> Option<Action> {
        let (Self::Seed(random) | Self::Recorded(random, _)) = self else { return None };
        Some(weights[random.weighted(&weights.map(|(_, weight)| weight))].0)
    }

    /// Chooses one of the instances.
    pub(super) fn place(&mut self, count: usize) -> usize {
        let (Self::Seed(random) | Self::Recorded(random, _)) = self else { return 0 };
        random.below(count)
    }

    /// Starts an action: the choices that follow belong to it.
    pub(super) fn begin(&mut self, action: Action, instance: Option<u32>) {
        match self {
            Self::Seed(_) => {}
            Self::Recorded(_, moves) => moves.push(Move { action, instance, kept: Kept::default() }),
            Self::Stored { moves, current } => {
                let next = moves.pop_front_if(|next| next.action == action);
                *current = next.map(|next| next.kept).unwrap_or_default();
            }
        }
    }

    /// The recorded choices, if there are any.
    pub(super) fn take_moves(&mut self) -> Vec<Move> {
        match self {
            Self::Recorded(_, moves) => std::mem::take(moves),
            _ => Vec::new(),
        }
    }
}
