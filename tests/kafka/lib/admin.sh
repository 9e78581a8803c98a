# shellcheck shell=bash
# Permissions, passwords and properties of a running secure cluster, in Kafka's protocol, without a client or a JVM. Sourced
# by the script `kafka`.

int16() { printf '\\x%02x\\x%02x' $(($1 >> 8 & 255)) $(($1 & 255)); }
int32() { int16 $(($1 >> 16)); int16 $(($1 & 65535)); }
int8() { printf '\\x%02x' "$1"; }
# ASCII only, like the names of topics and groups, and paths.
text() {
    [[ $1 =~ ^[A-Za-z0-9._:*/-]+$ ]] || usage_error "not a name: $1"
    int16 "${#1}"
    printf '%s' "$1"
}

require_secure() {
    load_cluster || fail "no cluster in $DIR"
    DIR=$(cd "$DIR" && pwd)
    [[ $SECURE == yes ]] || fail "the cluster in $DIR is not secure: start it with --secure"
}

# Sends a request, given from its api number on, to the first node that answers.
ask_cluster() {
    local node
    for node in $(nodes); do
        if ask_node "$node" "$1"; then return 0; fi
    done
    return 1
}

ask_node() {
    local size
    # shellcheck disable=SC2059
    size=$(printf "$2" | wc -c)
    ask "${PORTS[$1 - 1]}" "$(int32 "$size")$2"
}

# Fails with the error code and message at a position of an answer, the message with a length of two bytes.
refusal() {
    local bytes at=$2 code length
    read -ra bytes <<<"$1"
    code=$(((bytes[at] << 8) + bytes[at + 1]))
    ((code != 0)) || return 0
    length=$(((bytes[at + 2] << 8) + bytes[at + 3]))
    ((length != 65535)) || fail "the broker rejects the request (error $code)"
    # shellcheck disable=SC2059
    fail "the broker rejects the request (error $code): $(printf "$(printf '\\x%02x' "${bytes[@]:at + 4:length}")")"
}

# --- permissions ---

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
# operation, permission (1 any, 2 deny, 3 allow). The answer: correlation id, throttle time, number of entries, the first.
change_acl() {
    local api=$1 permission=$2 body answer resource operation user
    ((${#ARGS[@]} == 3)) || usage_error "$COMMAND needs a user, an operation and a resource"
    require_secure
    resource=$(acl_resource "${ARGS[2]}") && operation=$(acl_operation "${ARGS[1]}") && user=$(text "User:${ARGS[0]}") || exit
    body="$(int16 "$api")$(int16 1)$(int32 1)\xff\xff$(int32 1)"
    body+="$resource$(int8 3)$user$(text '*')$(int8 "$operation")$(int8 "$permission")"
    answer=$(ask_cluster "$body") || fail "no broker of the cluster answers"
    refusal "$answer" 12
}

# --- passwords of SCRAM ---

cmd_password() {
    ((${#ARGS[@]} == 2)) || usage_error "password needs a user and a password"
    [[ ${ARGS[0]} =~ ^[A-Za-z0-9._-]{1,100}$ ]] || usage_error "not a user: ${ARGS[0]}"
    require_secure
    # One request for each: the controller changes a user only once in a request.
    set_password "${ARGS[@]}" 1 SHA256 32
    set_password "${ARGS[@]}" 2 SHA512 64
}

# AlterUserScramCredentials (api 51), version 0, with lengths plus one: no deletions, and one entry of user, mechanism (1
# SHA-256, 2 SHA-512), iterations, salt, salted password. The answer: correlation id, tags, throttle time, number of
# entries, and of the first the user, the error code and a message.
set_password() {
    local user=$1 password=$2 mechanism=$3 digest=$4 length=$5 salt salted body answer bytes at
    salt=$(head -c 16 /dev/urandom | od -An -v -tx1 | tr -d ' \n')
    salted=$(openssl kdf -keylen "$length" -kdfopt "digest:$digest" -kdfopt "pass:$password" -kdfopt "hexsalt:$salt" \
        -kdfopt iter:4096 PBKDF2)
    body="$(int16 51)$(int16 0)$(int32 1)\xff\xff\x00\x01\x02$(int8 $((${#user} + 1)))$user$(int8 "$mechanism")$(int32 4096)"
    body+="\x11$(escaped_hex "$salt")$(int8 $((length + 1)))$(escaped_hex "${salted//:/}")\x00\x00"
    answer=$(ask_cluster "$body") || fail "no broker of the cluster answers"
    read -ra bytes <<<"$answer"
    at=$((11 + ${#user}))
    [[ ${bytes[*]:at:2} == '0 0' ]] || fail "the broker rejects the password (error ${bytes[at + 1]-})"
}

# --- properties ---

# IncrementalAlterConfigs (api 44), version 0: sets one property of one broker, which must get the request itself.
set_broker_property() {
    local body answer
    body="$(int16 44)$(int16 0)$(int32 1)\xff\xff$(int32 1)$(int8 4)$(text "$1")$(int32 1)$(text "$2")$(int8 0)$(text "$3")$(int8 0)"
    answer=$(ask_node "$1" "$body") || fail "node $1 does not answer"
    refusal "$answer" 12
}
