# shellcheck shell=bash
# The broker as containers of compose.yml, for machines without Java. Sourced by the script `kafka`.

docker_missing() {
    if ! have docker; then echo "docker"; return; fi
    if ! docker info >/dev/null 2>&1; then echo "a running docker engine"; return; fi
    docker compose version >/dev/null 2>&1 || echo "the compose plugin"
}

# The variables of compose.yml come from the cluster's file, so that each call sees the same services.
compose() (
    give_up_lock
    local profile=() node voters=''
    for node in $(nodes); do
        voters+="${voters:+,}$node@kafka-$node:19093"
        export "KAFKA_PORT_$node=${PORTS[node - 1]}"
    done
    [[ $NODES == 1 ]] || profile=(--profile three)
    KAFKA_VERSION=$VERSION KAFKA_CLUSTER_ID=$CLUSTER_ID KAFKA_VOTERS=$voters \
        KAFKA_REPLICATION=$NODES KAFKA_MIN_ISR=$((NODES > 1 ? 2 : 1)) \
        docker compose --progress quiet -p "kafka-test-$(cksum <<<"$DIR" | cut -d' ' -f1)" \
        -f "$HERE/compose.yml" -f "$DIR/override.yml" ${profile[@]+"${profile[@]}"} "$@" </dev/null
)

# The broker properties of the command line, in the image's spelling: dots are underscores, underscores are doubled.
write_override() {
    local node property name
    {
        echo "services:"
        for node in $(nodes); do
            echo "  kafka-$node:"
            echo "    environment:"
            echo "      KAFKA_NODE_ID: $node"
            for property in ${PROPERTIES[@]+"${PROPERTIES[@]}"}; do
                name=${property%%=*}
                name=${name//_/__}
                name=${name//-/___}
                name=${name//./_}
                printf "      KAFKA_%s: '%s'\n" "${name^^}" "${property#*=}"
            done
        done
    } >"$DIR/override.yml"
}

docker_start() {
    write_override
    run_child compose up --detach --wait --wait-timeout "$START_DEADLINE" >&2 || return 1
    # shellcheck disable=SC2046
    wait_until_ready $(nodes)
}

docker_port_was_taken() { compose logs 2>&1 | grep -q 'port is already allocated' || ! compose_all_created; }
compose_all_created() { [[ $(compose ps --all --quiet 2>/dev/null | wc -l) == "$NODES" ]]; }
docker_show_logs() { compose logs --tail 30 >&2 || true; }
docker_node_running() { compose ps --status running --services 2>/dev/null | grep -qx "kafka-$1"; }
docker_any_running() { [[ -n $(compose ps --status running --services 2>/dev/null) ]]; }
docker_detail() { echo ", container kafka-$1"; }

docker_stop() {
    [[ -f $DIR/override.yml ]] || return 0
    local seconds=10
    [[ $1 != now ]] || seconds=0
    compose logs >"$DIR/docker.log" 2>&1 || true
    compose down --volumes --timeout "$seconds" >&2
}

docker_freeze() { compose pause "kafka-$1" >&2; }
docker_thaw() { compose unpause "kafka-$1" >&2; }
docker_kill() { compose kill --signal SIGKILL "kafka-$1" >&2; }

docker_restart() {
    local node running=()
    ((${#PROPERTIES[@]} == 0)) || fail "restart --property needs Java; containers keep the properties of their start"
    compose start "kafka-$1" >&2
    for node in $(nodes); do if docker_node_running "$node"; then running+=("$node"); fi; done
    wait_until_ready "${running[@]}"
}
