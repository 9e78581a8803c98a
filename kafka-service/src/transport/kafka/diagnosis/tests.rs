//! Listeners that speak something else.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use rdkafka::mocking::MockCluster;

use super::plain::Listener;

/// A server that answers every connection with these bytes, and closes it.
fn answering(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            assert!(stream.read(&mut [0; 64]).unwrap() > 0);
            stream.write_all(bytes).unwrap();
        }
    });
    address
}

#[test]
fn what_a_listener_speaks_is_found_out() {
    let cluster = MockCluster::new(1).unwrap();
    assert_eq!(Listener::ask(&cluster.bootstrap_servers()).unwrap(), Listener::Kafka);
    assert_eq!(Listener::ask(&answering(&[0x15, 3, 3, 0, 2, 2, 40])).unwrap(), Listener::Tls);
    assert_eq!(Listener::ask(&answering(b"HTTP/1.1 400 Bad Request\r\n")).unwrap(), Listener::Unknown);
    assert_eq!(Listener::ask(&answering(b"")).unwrap(), Listener::Unknown);
    Listener::ask("127.0.0.1:1").unwrap_err();
}
