#!/bin/sh
# Prints what secured.yaml and access control want to know and nobody else should: passwords of Postgres and Kafka for each
# app, drawn anew. Keep what it printed: Postgres keeps its owner's password from the first start on.
set -eu

# In hexadecimal, since passwords stand in URLs and in lists that commas part.
draw() { openssl rand -hex 24; }

echo "MILLRACE_AUTH=required"
echo "MILLRACE_POSTGRES_PASSWORD=$(draw)"
for app in COMMAND_API QUERY_API RELAY PROJECTOR PROCESSES CONSOLE OPS; do
  echo "MILLRACE_${app}_POSTGRES_PASSWORD=$(draw)"
done
for app in BROKER MIGRATE COMMAND_API RELAY PROJECTOR PROCESSES CONSOLE OPS; do
  echo "MILLRACE_${app}_KAFKA_PASSWORD=$(draw)"
done
echo "MILLRACE_GUEST_SECRETS=$(draw)"
echo "MILLRACE_WEBHOOK_KEYS=$(openssl rand -base64 32)"
