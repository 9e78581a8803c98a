//! What is left to chance while a run goes on: as a seed has it, or as a stored scenario has it.

use std::collections::VecDeque;

use super::{
    actions::Action,
    random::Random,
    scenario::{Kept, Move},
};

/// Where choices come from. Each has a name, by which a stored scenario keeps it, and the value 0 stands for the simplest.
#[derive(Debug)]
pub(super) enum Choices {
    Seed(Random),
    /// A seed, and what it gave so far.
    Recorded(Random, Vec<Move>),
    Stored {
        moves: VecDeque<Move>,
        /// What is left of the choices of the current move. Beyond them everything is 0.
        current: Kept,
    },
}

impl Choices {
    /// The next value, which is less than `bound` (0: any).
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

    /// Less than `bound`, which is not zero.
    pub(super) fn below(&mut self, name: &'static str, bound: usize) -> usize {
        let value = self.next(name, bound as u64, |random| random.below(bound) as u64);
        usize::try_from(value).unwrap_or(0)
    }

    /// From `least` to `most`, both included.
    pub(super) fn between(&mut self, name: &'static str, least: usize, most: usize) -> usize {
        least + self.below(name, most - least + 1)
    }

    /// True in so many of a thousand cases.
    pub(super) fn chance(&mut self, name: &'static str, per_mille: u32) -> bool {
        match per_mille {
            0 => false,
            1000.. => {
                // Drawn all the same, so that a rate of 1,000 is a rate like any other.
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

    /// Which action it is, with weights.
    pub(super) fn action<const N: usize>(&mut self, weights: &[(Action, u32); N]) -> Option<Action> {
        let (Self::Seed(random) | Self::Recorded(random, _)) = self else { return None };
        Some(weights[random.weighted(&weights.map(|(_, weight)| weight))].0)
    }

    /// Which of the instances does it.
    pub(super) fn place(&mut self, count: usize) -> usize {
        let (Self::Seed(random) | Self::Recorded(random, _)) = self else { return 0 };
        random.below(count)
    }

    /// What follows belongs to this action.
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

    /// What was chosen, if it was recorded.
    pub(super) fn take_moves(&mut self) -> Vec<Move> {
        match self {
            Self::Recorded(_, moves) => std::mem::take(moves),
            _ => Vec::new(),
        }
    }
}
