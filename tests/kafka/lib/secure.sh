# shellcheck shell=bash
# The parts of `start --secure`: listeners, users and permissions. Sourced by the script `kafka`.
#
# Without authentication: PLAINTEXT and SSL, so their clients are User:ANONYMOUS with all permissions (the brokers among
# themselves, and the test's own client). The clients of SASL, MTLS and SASL_SSL are the users below, whatever the
# mechanism, without permissions until `allow`.

USERS=64
SECURE_LISTENERS=(SASL SSL MTLS SASL_SSL)
# What the tokens of OAUTHBEARER must name.
TOKEN_ISSUER=https://issuer.test
TOKEN_AUDIENCE=kafka-test

# Prints what `--secure` lacks here; nothing if it works.
secure_lacks() {
    if [[ $BACKEND != java ]]; then echo "Java 17 and Maven (Debian, Ubuntu: apt-get install default-jre-headless maven)"; return; fi
    [[ $(openssl version 2>/dev/null) =~ ^OpenSSL\ [3-9] ]] || echo "the program openssl, 3.0 or newer (Debian, Ubuntu: apt-get install openssl)"
}

# The ports of a listener, one for each node.
secure_ports() {
    local place
    for place in "${!SECURE_LISTENERS[@]}"; do
        [[ ${SECURE_LISTENERS[place]} != "$1" ]] || echo "${SECURE_PORTS[@]:place * NODES:NODES}"
    done
}

secure_listeners() {
    local listener ports
    for listener in "${SECURE_LISTENERS[@]}"; do
        read -ra ports <<<"$(secure_ports "$listener")"
        printf ',%s://127.0.0.1:%s' "$listener" "${ports[$1 - 1]}"
    done
}

# user-1 to user-64. The password contains the name, so that a test can look for it in a log.
jaas_users() {
    local number
    for ((number = 1; number <= USERS; number++)); do printf ' user_user-%d="user-%d-secret"' "$number" "$number"; done
}

secure_properties() {
    local listener plain
    plain="org.apache.kafka.common.security.plain.PlainLoginModule required$(jaas_users);"
    cat <<TEXT
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
ssl.allow.dn.changes=true
ssl.allow.san.changes=true
listener.name.sasl.sasl.enabled.mechanisms=PLAIN
listener.name.sasl.plain.sasl.jaas.config=$plain
listener.name.sasl_ssl.plain.sasl.jaas.config=$plain
TEXT
    for listener in ssl mtls sasl_ssl; do
        cat <<TEXT
listener.name.$listener.ssl.keystore.type=PEM
listener.name.$listener.ssl.keystore.location=$DIR/ssl/broker.keystore.pem
TEXT
    done
    mtls_properties
    sasl_ssl_properties
}

# The user of a client certificate is its common name.
mtls_properties() {
    cat <<TEXT
listener.name.mtls.ssl.client.auth=required
listener.name.mtls.ssl.truststore.type=PEM
listener.name.mtls.ssl.truststore.location=$DIR/ssl/ca.pem
listener.name.mtls.ssl.principal.mapping.rules=RULE:^CN=([^,]+).*\$/\$1/
TEXT
}

# A session of OAUTHBEARER ends with its token, unless the client authenticates again.
sasl_ssl_properties() {
    local prefix=listener.name.sasl_ssl oauth=org.apache.kafka.common.security.oauthbearer
    cat <<TEXT
$prefix.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
$prefix.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
$prefix.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
$prefix.oauthbearer.sasl.jaas.config=$oauth.OAuthBearerLoginModule required;
$prefix.oauthbearer.sasl.server.callback.handler.class=$oauth.OAuthBearerValidatorCallbackHandler
$prefix.oauthbearer.connections.max.reauth.ms=3600000
$prefix.sasl.oauthbearer.jwks.endpoint.url=file://$DIR/ssl/jwks.json
$prefix.sasl.oauthbearer.expected.issuer=$TOKEN_ISSUER
$prefix.sasl.oauthbearer.expected.audience=$TOKEN_AUDIENCE
TEXT
}

# The broker reads keys of tokens only from addresses that this property allows.
secure_options() { echo "-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file://$DIR/ssl/jwks.json"; }
