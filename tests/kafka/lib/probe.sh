# shellcheck shell=bash
# Asks a broker for the live brokers, in Kafka's protocol, without a client or a JVM. Sourced by the script `kafka`.

# Metadata request, version 1, no topics: length 14, api 3, version 1, correlation id 1, no client id, empty list.
METADATA_REQUEST='\x00\x00\x00\x0e\x00\x03\x00\x01\x00\x00\x00\x01\xff\xff\x00\x00\x00\x00'

# Prints the ids of the live brokers according to the broker at this port, in order. Fails if it does not answer.
alive_brokers() {
    local answer
    answer=$(ask "$1" "$METADATA_REQUEST") || return 1
    # shellcheck disable=SC2086
    broker_ids $answer
}

# Sends a request (in printf format, with its length first) to the broker at a port, and prints the answer as numbers.
ask() {
    local connection answer status=0
    # The braces suppress the message about a refused connection.
    { exec {connection}<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
    # shellcheck disable=SC2059
    printf "$2" >&"$connection" 2>/dev/null || status=1
    ((status)) || answer=$(read_bytes "$connection" 4) || status=1
    # shellcheck disable=SC2086
    ((status)) || answer=$(read_bytes "$connection" "$(number $answer)") || status=1
    exec {connection}>&-
    ((status == 0)) && echo "$answer"
}

# Reads exactly that many bytes as decimal numbers, or fails. A starting broker accepts connections without answering.
read_bytes() {
    local bytes
    bytes=$(timeout 2 head -c "$2" <&"$1" | od -An -v -w16384 -tu1) || return 1
    [[ $(wc -w <<<"$bytes") == "$2" ]] && echo "$bytes"
}

number() { echo $((($1 << 24) + ($2 << 16) + ($3 << 8) + $4)); }

# The body: correlation id, number of brokers, and id, host, port and rack of each (a string is length and bytes).
broker_ids() {
    local bytes=("$@") at=8 count ids=()
    count=$(number "${bytes[@]:4:4}")
    while ((count-- > 0)); do
        ids+=("$(number "${bytes[@]:at:4}")")
        ((at += 4))
        ((at += 2 + (bytes[at] << 8) + bytes[at + 1] + 4))
        if ((bytes[at] == 255)); then ((at += 2)); else ((at += 2 + (bytes[at] << 8) + bytes[at + 1])); fi
    done
    printf '%s\n' "${ids[@]}" | sort -n
}

# Waits until every given node answers and knows all the others. Fails at the deadline, or when one of them ends.
wait_until_ready() {
    local node deadline=$((SECONDS + START_DEADLINE))
    for node in "$@"; do
        until knows_all "${PORTS[node - 1]}" "$@"; do
            ((SECONDS < deadline)) || return 1
            "${BACKEND}_node_running" "$node" || return 1
            ! owner_gone || fail "the owning process has ended"
            sleep 0.1
        done
    done
}

knows_all() {
    local port=$1 alive node
    shift
    alive=" $(alive_brokers "$port" | tr '\n' ' ')"
    for node in "$@"; do [[ $alive == *" $node "* ]] || return 1; done
}
