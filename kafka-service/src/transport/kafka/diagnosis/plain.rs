//! What a listener speaks, found out without a library.

use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

/// How long connecting, and each answer, may take.
pub(super) const TIMEOUT: Duration = Duration::from_millis(1_500);

/// `ApiVersions`, version 0, which every listener answers, also before the authentication.
pub(super) const API_VERSIONS: &[u8] = &[0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff];
/// `Metadata`, version 0, of no topic. A listener with SASL closes the connection instead.
const METADATA: &[u8] = &[0, 0, 0, 16, 0, 3, 0, 0, 0, 0, 0, 2, 0xff, 0xff, 0, 0, 0, 1, 0, 0];

/// A `ClientHello` of TLS 1.2. Whatever the other side thinks of it, it answers with a handshake or an alert.
const CLIENT_HELLO: &[u8] = &[
    0x16, 3, 1, 0, 47, 1, 0, 0, 43, 3, 3, // record, handshake and version
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 0, // no session
    0, 4, 0xc0, 0x2f, 0, 0x9c, // two cipher suites
    1, 0, // no compression
];

/// What a listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listener {
    /// Kafka, without TLS and authentication.
    Kafka,
    /// Kafka without TLS, and it requires SASL.
    Sasl,
    Tls,
    Unknown,
}

impl Listener {
    /// Asks it.
    pub(super) fn ask(broker: &str) -> io::Result<Self> {
        let mut stream = connect(broker)?;
        if is_kafka(&answer(&mut stream, API_VERSIONS)) {
            stream.write_all(METADATA).ok();
            return Ok(if is_kafka(&first(&mut stream)) { Self::Kafka } else { Self::Sasl });
        }
        let hello = answer(&mut connect(broker)?, CLIENT_HELLO);
        // A handshake or an alert, of any version.
        let is_tls = matches!(hello[..], [0x15 | 0x16, 3, ..]);
        Ok(if is_tls { Self::Tls } else { Self::Unknown })
    }
}

/// Connects to the first address that accepts.
pub(super) fn connect(broker: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in broker.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(stream) => {
                stream.set_read_timeout(Some(TIMEOUT))?;
                stream.set_write_timeout(Some(TIMEOUT))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn answer(stream: &mut TcpStream, request: &[u8]) -> Vec<u8> {
    if stream.write_all(request).is_err() {
        return Vec::new();
    }
    first(stream)
}

/// The first bytes of an answer: the size of a response and its correlation id. The rest of a response is discarded.
fn first(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = [0; 8];
    let mut length = 0;
    while length < bytes.len() {
        match stream.read(&mut bytes[length..]) {
            Ok(0) | Err(_) => break,
            Ok(count) => length += count,
        }
    }
    let found = bytes[..length].to_vec();
    if is_kafka(&found) {
        let rest = u64::from(size(&found)).saturating_sub(4);
        // The next answer is looked at where this one ends.
        io::copy(&mut stream.take(rest), &mut io::sink()).ok();
    }
    found
}

fn size(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |size| u32::from_be_bytes(*size))
}

/// Whether it is the beginning of a response to one of our requests.
fn is_kafka(bytes: &[u8]) -> bool {
    bytes.len() == 8 && (4..1 << 20).contains(&size(bytes)) && matches!(bytes[4..], [0, 0, 0, 1 | 2])
}
