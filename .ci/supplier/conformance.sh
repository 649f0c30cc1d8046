#!/bin/sh
# Starts the system under test, lets Counterpart judge it, stops it again. The exit code is Counterpart's.
set -eu

# Change: how your system starts, in the foreground, and where it answers.
: "${START:=./start-my-system}"
: "${ADDRESS:=127.0.0.1:8443}"
: "${COUNTERPART:=counterpart}"

sh -c "exec $START" &
system=$!
trap 'kill "$system" 2>/dev/null || true; wait "$system" 2>/dev/null || true' EXIT INT TERM

# `doctor` tries the way there: address, TLS, certificates, credentials. Half a minute is enough for most systems.
tries=0
until "$COUNTERPART" doctor --target "https://$ADDRESS" >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -ge 30 ] || ! kill -0 "$system" 2>/dev/null; then
    "$COUNTERPART" doctor --target "https://$ADDRESS" || true
    echo "the system under test did not come up" >&2
    exit 3
  fi
  sleep 1
done

set +e
"$COUNTERPART" run --target "https://$ADDRESS" --out reports --junit junit.xml "$@"
code=$?
set -e
exit "$code"
