# shellcheck shell=bash
# The parts of `start --secure`: users, certificates and permissions. Sourced by the script `kafka`.
#
# Three listeners: PLAINTEXT and SSL have no authentication, so their clients are User:ANONYMOUS with all permissions (the
# brokers among themselves, and the test's own client); SASL has the users below, without permissions until `allow`.

USERS=64
STORE_PASSWORD=keystore-secret

keytool_program() { if [[ -n ${JAVA_HOME:-} && -x $JAVA_HOME/bin/keytool ]]; then echo "$JAVA_HOME/bin/keytool"; else echo keytool; fi; }

# One self-signed key for all nodes: its certificate is also the CA that a client must trust (`ssl.ca.location`).
make_certificate() {
    local store=$DIR/ssl/broker.p12 keytool
    keytool=$(keytool_program)
    have "$keytool" || fail "--secure needs keytool, which comes with the Java runtime"
    rm -rf "$DIR/ssl"
    mkdir -p "$DIR/ssl"
    run_child "$keytool" -genkeypair -alias broker -keyalg RSA -keysize 2048 -validity 30 -dname CN=localhost \
        -ext SAN=ip:127.0.0.1,dns:localhost -keystore "$store" -storetype PKCS12 -storepass "$STORE_PASSWORD" \
        2>"$DIR/ssl/keytool.log" || fail "keytool failed: $(<"$DIR/ssl/keytool.log")"
    run_child "$keytool" -exportcert -rfc -alias broker -keystore "$store" -storepass "$STORE_PASSWORD" \
        >"$DIR/ssl/ca.pem" 2>"$DIR/ssl/keytool.log" || fail "keytool failed: $(<"$DIR/ssl/keytool.log")"
}

# user-1 to user-64. The password contains the name, so that a test can look for it in a log.
jaas_users() {
    local number
    for ((number = 1; number <= USERS; number++)); do printf ' user_user-%d="user-%d-secret"' "$number" "$number"; done
}

secure_listeners() { echo ",SASL://127.0.0.1:${SASL_PORTS[$1 - 1]},SSL://127.0.0.1:${SSL_PORTS[$1 - 1]}"; }

secure_properties() {
    cat <<TEXT
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
listener.name.sasl.sasl.enabled.mechanisms=PLAIN
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required$(jaas_users);
listener.name.ssl.ssl.keystore.type=PKCS12
listener.name.ssl.ssl.keystore.location=$DIR/ssl/broker.p12
listener.name.ssl.ssl.keystore.password=$STORE_PASSWORD
TEXT
}

# --- permissions, in Kafka's protocol, without a client or a JVM ---

int16() { printf '\\x%02x\\x%02x' $(($1 >> 8 & 255)) $(($1 & 255)); }
int32() { int16 $(($1 >> 16)); int16 $(($1 & 65535)); }
int8() { printf '\\x%02x' "$1"; }
# ASCII only, like the names of topics and groups.
text() {
    [[ $1 =~ ^[A-Za-z0-9._:*-]+$ ]] || usage_error "not a name: $1"
    int16 "${#1}"
    printf '%s' "$1"
}

# The protocol numbers of operations, resource types and permissions.
acl_operation() {
    case ${1,,} in
        any) echo 1 ;; all) echo 2 ;; read) echo 3 ;; write) echo 4 ;; create) echo 5 ;; delete) echo 6 ;; alter) echo 7 ;;
        describe) echo 8 ;; describe-configs) echo 10 ;; alter-configs) echo 11 ;; idempotent-write) echo 12 ;;
        *) usage_error "unknown operation $1" ;;
    esac
}

acl_resource() {
    case $1 in
        topic:?*) int8 2; text "${1#*:}" ;;
        group:?*) int8 3; text "${1#*:}" ;;
        cluster) int8 4; text kafka-cluster ;;
        transactional-id:?*) int8 5; text "${1#*:}" ;;
        *) usage_error "a resource is topic:NAME, group:NAME, transactional-id:NAME or cluster, not $1" ;;
    esac
}

# CreateAcls (api 30) and DeleteAcls (31), version 1, of one entry: resource with a literal name, user, any host,
# operation, permission (1 any, 2 deny, 3 allow).
change_acl() {
    local api=$1 permission=$2 body answer resource operation user
    ((${#ARGS[@]} == 3)) || usage_error "$COMMAND needs a user, an operation and a resource"
    load_cluster || fail "no cluster in $DIR"
    [[ $SECURE == yes ]] || fail "the cluster in $DIR has no authorizer: start it with --secure"
    resource=$(acl_resource "${ARGS[2]}") && operation=$(acl_operation "${ARGS[1]}") && user=$(text "User:${ARGS[0]}") || exit
    body="$(int16 "$api")$(int16 1)$(int32 1)\xff\xff$(int32 1)"
    body+="$resource$(int8 3)$user$(text '*')$(int8 "$operation")$(int8 "$permission")"
    answer=$(ask_cluster "$body") || fail "no broker of the cluster answers"
    acl_refusal "$answer"
}

# The answer: correlation id, throttle time, number of entries, and the error code and message of the first entry.
acl_refusal() {
    local bytes code length
    read -ra bytes <<<"$1"
    code=$(((bytes[12] << 8) + bytes[13]))
    ((code != 0)) || return 0
    length=$(((bytes[14] << 8) + bytes[15]))
    ((length != 65535)) || fail "the broker rejects the request (error $code)"
    # shellcheck disable=SC2059
    fail "the broker rejects the request (error $code): $(printf "$(printf '\\x%02x' "${bytes[@]:16:length}")")"
}

# Sends a request to the first node that answers.
ask_cluster() {
    local node size
    # shellcheck disable=SC2059
    size=$(printf "$1" | wc -c)
    for node in $(nodes); do
        if ask "${PORTS[node - 1]}" "$(int32 "$size")$1"; then return 0; fi
    done
    return 1
}
