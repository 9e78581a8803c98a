//! Committed offsets of another client with metadata that is not UTF-8.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use kafka_service_tests::Workload;

use crate::{MINUTE, end, mock::Mock, spread, start};

#[test]
fn invalid_metadata_of_a_committed_offset_is_ignored() {
    let mock = Mock::start(1);
    let workload = mock.workload("garbage");
    workload.send(&mock, (0..40).map(spread));
    let ends = mock.end_offsets(&workload.commands);
    let garbage = vec![0xFF; 30_000];
    for partition in 0..4 {
        commit(&workload, partition, 1, &garbage);
    }
    let committed = mock.committed(&workload.group, &workload.commands);
    assert_eq!(committed, [1; 4], "the garbage is in place");
    let worker = start(&workload, "only");
    let left: i64 = ends.iter().map(|end| end - 1).sum();
    mock.read_count(&workload.events, MINUTE, usize::try_from(left).unwrap());
    workload.wait_until_committed(&mock);
    end(worker);
}

/// `OffsetCommit` version 2, byte by byte, because no client writes metadata that is not UTF-8.
fn commit(workload: &Workload, partition: i32, offset: i64, metadata: &[u8]) {
    let mut body = Vec::new();
    let text = |body: &mut Vec<u8>, text: &[u8]| {
        body.extend(i16::try_from(text.len()).unwrap().to_be_bytes());
        body.extend(text);
    };
    body.extend([0, 8, 0, 2, 0, 0, 0, 1]);
    text(&mut body, b"garbage");
    text(&mut body, workload.group.as_bytes());
    // Not a member of the group: generation -1 and an empty member id. Kept as long as the broker keeps offsets.
    body.extend((-1_i32).to_be_bytes());
    text(&mut body, b"");
    body.extend((-1_i64).to_be_bytes());
    body.extend(1_i32.to_be_bytes());
    text(&mut body, workload.commands.as_bytes());
    body.extend(1_i32.to_be_bytes());
    body.extend(partition.to_be_bytes());
    body.extend(offset.to_be_bytes());
    text(&mut body, metadata);
    let mut broker = TcpStream::connect(&workload.bootstrap).unwrap();
    broker.write_all(&u32::try_from(body.len()).unwrap().to_be_bytes()).unwrap();
    broker.write_all(&body).unwrap();
    let mut length = [0; 4];
    broker.read_exact(&mut length).unwrap();
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    broker.read_exact(&mut answer).unwrap();
    assert_eq!(answer[answer.len() - 2..], [0, 0], "the commit was rejected");
}
