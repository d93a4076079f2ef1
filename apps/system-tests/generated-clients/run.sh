#!/usr/bin/env bash
# Clients that others generate from the documents of the running APIs, in TypeScript and in Python: each is generated, is
# checked by its language's own means, and creates, reads, lists and changes an order and is refused.
#   run.sh <address of the command API> <address of the query API>
# They sign in by API_KEY as the documents say, so access has to be required there. Everything is brought from npm and PyPI into a temporary
# folder, and goes with it.
set -euo pipefail

hey_api=0.95.0
typescript=5.9.3
bun_types=1.4.4
python_client=0.29.1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../python.sh"

main() {
  export COMMAND_API_URL=$1 QUERY_API_URL=$2
  folder=$(mktemp -d "${TMPDIR:-/tmp}/millrace-clients-XXXXXX")
  trap 'rm -rf "$folder"' EXIT
  cd "$folder"
  curl -fsS "$COMMAND_API_URL/openapi.json" -o command.json
  curl -fsS "$QUERY_API_URL/openapi.json" -o query.json
  in_typescript
  in_python
}

in_typescript() {
  mkdir typescript && cd typescript
  echo '{ "private": true, "type": "module" }' >package.json
  npm install --silent --no-audit --no-fund --ignore-scripts "@hey-api/openapi-ts@$hey_api" "typescript@$typescript" "@types/bun@$bun_types"
  for api in command query; do
    node_modules/.bin/openapi-ts --silent -i "../$api.json" -o "$api" -p @hey-api/client-fetch @hey-api/sdk @hey-api/typescript
    # What its author can't make a type of.
    if grep -n 'unknown &' "$api/types.gen.ts"; then
      echo "the $api API's document has what no type is made of" >&2
      exit 1
    fi
  done
  cp "$here/order.mts" .
  node_modules/.bin/tsc --noEmit --strict --skipLibCheck --target esnext --module preserve --moduleResolution bundler \
    --lib esnext,dom,dom.iterable --allowImportingTsExtensions --types bun order.mts
  bun order.mts
  cd ..
}

in_python() {
  provide_python openapi-python-client
  python3 -m venv venv
  venv/bin/pip install --quiet --disable-pip-version-check "openapi-python-client==$python_client"
  # Which would only format what it writes.
  echo 'post_hooks: []' >config.yaml
  for api in command query; do
    venv/bin/openapi-python-client generate --path "$api.json" --config config.yaml --meta none \
      --output-path "${api}_api" --fail-on-warning
    # What its author can't make a class of.
    if grep -rnE '^    body: .*\bAny\b' "${api}_api/api"; then
      echo "the $api API's document has a body that no class is made of" >&2
      exit 1
    fi
  done
  cp "$here/order.py" .
  venv/bin/python order.py
}

main "$@"
