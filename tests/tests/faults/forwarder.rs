//! A second address for a broker, which a test can remove.

use std::{
    io::copy,
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// Forwards connections from a port of its own to the broker. Dropping it rejects new connections and closes the
/// others.
pub(crate) struct Forwarder {
    port: u16,
    connections: Arc<Mutex<Vec<TcpStream>>>,
    closed: Arc<AtomicBool>,
}

impl Forwarder {
    pub(crate) fn to(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, closed) = (Arc::default(), Arc::default());
        let forwarder = Self { port, connections: Arc::clone(&connections), closed: Arc::clone(&closed) };
        let address = address.to_owned();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if closed.load(Ordering::Relaxed) {
                    return;
                }
                // An unreachable broker looks like an unreachable address.
                let Ok(broker) = TcpStream::connect(&address) else { continue };
                pass_on(&client, &broker);
                pass_on(&broker, &client);
                connections.lock().unwrap().push(client);
            }
        });
        forwarder
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        // The listener checks the flag only after a connection.
        TcpStream::connect(self.address()).ok();
        for connection in self.connections.lock().unwrap().drain(..) {
            connection.shutdown(Shutdown::Both).ok();
        }
    }
}

fn pass_on(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    thread::spawn(move || {
        copy(&mut from, &mut to).ok();
        to.shutdown(Shutdown::Both).ok();
        from.shutdown(Shutdown::Both).ok();
    });
}
