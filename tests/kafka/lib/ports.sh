# shellcheck shell=bash
# Reserves ports for the lifetime of a cluster. Sourced by the script `kafka`.
#
# A port that is free now may be taken when the broker binds it some seconds later. Therefore the ports are below the range
# of outgoing connections, and a file per port reserves it among the clusters of this user until `stop`. If another program
# binds the port in the meantime, the start tries other ports.

PORTS_DIR=${TMPDIR:-/tmp}/kafka-test-ports-$UID
PORT_FIRST=20000
PORT_COUNT=12000

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A reservation ends with its cluster, or with the starting script if the cluster's file is not written yet.
reservation_holds() {
    local pid dir
    [[ -f $PORTS_DIR/$1 ]] || return 1
    read -r pid dir <"$PORTS_DIR/$1" || return 1
    [[ -f $dir/cluster ]] || kill -0 "$pid" 2>/dev/null
}

claim_port() {
    if reservation_holds "$1" || ! port_is_free "$1"; then return 1; fi
    echo "$$ $DIR" >"$PORTS_DIR/$1"
    TAKEN+=("$1")
}

# Runs a function under the lock of the reservations.
with_ports_lock() {
    local lock
    mkdir -p "$PORTS_DIR"
    exec {lock}>"$PORTS_DIR/lock"
    if have flock; then flock "$lock"; fi
    "$@"
    exec {lock}>&-
}

reserve_ports() { with_ports_lock pick_ports "$1"; }

pick_ports() {
    local tries
    TAKEN=()
    for ((tries = 0; tries < 1000 && ${#TAKEN[@]} < $1; tries++)); do
        claim_port $((PORT_FIRST + (RANDOM * 32768 + RANDOM) % PORT_COUNT)) || true
    done
    ((${#TAKEN[@]} == $1)) || fail "found no $1 free ports from $PORT_FIRST on"
}

take_ports_from() {
    [[ $1 =~ ^[0-9]+$ ]] && (($1 > 0 && $1 + $2 <= 65536)) || usage_error "--port needs a port number, not $1"
    with_ports_lock take_row "$1" "$2"
}

take_row() {
    local port
    TAKEN=()
    for ((port = $1; port < $1 + $2; port++)); do
        claim_port "$port" || fail "port $port is taken"
    done
}

# Releases every port of the cluster in $DIR.
release_ports() {
    local file pid dir
    for file in "$PORTS_DIR"/[0-9]*; do
        [[ -f $file ]] || continue
        read -r pid dir <"$file" || continue
        [[ $dir != "$DIR" ]] || rm -f "$file"
    done
}
