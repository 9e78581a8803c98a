# shellcheck shell=bash
# The broker as JVM processes, with jars from Maven Central. Sourced by the script `kafka`.

java_program() { if [[ -n ${JAVA_HOME:-} && -x $JAVA_HOME/bin/java ]]; then echo "$JAVA_HOME/bin/java"; else echo java; fi; }

java_major() {
    local line
    line=$("$(java_program)" -version 2>&1 | grep -m1 version) || return 1
    [[ $line =~ \"([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

# Prints what is missing for this backend; nothing if it works.
java_missing() {
    local major
    if ! have flock || [[ ! -d /proc/self ]]; then echo "Linux with flock (util-linux)"; return; fi
    major=$(java_major) || { echo "java"; return; }
    if ((major < 17)); then echo "Java 17 or newer (here: $major)"; return; fi
    [[ -d $LIBS ]] || have mvn || echo "mvn"
}

# --- jars ---

# Once for all clusters: the folder appears complete or not at all, and a second start waits for the download.
fetch_jars() {
    [[ ! -d $LIBS ]] || return 0
    local lock parent
    parent=$(dirname "$LIBS")
    mkdir -p "$parent"
    exec {lock}>"$parent/fetch.lock"
    flock "$lock"
    if [[ ! -d $LIBS ]]; then
        say "fetching Apache Kafka $VERSION from Maven Central"
        if ! download_jars "$parent/libs.part" >"$parent/fetch.log" 2>&1; then
            tail -n 20 "$parent/fetch.log" >&2
            fail "cannot fetch the jars (log: $parent/fetch.log)"
        fi
        mv "$parent/libs.part" "$LIBS"
    fi
    exec {lock}>&-
}

download_jars() {
    rm -rf "$1"
    # By its full name: a short name costs another request, whose failure hides the cause.
    run_child mvn -B -q -f "$HERE/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies \
        -DincludeScope=runtime -Dkafka.version="$VERSION" -DoutputDirectory="$1" || return 1
    compgen -G "$1/kafka_2.13-$VERSION.jar" >/dev/null
}

# --- one node ---

node_dir() { echo "$DIR/node-$1"; }

# The defaults make groups and elections fast, so that tests do not wait for timers.
write_properties() {
    local node=$1 voters='' peer replicas=$NODES min_isr=$((NODES > 1 ? 2 : 1)) listeners
    listeners=PLAINTEXT://127.0.0.1:${PORTS[node - 1]}
    [[ $SECURE == no ]] || listeners+=$(secure_listeners "$node")
    for peer in $(nodes); do voters+="${voters:+,}$peer@127.0.0.1:${CONTROLLERS[peer - 1]}"; done
    cat >"$(node_dir "$node")/server.properties" <<TEXT
process.roles=broker,controller
node.id=$node
controller.quorum.voters=$voters
listeners=$listeners,CONTROLLER://127.0.0.1:${CONTROLLERS[node - 1]}
advertised.listeners=$listeners
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,SSL:SSL,MTLS:SSL,SASL_SSL:SASL_SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$(node_dir "$node")/data
num.network.threads=2
num.io.threads=2
num.partitions=4
log.segment.bytes=16777216
auto.create.topics.enable=false
default.replication.factor=$replicas
min.insync.replicas=$min_isr
offsets.topic.replication.factor=$replicas
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=$min_isr
transaction.state.log.num.partitions=4
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
share.coordinator.state.topic.replication.factor=$replicas
share.coordinator.state.topic.min.isr=$min_isr
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.min.session.timeout.ms=1000
group.consumer.min.heartbeat.interval.ms=200
group.consumer.session.timeout.ms=6000
group.consumer.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
TEXT
    [[ $SECURE == no ]] || secure_properties >>"$(node_dir "$node")/server.properties"
    add_properties "$node"
}

# The last value of a name wins.
add_properties() {
    ((${#PROPERTIES[@]} == 0)) || printf '%s\n' "${PROPERTIES[@]}" >>"$(node_dir "$1")/server.properties"
}

jvm() {
    local heap=${KAFKA_TEST_HEAP:-384m} options=()
    [[ $SECURE == no ]] || options=("$(secure_options)")
    JVM=("$(java_program)" -Xms128m "-Xmx$heap" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ActiveProcessorCount=2
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=${KAFKA_TEST_LOG_LEVEL:-warn}"
        -Dorg.slf4j.simpleLogger.showDateTime=true "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS"
        ${options[@]+"${options[@]}"} -cp "$LIBS/*" "$@")
}

# Replaces the subshell by the JVM, so that the job is the JVM. Use with `&`.
format_storage() {
    local config
    config=$(node_dir "$1")/server.properties
    jvm kafka.tools.StorageTool format --cluster-id "$CLUSTER_ID" --config "$config"
    exec "${JVM[@]}" </dev/null >>"$(node_dir "$1")/server.log" 2>&1
}

launch() {
    local dir pid
    dir=$(node_dir "$1")
    jvm kafka.Kafka "$dir/server.properties"
    detached "${JVM[@]}" >>"$dir/server.log" 2>&1 &
    pid=$!
    echo "$pid $(process_start "$pid")" >"$dir/pid"
}

java_start() {
    local node formats=()
    [[ $SECURE == no ]] || make_certificates
    for node in $(nodes); do
        mkdir -p "$(node_dir "$node")"
        write_properties "$node"
        format_storage "$node" &
        formats+=($!)
    done
    for node in "${formats[@]}"; do wait "$node" || return 1; done
    for node in $(nodes); do launch "$node"; done
    # shellcheck disable=SC2046
    wait_until_ready $(nodes)
}

java_port_was_taken() { grep -qsE 'BindException|Address already in use' "$DIR"/node-*/server.log; }

java_show_logs() {
    local node
    for node in $(nodes); do
        say "the end of $(node_dir "$node")/server.log:"
        tail -n 30 "$(node_dir "$node")/server.log" >&2 || true
    done
}

java_node_running() {
    local pid started
    read -r pid started 2>/dev/null <"$(node_dir "$1")/pid" || return 1
    process_alive "$pid" "$started"
}

java_any_running() {
    local node
    for node in $(nodes); do java_node_running "$node" && return 0; done
    return 1
}

java_detail() {
    local pid _
    read -r pid _ <"$(node_dir "$1")/pid"
    echo ", pid $pid"
}

# Checks the pid again right before the signal, so that only a process of this script gets it.
signal_node() {
    local pid _
    java_node_running "$2" || return 0
    read -r pid _ <"$(node_dir "$2")/pid"
    kill "-$1" "$pid" 2>/dev/null || true
}

# Waits until all nodes have ended; fails after that many seconds.
wait_until_ended() {
    local deadline=$((SECONDS + $1))
    while java_any_running; do
        ((SECONDS < deadline)) || return 1
        sleep 0.05
    done
}

java_stop() {
    local node
    if [[ $1 != now ]]; then
        # A frozen node handles SIGTERM after SIGCONT.
        for node in $(nodes); do signal_node TERM "$node"; signal_node CONT "$node"; done
        # Nodes that stop together may wait for a lost quorum.
        wait_until_ended 10 && return
        say "some nodes did not stop in 10 s; killing them"
    fi
    for node in $(nodes); do signal_node KILL "$node"; done
    wait_until_ended 10 || fail "a node survives SIGKILL"
}

java_kill() {
    java_node_running "$1" || fail "node $1 is not running"
    signal_node KILL "$1"
    while java_node_running "$1"; do sleep 0.02; done
}

java_freeze() { java_node_running "$1" && signal_node STOP "$1"; }
java_thaw() { java_node_running "$1" && signal_node CONT "$1"; }

java_restart() {
    local node running=()
    add_properties "$1"
    launch "$1"
    for node in $(nodes); do if java_node_running "$node"; then running+=("$node"); fi; done
    wait_until_ready "${running[@]}"
}
