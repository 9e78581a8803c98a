// Every option, in any order.

use kafka_service::{Command, Event, command, event};

#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Refused {}

trait Judge {
    fn is_final(&self) -> bool;
}

impl Judge for Refused {
    fn is_final(&self) -> bool {
        true
    }
}

fn any<E>(_: &E) -> bool {
    false
}

#[command("first", retry(attempts = 1_000))]
async fn first() {}

#[command("second", permanent = <Refused as Judge>::is_final, timeout = "1m30s")]
async fn second() -> Result<(), Refused> {
    Err(Refused)
}

#[command("third", permanent = any::<Refused>, retry(deadline = "1h", backoff = "1ms..1ms",),)]
fn third() -> Result<(), Refused> {
    Err(Refused)
}

#[derive(serde::Deserialize, Command)]
#[command("fourth", reply = (Answer<u8, u8>, Option<Answer<u8, u16>>), topic = "a.b_c-D")]
enum Fourth {
    One(u8),
    Two { two: u8 },
}

#[derive(serde::Serialize, Event)]
#[event("answer")]
struct Answer<A, B>(A, B);

#[command(topic = "elsewhere")]
async fn fourth(fourth: Fourth) -> Vec<Answer<u8, u8>> {
    match fourth {
        Fourth::One(one) => vec![Answer(one, one)],
        Fourth::Two { two } => vec![Answer(two, two)],
    }
}

#[derive(serde::Serialize, serde::Deserialize, Event)]
#[event("fifth", key = 0)]
struct Fifth(String);

#[event]
async fn fifth(fifth: Fifth) {
    drop(fifth.0);
}

#[event("sixth", permanent = Refused::is_final, retry(attempts = 2))]
async fn sixth(_: serde::de::IgnoredAny) -> Result<Fifth, Refused> {
    Ok(Fifth(String::new()))
}

fn main() {
    assert_eq!(<Fourth as Command>::NAME, "fourth");
    assert_eq!(<Fourth as Command>::TOPIC, Some("a.b_c-D"));
}
