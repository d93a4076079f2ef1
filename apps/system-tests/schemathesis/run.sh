#!/usr/bin/env bash
# Schemathesis against a running API's /openapi.json: requests made from the document, right and wrong ones, and
# every answer held against it. Exits 0 where it finds nothing.
#   run.sh <address of the API> [seed]
# Where access is required, API_KEY is what each request brings. PHASES leaves out some of Schemathesis' own.
# Brings Schemathesis from PyPI into SCHEMATHESIS_VENV, or a temporary folder.
set -euo pipefail

version=4.32.5
# A case takes a few milliseconds; these and the fixed cases of its coverage phase come to a few thousand.
examples_max=10
phases=${PHASES:-examples,coverage,fuzzing,stateful}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../python.sh"

main() {
  local address=$1 seed=${2:-$RANDOM}
  provide_schemathesis
  echo "Schemathesis $version, seed $seed: run it again with $0 $address $seed"
  # Its own bytecode and report folders would end up in the checkout.
  cd "$venv"
  local credentials=()
  [ -n "${API_KEY:-}" ] && credentials=(--header "Authorization: Bearer $API_KEY")
  # Streams never end, which it takes for an answer that never comes; redirects would leave the API at hand.
  PYTHONDONTWRITEBYTECODE=1 SCHEMATHESIS_HOOKS=$here/hooks.py "$venv/bin/schemathesis" run "$address/openapi.json" \
    --checks all --exclude-checks not_a_server_error,positive_data_acceptance \
    --phases "$phases" --max-examples $examples_max --seed "$seed" --continue-on-failure --no-shrink --request-timeout 20 \
    --max-redirects 0 --exclude-path-regex 'stream$' --warnings off --no-color "${credentials[@]}"
}

provide_schemathesis() {
  venv=${SCHEMATHESIS_VENV:-$(mktemp -d "${TMPDIR:-/tmp}/millrace-schemathesis-XXXXXX")}
  if [ -z "${SCHEMATHESIS_VENV:-}" ]; then trap 'rm -rf "$venv"' EXIT; fi
  [ "$("$venv/bin/schemathesis" --version 2>/dev/null)" = "schemathesis, version $version" ] && return
  provide_python Schemathesis
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"
}

main "$@"
