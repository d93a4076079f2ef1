#!/usr/bin/env bash
# A container's health: whether the process in it says on /readyz that it is ready. In bash alone, because a
# probe runs every other second, and starting Bun for it would cost more than the probe.
set -euo pipefail

# The app is in the command of process 1, its port where the app itself reads it.
app=$(tr '\0' '\n' </proc/1/cmdline | sed -n 's:.*apps/\([a-z-]*\)/main\.ts$:\1:p')
case $app in
  command-api) port=${COMMAND_API_PORT:-3001} ;;
  query-api) port=${QUERY_API_PORT:-3002} ;;
  relay) port=${RELAY_PORT:-3003} ;;
  projector) port=${PROJECTOR_PORT:-3004} ;;
  processes) port=${PROCESSES_PORT:-3005} ;;
  proxy) port=${PROXY_PORT:-3006} ;;
  console) port=${CONSOLE_PORT:-8080} ;;
  # Ends by itself and serves nothing: it is well while it runs.
  *) exit 0 ;;
esac

exec 3<>"/dev/tcp/127.0.0.1/$port"
printf 'GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
read -r _ status _ <&3
[ "$status" = 200 ]
