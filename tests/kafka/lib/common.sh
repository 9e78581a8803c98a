# shellcheck shell=bash
# Messages, processes, locks, and the file that remembers a cluster. Sourced by the script `kafka`.

say() { printf 'kafka: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

have() { command -v "$1" >/dev/null 2>&1; }

# --- processes ---

# When the process started, in clock ticks: with the pid it names one process, even after pids wrapped round.
process_start() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -ra stat <<<"${stat##*) }"
    # A zombie is a dead process that nobody has collected.
    [[ ${stat[0]} != Z ]] || return 1
    echo "${stat[19]}"
}

process_alive() { [[ $(process_start "$1") == "$2" ]]; }

# Runs a command in a session of its own, with no standard input and without the locks this script holds: it outlives
# the script, a Ctrl-C meant for the caller does not reach it, and no lock stays taken. Use with `&`.
detached() {
    give_up_lock
    if have setsid; then exec setsid "$@" </dev/null; else exec nohup "$@" </dev/null; fi
}

# Runs a command so that a signal to this script ends it at once (bash waits for a plain foreground command first).
run_child() {
    "$@" </dev/null &
    wait $!
}

# However this script ends, by a signal too, that function runs last.
leave_by() {
    trap "$1" EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

# What runs in the background is this script's own: a download, the formatting, nodes that are being started.
end_jobs() {
    # shellcheck disable=SC2046
    { kill -KILL $(jobs -p) && wait; } 2>/dev/null || true
}

owner_gone() { [[ -n $OWNER_PID ]] && ! process_alive "$OWNER_PID" "$OWNER_START"; }

# --- locks ---

# One command at a time works on a directory. Readers (status, bootstrap) need no lock: `cluster` is replaced in one step.
lock_dir() {
    exec {DIR_LOCK}>"$DIR/lock"
    have flock || return 0
    flock --wait 120 "$DIR_LOCK" || fail "another command works on $DIR"
}

# For a child, which would hold the lock as long as it lives.
give_up_lock() { [[ -z ${DIR_LOCK:-} ]] || exec {DIR_LOCK}>&-; }

# --- the cluster's file ---

nodes() { seq 1 "$NODES"; }

bootstrap_servers() {
    local list
    printf -v list '127.0.0.1:%s,' "$@"
    echo "${list%,}"
}

new_cluster_id() { head -c 16 /dev/urandom | base64 | tr '+/' 'AZ' | tr -d '='; }

save_cluster() {
    {
        echo "BACKEND=$BACKEND"
        echo "NODES=$NODES"
        echo "CLUSTER_ID=$CLUSTER_ID"
        echo "PORTS=(${PORTS[*]})"
        echo "CONTROLLERS=(${CONTROLLERS[*]})"
        echo "SECURE=$SECURE"
        echo "SASL_PORTS=(${SASL_PORTS[*]-})"
        echo "SSL_PORTS=(${SSL_PORTS[*]-})"
    } >"$DIR/cluster.new"
    mv "$DIR/cluster.new" "$DIR/cluster"
}

load_cluster() {
    [[ -f $DIR/cluster ]] || return 1
    # shellcheck source=/dev/null
    source "$DIR/cluster"
}

forget_cluster() {
    release_ports
    rm -rf "$DIR/cluster" "$DIR"/node-[123] "$DIR/ssl" "$DIR/override.yml" "$DIR/docker.log"
}

# Removes what this script wrote and nothing else; the directory goes when that leaves it empty.
purge() {
    forget_cluster
    rm -f "$DIR/lock"
    rmdir "$DIR" 2>/dev/null || true
}

require_node() {
    [[ -d $DIR ]] || fail "no cluster in $DIR"
    DIR=$(cd "$DIR" && pwd)
    lock_dir
    load_cluster || fail "no cluster in $DIR"
    [[ $NODE =~ ^[0-9]+$ ]] && ((NODE >= 1 && NODE <= NODES)) || usage_error "$COMMAND needs a node, 1 to $NODES"
}

# --- which server ---

choose_backend() {
    [[ -z $BACKEND ]] || return 0
    local java_lacks docker_lacks
    java_lacks=$(java_missing)
    [[ -n $java_lacks ]] || { BACKEND=java; return 0; }
    docker_lacks=$(docker_missing)
    [[ -n $docker_lacks ]] || { BACKEND=docker; return 0; }
    say "no way to run a Kafka broker here: Java lacks $java_lacks; docker lacks $docker_lacks"
    say "install Java 17 or newer and Maven (Debian, Ubuntu: apt-get install default-jre-headless maven), or docker"
    exit 3
}
