# shellcheck shell=bash
# Messages, processes, locks, and the file that remembers a cluster. Sourced by the script `kafka`.

say() { printf 'kafka: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

have() { command -v "$1" >/dev/null 2>&1; }

# --- processes ---

# When the process started, in clock ticks: with the pid it identifies a process, even after pids have wrapped around.
process_start() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -ra stat <<<"${stat##*) }"
    # A zombie is a dead process whose parent has not waited for it.
    [[ ${stat[0]} != Z ]] || return 1
    echo "${stat[19]}"
}

process_alive() { [[ $(process_start "$1") == "$2" ]]; }

# Runs a command in its own session, without standard input and without the locks of this script: it outlives the script,
# a Ctrl-C for the caller does not reach it, and it holds no lock. Use with `&`.
detached() {
    give_up_lock
    if have setsid; then exec setsid "$@" </dev/null; else exec nohup "$@" </dev/null; fi
}

# Runs a command that a signal to this script ends at once (bash would wait for a foreground command first).
run_child() {
    "$@" </dev/null &
    wait $!
}

# Runs a function when this script ends, also by a signal.
leave_by() {
    trap "$1" EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

# Ends this script's background jobs: a download, the formatting, starting nodes.
end_jobs() {
    # shellcheck disable=SC2046
    { kill -KILL $(jobs -p) && wait; } 2>/dev/null || true
}

owner_gone() { [[ -n $OWNER_PID ]] && ! process_alive "$OWNER_PID" "$OWNER_START"; }

# --- locks ---

# Allows one command at a time per directory. Readers (status, bootstrap) need no lock: `cluster` is replaced atomically.
lock_dir() {
    exec {DIR_LOCK}>"$DIR/lock"
    have flock || return 0
    flock --wait 120 "$DIR_LOCK" || fail "another command is using $DIR"
}

# For a child process, which would otherwise hold the lock for its whole life.
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
        echo "SECURE_PORTS=(${SECURE_PORTS[*]-})"
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

# Removes only the files of this script, and the directory if it is empty then.
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
    say "cannot run a Kafka broker: Java lacks $java_lacks; docker lacks $docker_lacks"
    say "install Java 17 or newer and Maven (Debian, Ubuntu: apt-get install default-jre-headless maven), or docker"
    exit 3
}
