LATCHKEY=http://localhost:38079
ADMIN_SECRET=lk_paste_the_secret_key_here
ANSWER=$(curl -sS -u "admin:$ADMIN_SECRET" -d grant_type=client_credentials "$LATCHKEY/connect/token")
ADMIN_TOKEN=$(echo "$ANSWER" | sed -nE 's/.*"access_token":"([^"]+)".*/\1/p')
CREATED=$(curl -sS "$LATCHKEY/graphql" -H "Authorization: Bearer ${ADMIN_TOKEN:?There is no token: $ANSWER}" -H 'Content-Type: application/json' \
  -d '{"query":"mutation { createClient(input: { name: \"First client\", clientId: \"first-client\", scopes: [\"orders:read\"] }) { clientSecret } }"}')
SECRET=$(echo "$CREATED" | sed -nE 's/.*"clientSecret":"([^"]+)".*/\1/p')
curl -sS -u "first-client:${SECRET:?There is no secret: $CREATED}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
LATCHKEY=http://localhost:38079
ADMIN_SECRET=lk_paste_the_secret_key_here
ask() { local answer; answer=$(curl -sS "$@") || return; case $answer in *'"error'*) echo "Refused: $answer" >&2; return 1 ;; esac; echo "$answer"; }
token() { ask -u "$1:${2:?there is no secret}" -d grant_type=client_credentials "$3/connect/token"; }
operate() { ask "$1/graphql" -H "Authorization: Bearer ${2:?there is no token}" -H 'Content-Type: application/json' -d "{\"query\":\"$3\"}"; }
value() { sed -nE "s/.*\"$1\":\"([^\"]+)\".*/\\1/p"; }
ADMIN_TOKEN=$(token admin "$ADMIN_SECRET" "$LATCHKEY" | value access_token)
graphql() { operate "$LATCHKEY" "$ADMIN_TOKEN" "$1"; }
graphql '{ viewer { clientId scopes } }'
CREATED=$(graphql 'mutation { createClient(input: { name: \"Sales board\", clientId: \"sales-board\", accessTokenLifetime: 900, scopes: [\"orders:read\"] }) { client { clientId audiences } clientSecret } }')
echo "$CREATED"
SECRET=$(echo "$CREATED" | value clientSecret)
curl -sS -u "sales-board:${SECRET:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
ROTATED=$(graphql 'mutation { rotateClientSecret(clientId: \"sales-board\", overlapSeconds: 3600) { clientSecret client { secrets { hint expiresAt } } } }')
echo "$ROTATED"
SECOND=$(echo "$ROTATED" | value clientSecret)
token sales-board "$SECRET" "$LATCHKEY"
TOKEN=$(token sales-board "$SECOND" "$LATCHKEY" | value access_token)
introspect() { ask -u "sales-board:${SECOND:?there is no secret}" -d "token=${TOKEN:?there is no token}" "$LATCHKEY/connect/introspect"; }
introspect
graphql 'mutation { revokeClientTokens(clientId: \"sales-board\") { lastTokenExpiresAt } }'
introspect
graphql '{ clients(search: \"sales\") { nodes { name clientId enabled secrets { hint createdAt } } totalCount } }'
graphql 'mutation { updateClient(clientId: \"sales-board\", input: { enabled: false }) { enabled version } }'
curl -sS -u "sales-board:${SECRET:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
graphql 'mutation { deleteClient(clientId: \"sales-board\") { clientId lastTokenExpiresAt } }'
LATCHKEY=http://localhost:38079
ask() { local answer; answer=$(curl -sS "$@") || return; case $answer in *'"error'*) echo "Refused: $answer" >&2; return 1 ;; esac; echo "$answer"; }
token() { ask -u "$1:${2:?there is no secret}" -d grant_type=client_credentials "$3/connect/token"; }
operate() { ask "$1/graphql" -H "Authorization: Bearer ${2:?there is no token}" -H 'Content-Type: application/json' -d "{\"query\":\"$3\"}"; }
value() { sed -nE "s/.*\"$1\":\"([^\"]+)\".*/\\1/p"; }
CREATED=$(graphql 'mutation { createTenant(input: { name: \"Acme Corp\", host: \"acme.localhost:38079\" }) { tenant { issuer } client { clientId scopes } clientSecret } }')
echo "$CREATED"
ACME=http://acme.localhost:38079
ACME_SECRET=$(echo "$CREATED" | value clientSecret)
ACME_TOKEN=$(token admin "$ACME_SECRET" "$ACME" | value access_token)
acme() { operate "$ACME" "$ACME_TOKEN" "$1"; }
BOARD=$(acme 'mutation { createClient(input: { name: \"Sales board\", clientId: \"sales-board\" }) { clientSecret } }' | value clientSecret)
token sales-board "$BOARD" "$ACME"
curl -sS -u "sales-board:${BOARD:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
curl -sS "$LATCHKEY/graphql" -H "Authorization: Bearer ${ACME_TOKEN:?there is no token}" -H 'Content-Type: application/json' -d '{"query":"{ clients { totalCount } }"}'
echo
acme '{ auditEvents(first: 2) { nodes { action actorId objectId after address at } } }'
graphql 'mutation { updateTenant(host: \"acme.localhost:38079\", input: { enabled: false }) { enabled } }'
curl -sS -u "sales-board:${BOARD:?there is no secret}" -d grant_type=client_credentials "$ACME/connect/token"
echo
graphql 'mutation { deleteTenant(host: \"acme.localhost:38079\") { host } }'
LATCHKEY=http://localhost:37683
ADMIN_SECRET=lk_paste_the_secret_key_here
ANSWER=$(curl -sS -u "admin:$ADMIN_SECRET" -d grant_type=client_credentials "$LATCHKEY/connect/token")
ADMIN_TOKEN=$(echo "$ANSWER" | sed -nE 's/.*"access_token":"([^"]+)".*/\1/p')
CREATED=$(curl -sS "$LATCHKEY/graphql" -H "Authorization: Bearer ${ADMIN_TOKEN:?There is no token: $ANSWER}" -H 'Content-Type: application/json' \
  -d '{"query":"mutation { createClient(input: { name: \"First client\", clientId: \"first-client\", scopes: [\"orders:read\"] }) { clientSecret } }"}')
SECRET=$(echo "$CREATED" | sed -nE 's/.*"clientSecret":"([^"]+)".*/\1/p')
curl -sS -u "first-client:${SECRET:?There is no secret: $CREATED}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
exit 0
LATCHKEY=http://localhost:37683
ADMIN_SECRET=lk_paste_the_secret_key_here
ask() { local answer; answer=$(curl -sS "$@") || return; case $answer in *'"error'*) echo "Refused: $answer" >&2; return 1 ;; esac; echo "$answer"; }
token() { ask -u "$1:${2:?there is no secret}" -d grant_type=client_credentials "$3/connect/token"; }
operate() { ask "$1/graphql" -H "Authorization: Bearer ${2:?there is no token}" -H 'Content-Type: application/json' -d "{\"query\":\"$3\"}"; }
value() { sed -nE "s/.*\"$1\":\"([^\"]+)\".*/\\1/p"; }
ADMIN_TOKEN=$(token admin "$ADMIN_SECRET" "$LATCHKEY" | value access_token)
graphql() { operate "$LATCHKEY" "$ADMIN_TOKEN" "$1"; }
graphql '{ viewer { clientId scopes } }'
CREATED=$(graphql 'mutation { createClient(input: { name: \"Sales board\", clientId: \"sales-board\", accessTokenLifetime: 900, scopes: [\"orders:read\"] }) { client { clientId audiences } clientSecret } }')
echo "$CREATED"
SECRET=$(echo "$CREATED" | value clientSecret)
curl -sS -u "sales-board:${SECRET:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
ROTATED=$(graphql 'mutation { rotateClientSecret(clientId: \"sales-board\", overlapSeconds: 3600) { clientSecret client { secrets { hint expiresAt } } } }')
echo "$ROTATED"
SECOND=$(echo "$ROTATED" | value clientSecret)
token sales-board "$SECRET" "$LATCHKEY"
TOKEN=$(token sales-board "$SECOND" "$LATCHKEY" | value access_token)
introspect() { ask -u "sales-board:${SECOND:?there is no secret}" -d "token=${TOKEN:?there is no token}" "$LATCHKEY/connect/introspect"; }
introspect
graphql 'mutation { revokeClientTokens(clientId: \"sales-board\") { lastTokenExpiresAt } }'
introspect
graphql '{ clients(search: \"sales\") { nodes { name clientId enabled secrets { hint createdAt } } totalCount } }'
graphql 'mutation { updateClient(clientId: \"sales-board\", input: { enabled: false }) { enabled version } }'
curl -sS -u "sales-board:${SECRET:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
graphql 'mutation { deleteClient(clientId: \"sales-board\") { clientId lastTokenExpiresAt } }'
exit 0
LATCHKEY=http://localhost:37683
ask() { local answer; answer=$(curl -sS "$@") || return; case $answer in *'"error'*) echo "Refused: $answer" >&2; return 1 ;; esac; echo "$answer"; }
token() { ask -u "$1:${2:?there is no secret}" -d grant_type=client_credentials "$3/connect/token"; }
operate() { ask "$1/graphql" -H "Authorization: Bearer ${2:?there is no token}" -H 'Content-Type: application/json' -d "{\"query\":\"$3\"}"; }
value() { sed -nE "s/.*\"$1\":\"([^\"]+)\".*/\\1/p"; }
CREATED=$(graphql 'mutation { createTenant(input: { name: \"Acme Corp\", host: \"acme.localhost:37683\" }) { tenant { issuer } client { clientId scopes } clientSecret } }')
echo "$CREATED"
ACME=http://acme.localhost:37683
ACME_SECRET=$(echo "$CREATED" | value clientSecret)
ACME_TOKEN=$(token admin "$ACME_SECRET" "$ACME" | value access_token)
acme() { operate "$ACME" "$ACME_TOKEN" "$1"; }
BOARD=$(acme 'mutation { createClient(input: { name: \"Sales board\", clientId: \"sales-board\" }) { clientSecret } }' | value clientSecret)
token sales-board "$BOARD" "$ACME"
curl -sS -u "sales-board:${BOARD:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
curl -sS "$LATCHKEY/graphql" -H "Authorization: Bearer ${ACME_TOKEN:?there is no token}" -H 'Content-Type: application/json' -d '{"query":"{ clients { totalCount } }"}'
echo
acme '{ auditEvents(first: 2) { nodes { action actorId objectId after address at } } }'
graphql 'mutation { updateTenant(host: \"acme.localhost:37683\", input: { enabled: false }) { enabled } }'
curl -sS -u "sales-board:${BOARD:?there is no secret}" -d grant_type=client_credentials "$ACME/connect/token"
echo
graphql 'mutation { deleteTenant(host: \"acme.localhost:37683\") { host } }'
exit 0
LATCHKEY=http://localhost:41411
ADMIN_SECRET=lk_paste_the_secret_key_here
ANSWER=$(curl -sS -u "admin:$ADMIN_SECRET" -d grant_type=client_credentials "$LATCHKEY/connect/token")
ADMIN_TOKEN=$(echo "$ANSWER" | sed -nE 's/.*"access_token":"([^"]+)".*/\1/p')
CREATED=$(curl -sS "$LATCHKEY/graphql" -H "Authorization: Bearer ${ADMIN_TOKEN:?There is no token: $ANSWER}" -H 'Content-Type: application/json' \
  -d '{"query":"mutation { createClient(input: { name: \"First client\", clientId: \"first-client\", scopes: [\"orders:read\"] }) { clientSecret } }"}')
SECRET=$(echo "$CREATED" | sed -nE 's/.*"clientSecret":"([^"]+)".*/\1/p')
curl -sS -u "first-client:${SECRET:?There is no secret: $CREATED}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
exit 0
LATCHKEY=http://localhost:41411
ADMIN_SECRET=lk_paste_the_secret_key_here
ask() { local answer; answer=$(curl -sS "$@") || return; case $answer in *'"error'*) echo "Refused: $answer" >&2; return 1 ;; esac; echo "$answer"; }
token() { ask -u "$1:${2:?there is no secret}" -d grant_type=client_credentials "$3/connect/token"; }
operate() { ask "$1/graphql" -H "Authorization: Bearer ${2:?there is no token}" -H 'Content-Type: application/json' -d "{\"query\":\"$3\"}"; }
value() { sed -nE "s/.*\"$1\":\"([^\"]+)\".*/\\1/p"; }
ADMIN_TOKEN=$(token admin "$ADMIN_SECRET" "$LATCHKEY" | value access_token)
graphql() { operate "$LATCHKEY" "$ADMIN_TOKEN" "$1"; }
graphql '{ viewer { clientId scopes } }'
CREATED=$(graphql 'mutation { createClient(input: { name: \"Sales board\", clientId: \"sales-board\", accessTokenLifetime: 900, scopes: [\"orders:read\"] }) { client { clientId audiences } clientSecret } }')
echo "$CREATED"
SECRET=$(echo "$CREATED" | value clientSecret)
curl -sS -u "sales-board:${SECRET:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
ROTATED=$(graphql 'mutation { rotateClientSecret(clientId: \"sales-board\", overlapSeconds: 3600) { clientSecret client { secrets { hint expiresAt } } } }')
echo "$ROTATED"
SECOND=$(echo "$ROTATED" | value clientSecret)
token sales-board "$SECRET" "$LATCHKEY"
TOKEN=$(token sales-board "$SECOND" "$LATCHKEY" | value access_token)
introspect() { ask -u "sales-board:${SECOND:?there is no secret}" -d "token=${TOKEN:?there is no token}" "$LATCHKEY/connect/introspect"; }
introspect
graphql 'mutation { revokeClientTokens(clientId: \"sales-board\") { lastTokenExpiresAt } }'
introspect
graphql '{ clients(search: \"sales\") { nodes { name clientId enabled secrets { hint createdAt } } totalCount } }'
graphql 'mutation { updateClient(clientId: \"sales-board\", input: { enabled: false }) { enabled version } }'
curl -sS -u "sales-board:${SECRET:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
graphql 'mutation { deleteClient(clientId: \"sales-board\") { clientId lastTokenExpiresAt } }'
exit 0
LATCHKEY=http://localhost:41411
ask() { local answer; answer=$(curl -sS "$@") || return; case $answer in *'"error'*) echo "Refused: $answer" >&2; return 1 ;; esac; echo "$answer"; }
token() { ask -u "$1:${2:?there is no secret}" -d grant_type=client_credentials "$3/connect/token"; }
operate() { ask "$1/graphql" -H "Authorization: Bearer ${2:?there is no token}" -H 'Content-Type: application/json' -d "{\"query\":\"$3\"}"; }
value() { sed -nE "s/.*\"$1\":\"([^\"]+)\".*/\\1/p"; }
CREATED=$(graphql 'mutation { createTenant(input: { name: \"Acme Corp\", host: \"acme.localhost:41411\" }) { tenant { issuer } client { clientId scopes } clientSecret } }')
echo "$CREATED"
ACME=http://acme.localhost:41411
ACME_SECRET=$(echo "$CREATED" | value clientSecret)
ACME_TOKEN=$(token admin "$ACME_SECRET" "$ACME" | value access_token)
acme() { operate "$ACME" "$ACME_TOKEN" "$1"; }
BOARD=$(acme 'mutation { createClient(input: { name: \"Sales board\", clientId: \"sales-board\" }) { clientSecret } }' | value clientSecret)
token sales-board "$BOARD" "$ACME"
curl -sS -u "sales-board:${BOARD:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
curl -sS "$LATCHKEY/graphql" -H "Authorization: Bearer ${ACME_TOKEN:?there is no token}" -H 'Content-Type: application/json' -d '{"query":"{ clients { totalCount } }"}'
echo
acme '{ auditEvents(first: 2) { nodes { action actorId objectId after address at } } }'
graphql 'mutation { updateTenant(host: \"acme.localhost:41411\", input: { enabled: false }) { enabled } }'
curl -sS -u "sales-board:${BOARD:?there is no secret}" -d grant_type=client_credentials "$ACME/connect/token"
echo
graphql 'mutation { deleteTenant(host: \"acme.localhost:41411\") { host } }'
exit 0
LATCHKEY=http://localhost:39763
ADMIN_SECRET=lk_paste_the_secret_key_here
ANSWER=$(curl -sS -u "admin:$ADMIN_SECRET" -d grant_type=client_credentials "$LATCHKEY/connect/token")
ADMIN_TOKEN=$(echo "$ANSWER" | sed -nE 's/.*"access_token":"([^"]+)".*/\1/p')
CREATED=$(curl -sS "$LATCHKEY/graphql" -H "Authorization: Bearer ${ADMIN_TOKEN:?There is no token: $ANSWER}" -H 'Content-Type: application/json' \
  -d '{"query":"mutation { createClient(input: { name: \"First client\", clientId: \"first-client\", scopes: [\"orders:read\"] }) { clientSecret } }"}')
SECRET=$(echo "$CREATED" | sed -nE 's/.*"clientSecret":"([^"]+)".*/\1/p')
curl -sS -u "first-client:${SECRET:?There is no secret: $CREATED}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
exit 0
LATCHKEY=http://localhost:39763
ADMIN_SECRET=lk_paste_the_secret_key_here
ask() { local answer; answer=$(curl -sS "$@") || return; case $answer in *'"error'*) echo "Refused: $answer" >&2; return 1 ;; esac; echo "$answer"; }
token() { ask -u "$1:${2:?there is no secret}" -d grant_type=client_credentials "$3/connect/token"; }
operate() { ask "$1/graphql" -H "Authorization: Bearer ${2:?there is no token}" -H 'Content-Type: application/json' -d "{\"query\":\"$3\"}"; }
value() { sed -nE "s/.*\"$1\":\"([^\"]+)\".*/\\1/p"; }
ADMIN_TOKEN=$(token admin "$ADMIN_SECRET" "$LATCHKEY" | value access_token)
graphql() { operate "$LATCHKEY" "$ADMIN_TOKEN" "$1"; }
graphql '{ viewer { clientId scopes } }'
CREATED=$(graphql 'mutation { createClient(input: { name: \"Sales board\", clientId: \"sales-board\", accessTokenLifetime: 900, scopes: [\"orders:read\"] }) { client { clientId audiences } clientSecret } }')
echo "$CREATED"
SECRET=$(echo "$CREATED" | value clientSecret)
curl -sS -u "sales-board:${SECRET:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
ROTATED=$(graphql 'mutation { rotateClientSecret(clientId: \"sales-board\", overlapSeconds: 3600) { clientSecret client { secrets { hint expiresAt } } } }')
echo "$ROTATED"
SECOND=$(echo "$ROTATED" | value clientSecret)
token sales-board "$SECRET" "$LATCHKEY"
TOKEN=$(token sales-board "$SECOND" "$LATCHKEY" | value access_token)
introspect() { ask -u "sales-board:${SECOND:?there is no secret}" -d "token=${TOKEN:?there is no token}" "$LATCHKEY/connect/introspect"; }
introspect
graphql 'mutation { revokeClientTokens(clientId: \"sales-board\") { lastTokenExpiresAt } }'
introspect
graphql '{ clients(search: \"sales\") { nodes { name clientId enabled secrets { hint createdAt } } totalCount } }'
graphql 'mutation { updateClient(clientId: \"sales-board\", input: { enabled: false }) { enabled version } }'
curl -sS -u "sales-board:${SECRET:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
graphql 'mutation { deleteClient(clientId: \"sales-board\") { clientId lastTokenExpiresAt } }'
exit 0
LATCHKEY=http://localhost:39763
ask() { local answer; answer=$(curl -sS "$@") || return; case $answer in *'"error'*) echo "Refused: $answer" >&2; return 1 ;; esac; echo "$answer"; }
token() { ask -u "$1:${2:?there is no secret}" -d grant_type=client_credentials "$3/connect/token"; }
operate() { ask "$1/graphql" -H "Authorization: Bearer ${2:?there is no token}" -H 'Content-Type: application/json' -d "{\"query\":\"$3\"}"; }
value() { sed -nE "s/.*\"$1\":\"([^\"]+)\".*/\\1/p"; }
CREATED=$(graphql 'mutation { createTenant(input: { name: \"Acme Corp\", host: \"acme.localhost:39763\" }) { tenant { issuer } client { clientId scopes } clientSecret } }')
echo "$CREATED"
ACME=http://acme.localhost:39763
ACME_SECRET=$(echo "$CREATED" | value clientSecret)
ACME_TOKEN=$(token admin "$ACME_SECRET" "$ACME" | value access_token)
acme() { operate "$ACME" "$ACME_TOKEN" "$1"; }
BOARD=$(acme 'mutation { createClient(input: { name: \"Sales board\", clientId: \"sales-board\" }) { clientSecret } }' | value clientSecret)
token sales-board "$BOARD" "$ACME"
curl -sS -u "sales-board:${BOARD:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
curl -sS "$LATCHKEY/graphql" -H "Authorization: Bearer ${ACME_TOKEN:?there is no token}" -H 'Content-Type: application/json' -d '{"query":"{ clients { totalCount } }"}'
echo
acme '{ auditEvents(first: 2) { nodes { action actorId objectId after address at } } }'
graphql 'mutation { updateTenant(host: \"acme.localhost:39763\", input: { enabled: false }) { enabled } }'
curl -sS -u "sales-board:${BOARD:?there is no secret}" -d grant_type=client_credentials "$ACME/connect/token"
echo
graphql 'mutation { deleteTenant(host: \"acme.localhost:39763\") { host } }'
exit 0
LATCHKEY=http://localhost:44383
ADMIN_SECRET=lk_paste_the_secret_key_here
ANSWER=$(curl -sS -u "admin:$ADMIN_SECRET" -d grant_type=client_credentials "$LATCHKEY/connect/token")
ADMIN_TOKEN=$(echo "$ANSWER" | sed -nE 's/.*"access_token":"([^"]+)".*/\1/p')
CREATED=$(curl -sS "$LATCHKEY/graphql" -H "Authorization: Bearer ${ADMIN_TOKEN:?There is no token: $ANSWER}" -H 'Content-Type: application/json' \
  -d '{"query":"mutation { createClient(input: { name: \"First client\", clientId: \"first-client\", scopes: [\"orders:read\"] }) { clientSecret } }"}')
SECRET=$(echo "$CREATED" | sed -nE 's/.*"clientSecret":"([^"]+)".*/\1/p')
curl -sS -u "first-client:${SECRET:?There is no secret: $CREATED}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
exit 0
LATCHKEY=http://localhost:44383
ADMIN_SECRET=lk_paste_the_secret_key_here
ask() { local answer; answer=$(curl -sS "$@") || return; case $answer in *'"error'*) echo "Refused: $answer" >&2; return 1 ;; esac; echo "$answer"; }
token() { ask -u "$1:${2:?there is no secret}" -d grant_type=client_credentials "$3/connect/token"; }
operate() { ask "$1/graphql" -H "Authorization: Bearer ${2:?there is no token}" -H 'Content-Type: application/json' -d "{\"query\":\"$3\"}"; }
value() { sed -nE "s/.*\"$1\":\"([^\"]+)\".*/\\1/p"; }
ADMIN_TOKEN=$(token admin "$ADMIN_SECRET" "$LATCHKEY" | value access_token)
graphql() { operate "$LATCHKEY" "$ADMIN_TOKEN" "$1"; }
graphql '{ viewer { clientId scopes } }'
CREATED=$(graphql 'mutation { createClient(input: { name: \"Sales board\", clientId: \"sales-board\", accessTokenLifetime: 900, scopes: [\"orders:read\"] }) { client { clientId audiences } clientSecret } }')
echo "$CREATED"
SECRET=$(echo "$CREATED" | value clientSecret)
curl -sS -u "sales-board:${SECRET:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
: "${SECRET:?there is no client of this tour}" && ROTATED=$(graphql 'mutation { rotateClientSecret(clientId: \"sales-board\", overlapSeconds: 3600) { clientSecret client { secrets { hint expiresAt } } } }')
echo "$ROTATED"
SECOND=$(echo "$ROTATED" | value clientSecret)
token sales-board "$SECRET" "$LATCHKEY"
TOKEN=$(token sales-board "$SECOND" "$LATCHKEY" | value access_token)
introspect() { ask -u "sales-board:${SECOND:?there is no secret}" -d "token=${TOKEN:?there is no token}" "$LATCHKEY/connect/introspect"; }
introspect
: "${SECRET:?there is no client of this tour}" && graphql 'mutation { revokeClientTokens(clientId: \"sales-board\") { lastTokenExpiresAt } }'
introspect
graphql '{ clients(search: \"sales\") { nodes { name clientId enabled secrets { hint createdAt } } totalCount } }'
: "${SECRET:?there is no client of this tour}" && graphql 'mutation { updateClient(clientId: \"sales-board\", input: { enabled: false }) { enabled version } }'
curl -sS -u "sales-board:${SECRET:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
: "${SECRET:?there is no client of this tour}" && graphql 'mutation { deleteClient(clientId: \"sales-board\") { clientId lastTokenExpiresAt } }'
exit 0
LATCHKEY=http://localhost:44383
ask() { local answer; answer=$(curl -sS "$@") || return; case $answer in *'"error'*) echo "Refused: $answer" >&2; return 1 ;; esac; echo "$answer"; }
token() { ask -u "$1:${2:?there is no secret}" -d grant_type=client_credentials "$3/connect/token"; }
operate() { ask "$1/graphql" -H "Authorization: Bearer ${2:?there is no token}" -H 'Content-Type: application/json' -d "{\"query\":\"$3\"}"; }
value() { sed -nE "s/.*\"$1\":\"([^\"]+)\".*/\\1/p"; }
CREATED=$(graphql 'mutation { createTenant(input: { name: \"Acme Corp\", host: \"acme.localhost:44383\" }) { tenant { issuer } client { clientId scopes } clientSecret } }')
echo "$CREATED"
ACME=http://acme.localhost:44383
ACME_SECRET=$(echo "$CREATED" | value clientSecret)
ACME_TOKEN=$(token admin "$ACME_SECRET" "$ACME" | value access_token)
acme() { operate "$ACME" "$ACME_TOKEN" "$1"; }
BOARD=$(acme 'mutation { createClient(input: { name: \"Sales board\", clientId: \"sales-board\" }) { clientSecret } }' | value clientSecret)
token sales-board "$BOARD" "$ACME"
curl -sS -u "sales-board:${BOARD:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
curl -sS "$LATCHKEY/graphql" -H "Authorization: Bearer ${ACME_TOKEN:?there is no token}" -H 'Content-Type: application/json' -d '{"query":"{ clients { totalCount } }"}'
echo
acme '{ auditEvents(first: 2) { nodes { action actorId objectId after address at } } }'
: "${ACME_SECRET:?there is no tenant of this tour}" && graphql 'mutation { updateTenant(host: \"acme.localhost:44383\", input: { enabled: false }) { enabled } }'
curl -sS -u "sales-board:${BOARD:?there is no secret}" -d grant_type=client_credentials "$ACME/connect/token"
echo
: "${ACME_SECRET:?there is no tenant of this tour}" && graphql 'mutation { deleteTenant(host: \"acme.localhost:44383\") { host } }'
exit 0
LATCHKEY=http://localhost:44383
ADMIN_SECRET=lk_wKLoFz6d1r7XduQucGqwhnvY8BK7oQ5ydgZgl1pkqMZ0xWptv
ask() { local answer; answer=$(curl -sS "$@") || return; case $answer in *'"error'*) echo "Refused: $answer" >&2; return 1 ;; esac; echo "$answer"; }
token() { ask -u "$1:${2:?there is no secret}" -d grant_type=client_credentials "$3/connect/token"; }
operate() { ask "$1/graphql" -H "Authorization: Bearer ${2:?there is no token}" -H 'Content-Type: application/json' -d "{\"query\":\"$3\"}"; }
value() { sed -nE "s/.*\"$1\":\"([^\"]+)\".*/\\1/p"; }
ADMIN_TOKEN=$(token admin "$ADMIN_SECRET" "$LATCHKEY" | value access_token)
graphql() { operate "$LATCHKEY" "$ADMIN_TOKEN" "$1"; }
graphql '{ viewer { clientId scopes } }'
CREATED=$(graphql 'mutation { createClient(input: { name: \"Sales board\", clientId: \"sales-board\", accessTokenLifetime: 900, scopes: [\"orders:read\"] }) { client { clientId audiences } clientSecret } }')
echo "$CREATED"
SECRET=$(echo "$CREATED" | value clientSecret)
curl -sS -u "sales-board:${SECRET:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
: "${SECRET:?there is no client of this tour}" && ROTATED=$(graphql 'mutation { rotateClientSecret(clientId: \"sales-board\", overlapSeconds: 3600) { clientSecret client { secrets { hint expiresAt } } } }')
echo "$ROTATED"
SECOND=$(echo "$ROTATED" | value clientSecret)
token sales-board "$SECRET" "$LATCHKEY"
TOKEN=$(token sales-board "$SECOND" "$LATCHKEY" | value access_token)
introspect() { ask -u "sales-board:${SECOND:?there is no secret}" -d "token=${TOKEN:?there is no token}" "$LATCHKEY/connect/introspect"; }
introspect
: "${SECRET:?there is no client of this tour}" && graphql 'mutation { revokeClientTokens(clientId: \"sales-board\") { lastTokenExpiresAt } }'
introspect
graphql '{ clients(search: \"sales\") { nodes { name clientId enabled secrets { hint createdAt } } totalCount } }'
: "${SECRET:?there is no client of this tour}" && graphql 'mutation { updateClient(clientId: \"sales-board\", input: { enabled: false }) { enabled version } }'
curl -sS -u "sales-board:${SECRET:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
: "${SECRET:?there is no client of this tour}" && graphql 'mutation { deleteClient(clientId: \"sales-board\") { clientId lastTokenExpiresAt } }'
CREATED=$(graphql 'mutation { createTenant(input: { name: \"Acme Corp\", host: \"acme.localhost:44383\" }) { tenant { issuer } client { clientId scopes } clientSecret } }')
echo "$CREATED"
ACME=http://acme.localhost:44383
ACME_SECRET=$(echo "$CREATED" | value clientSecret)
ACME_TOKEN=$(token admin "$ACME_SECRET" "$ACME" | value access_token)
acme() { operate "$ACME" "$ACME_TOKEN" "$1"; }
BOARD=$(acme 'mutation { createClient(input: { name: \"Sales board\", clientId: \"sales-board\" }) { clientSecret } }' | value clientSecret)
token sales-board "$BOARD" "$ACME"
curl -sS -u "sales-board:${BOARD:?there is no secret}" -d grant_type=client_credentials "$LATCHKEY/connect/token"
echo
curl -sS "$LATCHKEY/graphql" -H "Authorization: Bearer ${ACME_TOKEN:?there is no token}" -H 'Content-Type: application/json' -d '{"query":"{ clients { totalCount } }"}'
echo
acme '{ auditEvents(first: 2) { nodes { action actorId objectId after address at } } }'
: "${ACME_SECRET:?there is no tenant of this tour}" && graphql 'mutation { updateTenant(host: \"acme.localhost:44383\", input: { enabled: false }) { enabled } }'
curl -sS -u "sales-board:${BOARD:?there is no secret}" -d grant_type=client_credentials "$ACME/connect/token"
echo
: "${ACME_SECRET:?there is no tenant of this tour}" && graphql 'mutation { deleteTenant(host: \"acme.localhost:44383\") { host } }'
exit 0
