#!/usr/bin/env bash
# Trains on two hosts that are network namespaces of this machine, pulls the cable of one of them in mid-run, and sees that
# both end within a minute and name who is lost, and that one host alone goes on with the run.
# usage: cluster_namespaces.sh BYTEFORMER_TRAIN. Exits with 77 (skipped) where namespaces are not allowed.
set -euo pipefail
train=$1
work=$(mktemp -d)
host0=bf0-$$ host1=bf1-$$

if ! ip netns add "$host0" 2>"$work/why" || ! ip netns add "$host1" 2>"$work/why"; then
  echo "skipped: no network namespaces here: $(cat "$work/why")"
  exit 77
fi
finish() {
  for id in $(jobs -p); do kill -9 "$id" 2>/dev/null || true; done
  ip netns delete "$host0" || true
  ip netns delete "$host1" || true
  rm -rf "$work"
}
trap finish EXIT

ip link add eth0 netns "$host0" type veth peer name eth0 netns "$host1"
for n in 0 1; do
  host=host$n
  ip -n "${!host}" address add 10.77.0.$((n + 1))/24 dev eth0
  ip -n "${!host}" link set eth0 up
  ip -n "${!host}" link set lo up
done

mkdir -p "$work/data/letters" "$work/data/digits"
for i in $(seq 40); do
  head -c $((100 + i * 9)) /dev/zero | tr '\0' a >"$work/data/letters/$i"
  head -c $((100 + i * 9)) /dev/zero | tr '\0' 1 >"$work/data/digits/$i"
done

# member HOST RANK [option ...]: one of two processes.
member() {
  local host=$1 rank=$2
  shift 2
  exec ip netns exec "$host" env RANK="$rank" WORLD_SIZE=2 LOCAL_RANK=0 MASTER_ADDR=10.77.0.1 MASTER_PORT=29500 \
    "$train" --data "$work/data" --output "$work/run" --threads 1 model.classification.byteformer.width=64 \
    model.classification.byteformer.layers=2 model.classification.byteformer.window_sizes=16 \
    dataset.train_batch_size0=4 common.save_interval_freq=1 "$@" 2>"$work/log$rank"
}
sent() { ip netns exec "$host0" awk '/eth0/ {print $10}' /proc/net/dev; }
fail() {
  echo "$1"
  head -n 40 "$work"/log*
  exit 1
}

echo "== bytes that a step sends from one host to the other"
for steps in 10 30; do
  rm -rf "$work/run"
  before=$(sent)
  member "$host1" 1 common.max_iterations=$steps scheduler.max_epochs=100 &
  (member "$host0" 0 common.max_iterations=$steps scheduler.max_epochs=100) || fail "training failed"
  wait $! || fail "training failed"
  bytes=$(($(sent) - before))
  echo "$steps steps: $bytes bytes"
  [ "$steps" = 10 ] && ten=$bytes
done
echo "a step: $(((bytes - ten) / 20)) bytes"

echo "== the cable is pulled"
rm -rf "$work/run"
member "$host0" 0 scheduler.max_epochs=1000000 &
first=$!
member "$host1" 1 scheduler.max_epochs=1000000 &
second=$!
until [ -e "$work/run/checkpoint-last" ]; do sleep 0.1; done
ip -n "$host1" link set eth0 down
pulled=$SECONDS
status0=0 status1=0
wait $first || status0=$?
wait $second || status1=$?
took=$((SECONDS - pulled))
grep -h lost "$work"/log0 "$work"/log1
echo "both ended after $took s, with status $status0 and $status1"
[ "$took" -le 60 ] && [ "$status0" = 1 ] && [ "$status1" = 1 ] || fail "they should end with 1 within a minute"
grep -q "process 1 of 2 .* is lost" "$work/log0" || fail "process 0 does not name process 1"
grep -q "process 0 of 2 .* is lost" "$work/log1" || fail "process 1 does not name process 0"

echo "== one host goes on"
"$train" --data "$work/data" --output "$work/run" --threads 1 --resume model.classification.byteformer.width=64 \
  model.classification.byteformer.layers=2 model.classification.byteformer.window_sizes=16 dataset.train_batch_size0=8 \
  scheduler.max_epochs=2 2>&1 | tee "$work/log2"
grep -q "2 processes and goes on with 1" "$work/log2" || fail "the resumed run does not say that processes are fewer"
