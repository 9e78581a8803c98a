# shellcheck shell=bash
# Keys and certificates of a secure cluster, made by openssl in DIR/ssl. Sourced by the script `kafka`.

CERTIFICATE_DAYS=30
# The configuration of openssl names it, so it must always be set.
export SIGNING_DIR=none

ssl_config() {
    cat <<TEXT
[req]
distinguished_name = empty
x509_extensions = authority
[empty]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[ca]
default_ca = signing
[signing]
database = \$ENV::SIGNING_DIR/index
new_certs_dir = \$ENV::SIGNING_DIR
rand_serial = yes
default_md = sha256
policy = subject
copy_extensions = copy
unique_subject = no
x509_extensions = leaf
[leaf]
basicConstraints = CA:FALSE
authorityKeyIdentifier = keyid
[subject]
commonName = supplied
TEXT
}

ssl_tool() { run_child openssl "$@" >>"$DIR/ssl/openssl.log" 2>&1 || fail "openssl $1 failed: $(tail -n 5 "$DIR/ssl/openssl.log")"; }

new_key() { ssl_tool req -config "$DIR/ssl/openssl.cnf" -newkey ec -pkeyopt ec_paramgen_curve:P-256 "$@"; }

# What a start needs: the CA that clients must trust (`ssl.ca.location`), the brokers' certificate, and the key of tokens.
make_certificates() {
    rm -rf "$DIR/ssl"
    mkdir -p "$DIR/ssl"
    ssl_config >"$DIR/ssl/openssl.cnf"
    make_authority ca
    make_certificate broker ca localhost "IP:127.0.0.1,DNS:localhost" '' '' ''
    make_token_key
}

make_authority() {
    new_key -x509 -noenc -keyout "$DIR/ssl/$1.key" -out "$DIR/ssl/$1.pem" -days "$CERTIFICATE_DAYS" -subj "/CN=kafka-test $1"
}

# NAME.key, NAME.pem, and for a key without a password both in NAME.keystore.pem, as a broker wants them. Arguments: name,
# authority, common name, hosts, begin (seconds from now), seconds of validity, password of the key.
make_certificate() {
    local file=$DIR/ssl/$1 authority=$DIR/ssl/$2 begin=$((EPOCHSECONDS + ${5:--3600})) end secret=(-noenc)
    end=$((begin + ${6:-CERTIFICATE_DAYS * 86400}))
    [[ -z $7 ]] || secret=(-passout "pass:$7")
    SIGNING_DIR=$file.signing
    mkdir -p "$SIGNING_DIR"
    : >"$SIGNING_DIR/index"
    new_key -new "${secret[@]}" -keyout "$file.key" -out "$SIGNING_DIR/request" -subj "/CN=$3" ${4:+-addext "subjectAltName=$4"}
    ssl_tool ca -batch -notext -config "$DIR/ssl/openssl.cnf" -cert "$authority.pem" -keyfile "$authority.key" \
        -in "$SIGNING_DIR/request" -out "$file.pem" -startdate "$(ssl_time "$begin")" -enddate "$(ssl_time "$end")"
    rm -rf "$SIGNING_DIR"
    [[ -n $7 ]] || cat "$file.key" "$file.pem" >"$file.keystore.pem"
}

ssl_time() { date -u -d "@$1" +%Y%m%d%H%M%SZ; }

# The key that signs tokens, and its public part as the broker reads it.
make_token_key() {
    local key=$DIR/ssl/token.key modulus
    ssl_tool genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$key"
    modulus=$(openssl rsa -in "$key" -noout -modulus 2>>"$DIR/ssl/openssl.log")
    printf '{"keys":[{"kty":"RSA","kid":"token","use":"sig","alg":"RS256","e":"AQAB","n":"%s"}]}\n' \
        "$(from_hex "${modulus#*=}" | base64 -w0 | tr '+/' '-_' | tr -d '=')" >"$DIR/ssl/jwks.json"
}

# shellcheck disable=SC2059
from_hex() { printf "$(escaped_hex "$1")"; }
escaped_hex() { sed 's/../\\x&/g' <<<"$1"; }

cmd_certificate() {
    local name=${ARGS[0]-}
    [[ $name =~ ^[A-Za-z0-9._-]+$ && ${#ARGS[@]} == 1 ]] || usage_error "certificate needs a name of letters, digits, dots and dashes"
    require_secure
    lock_dir
    [[ -f $DIR/ssl/$AUTHORITY.pem ]] || make_authority "$AUTHORITY"
    make_certificate "$name" "$AUTHORITY" "${SUBJECT:-$name}" "$HOSTS" "$VALID_FROM" "$VALID_FOR" "$PASSWORD"
    echo "$DIR/ssl/$name.pem"
}

# Waits until new connections get the certificate: the broker applies the change after its answer.
cmd_serve() {
    local node ports deadline=$((SECONDS + START_DEADLINE)) keystore
    ((${#ARGS[@]} == 1)) || usage_error "serve needs the name of a certificate"
    require_secure
    keystore=$DIR/ssl/${ARGS[0]}.keystore.pem
    [[ -f $keystore ]] || fail "no $keystore: make it with \`certificate ${ARGS[0]}\`, without a password"
    read -ra ports <<<"$(secure_ports "${LISTENER^^}")"
    ((${#ports[@]} > 0)) && [[ $LISTENER != sasl ]] || usage_error "serve needs --listener ssl, mtls or sasl_ssl, not $LISTENER"
    for node in $(nodes); do
        set_broker_property "$node" "listener.name.$LISTENER.ssl.keystore.location" "$keystore"
        until [[ $(served_certificate "${ports[node - 1]}") == "$(openssl x509 -in "$DIR/ssl/${ARGS[0]}.pem")" ]]; do
            ((SECONDS < deadline)) || fail "node $node does not use the certificate"
            sleep 0.05
        done
    done
}

served_certificate() { { openssl s_client -connect "127.0.0.1:$1" </dev/null | openssl x509; } 2>/dev/null || true; }
