//! The handlers of the simulated service. Each follows the plan.

use std::{
    future::{IntoFuture as _, pending, poll_fn},
    panic::resume_unwind,
    task::Poll,
    time::Duration,
};

use serde::Deserialize;

use super::{
    attempt::{Attempt, Ended},
    coverage::Situation,
    identity::{CURSED, HUGE, Origin, SAID, SimEvent, said_number},
    plan::{self, End, Plan, Says, Takes, Work},
    scene::Scene,
    time::Sleep,
    topic::place,
    world::open,
};
use crate::{
    handler::{Context, Failure, HandlerError, Invocation, Outcome, decode, outcome},
    publisher::Publisher,
    registry::Handler,
};

static WORK: Handler = Handler::command("work", &invoke).at("simulation", "work", file!(), line!());
static PLAIN: Handler = Handler::command("plain", &invoke).at("simulation", "plain", file!(), line!()).blocking();

pub(super) static HANDLERS: [&Handler; 2] = [&WORK, &PLAIN];

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "work")]
    _work: String,
}

/// A running attempt. If it is dropped before it has ended, it was cancelled.
struct Running {
    scene: Scene,
    attempt: Attempt,
    /// Whether it is meant to be cancelled.
    hangs: bool,
    has_ended: bool,
}

impl Running {
    fn start(scene: Scene, attempt: Attempt, hangs: bool) -> Self {
        let mut world = open(&scene.world);
        world.note(|| format!("starts {attempt:?}"));
        let settings = world.settings.clone();
        world.ledger.started(attempt, &settings);
        drop(world);
        scene.meanwhile();
        Self { scene, attempt, hangs, has_ended: false }
    }

    fn end(&mut self, ended: Ended) {
        self.has_ended = true;
        let mut world = open(&self.scene.world);
        world.note(|| format!("{:?}: {ended:?}", self.attempt));
        let settings = world.settings.clone();
        world.ledger.ended(self.attempt, ended, &settings);
    }

    fn fail(&mut self) -> HandlerError {
        self.end(Ended::Failed);
        HandlerError::new("simulated")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended {
            let mut world = open(&self.scene.world);
            world.coverage.see(self.scene.instance, Situation::TimedOut);
            if !self.hangs {
                world.ledger.failed_by_chance(self.attempt);
            }
            drop(world);
            self.end(Ended::Failed);
        }
    }
}

fn invoke(context: &Context<'_>) -> Invocation {
    let scene: Scene = context.states.get().expect("the world is a state");
    decode::<Payload>(context)?;
    let (attempt, work, sleep) = look_up(&scene, context);
    let fails = attempt.number <= work.fails;
    let hangs = fails && matches!(work.failure, plan::Failure::Hang);
    let mut running = Running::start(scene, attempt, hangs);
    match work.failure {
        plan::Failure::Extract if fails => return Err(Failure::Extract(running.fail())),
        plan::Failure::PanicAtCall if fails => panic(&mut running),
        _ => {}
    }
    let origin = Origin {
        tenure: attempt.tenure,
        partition: context.origin.partition,
        offset: context.origin.offset,
        number: 0,
    };
    let publisher = context.provided::<Publisher>().expect("a publisher");
    Ok(Box::pin(run(running, work, origin, sleep, publisher)))
}

fn look_up(scene: &Scene, context: &Context<'_>) -> (Attempt, Work, Option<Sleep>) {
    let world = open(&scene.world);
    let partition = &world.topic.partitions[place(context.origin.partition)];
    let record = partition.place_of(context.origin.offset);
    let command = &partition.records[record];
    let Plan::Work(work) = &command.plan else { panic!("{command:?} has no handler") };
    let tenure = context.origin.timestamp.and_then(|tenure| u64::try_from(tenure.millis).ok()).expect("a tenure");
    let attempt = Attempt { tenure, record, lane: command.lane, number: context.attempt };
    let sleep = match work.takes {
        Takes::Millis(time) => Some(world.time.sleep(Duration::from_millis(time))),
        _ => None,
    };
    (attempt, work.clone(), sleep)
}

/// Unwinds like a panic, without its output.
fn panic(running: &mut Running) -> ! {
    running.end(Ended::Failed);
    resume_unwind(Box::new("simulated"))
}

async fn run(mut running: Running, work: Work, origin: Origin, sleep: Option<Sleep>, publisher: Publisher) -> Outcome {
    match (work.takes, sleep) {
        (Takes::Polls(times), _) => polls(times).await,
        (_, Some(sleep)) => sleep.await,
        _ => {}
    }
    running.scene.meanwhile();
    if !say(&running, work.says, origin, &publisher).await {
        open(&running.scene.world).ledger.failed_by_chance(running.attempt);
        return Err(running.fail());
    }
    if running.attempt.number <= work.fails {
        return match work.failure {
            plan::Failure::Hang => pending().await,
            plan::Failure::Panic => panic(&mut running),
            plan::Failure::RetryAfter(time) => {
                running.end(Ended::Failed);
                Err(HandlerError::retry_after(Duration::from_millis(time)))
            }
            _ => Err(running.fail()),
        };
    }
    match work.end {
        End::Permanent => {
            running.end(Ended::Permanent);
            Err(HandlerError::permanent("simulated"))
        }
        End::Refused { good, bad, huge, mixed } => {
            running.end(Ended::Permanent);
            let count = good;
            let good = (0..good).map(|number| SimEvent::returned(Origin { number, ..origin }, None));
            let kind = |number: u32| if (mixed && number % 2 == 1) || (huge && !mixed) { HUGE } else { CURSED };
            let bad = (0..bad).map(|number| SimEvent {
                kind: kind(number),
                key: None,
                origin: Origin { number: count + number, ..origin },
            });
            outcome(good.chain(bad).collect::<Vec<_>>())
        }
        End::Events { count, own_key } => {
            running.end(Ended::Events(count));
            let key = own_key.then(|| format!("own{}", running.attempt.lane));
            let event = |number| SimEvent::returned(Origin { number, ..origin }, key.clone());
            outcome((0..count).map(event).collect::<Vec<_>>())
        }
    }
}

/// Publishes the events that an attempt publishes itself. Returns false if one was awaited and not delivered.
async fn say(running: &Running, says: Says, origin: Origin, publisher: &Publisher) -> bool {
    let owe = |count| open(&running.scene.world).ledger.owes(running.attempt, count);
    let publication = |number| {
        let number = said_number(running.attempt.number, number);
        publisher.publish(&SimEvent { kind: SAID, key: None, origin: Origin { number, ..origin } })
    };
    let said = match says {
        Says::Nothing => return true,
        Says::Detached(count) => {
            owe(count);
            (0..count).for_each(|number| publication(number).detach());
            return true;
        }
        Says::Forgotten => {
            owe(1);
            let mut publication = publication(0).into_future();
            poll_fn(|context| Poll::Ready(publication.as_mut().poll(context))).await
        }
        Says::Awaited => {
            owe(1);
            Poll::Ready(publication(0).await)
        }
    };
    let failed = matches!(said, Poll::Ready(Err(_)));
    if failed {
        open(&running.scene.world).ledger.no_longer_owes(running.attempt);
    }
    !failed
}

/// Pending this many times, and woken at once.
async fn polls(mut times: u32) {
    poll_fn(|context| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
