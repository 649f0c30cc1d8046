#!/usr/bin/env bash
# Makes a failing run to look at: plays a few scenarios against the force endpoint with defects.
# `failing_run.sh COUNTERPART OUT`: runs the binary, writes the run folder under OUT, and succeeds where the verdict is fail.
set -euo pipefail
counterpart=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
peers=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
peer=""
trap '[ -z "$peer" ] || kill "$peer" 2>/dev/null || true; rm -rf "$work"' EXIT
export IHUB_SECRET=a-secret-for-tests

"$counterpart" certs init --dir "$work/certs" >/dev/null
python3 "$peers/force_endpoint.py" --port 0 --control 0 --store "$work/store" --quiet \
  --cert "$work/certs/server.pem" --key "$work/certs/server-key.pem" --ca "$work/certs/root.pem" \
  --client-id ihub-test --client-secret env:IHUB_SECRET --force 901 --brand 1 \
  --defect success-html --defect errors-numeric-status --defect get-200 >"$work/ready" &
peer=$!
for _ in $(seq 100); do grep -q '^ready ' "$work/ready" && break; sleep 0.1; done
read -r _ port control <"$work/ready"

cat >"$work/counterpart.toml" <<TOML
supplier = "Northshire Software Ltd"
product  = { name = "Force Connect", version = "2.3", build = "sha256:8f14e45fceea167a5a36dedd4bea2543" }
[settings]
client_id     = "ihub-test"
client_secret = "env:IHUB_SECRET"
[hooks]
list  = { http = "POST http://127.0.0.1:$control/list" }
reset = { http = "POST http://127.0.0.1:$control/reset" }
TOML
code=0
"$counterpart" run ihub --role consumer --target "https://localhost:$port" --workspace "$work/counterpart.toml" \
  --tls-ca "$work/certs/root.pem" --tls-cert "$work/certs/client.pem" --tls-key "$work/certs/client-key.pem" \
  --scenario ihub/submission --scenario ihub/errors --scenario ihub/endpoint/other-methods --retry 1 \
  --format html,xml,json,junit --out "$out" >"$work/said" 2>&1 || code=$?
if [ "$code" -ne 1 ]; then
  cat "$work/said"
  echo "the exit code is $code, not 1: the defects were not found"
  exit 1
fi
