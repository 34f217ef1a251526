#!/usr/bin/env bash
# Two services that speak the five core endpoints, measured in turn (A B A B …) on one machine:
#   Benchmarks/compare.sh http://127.0.0.1:8080 http://127.0.0.1:9202 [rounds]
# grad: requests a second for the gradient of z = 2(2 x0 + 3 x1), 16 keep-alive connections (needs wrk).
# echo: seconds to create a variable of 10^6 float32 with its echo (needs curl and python3).
set -euo pipefail
a=$1 b=$2 rounds=${3:-5}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
graph=v1/sessions/compare/graphs/g

python3 - >"$folder/million.json" <<'P'
import random
random.seed(0)
print('{"data":[' + ','.join(f'{random.gauss(0, 1):.8g}' for _ in range(10**6)) + ']}')
P
cat >"$folder/grad.lua" <<'L'
wrk.method = "POST"
wrk.body = '{"outputs":["z"],"inputs":["x0"]}'
wrk.headers["Content-Type"] = "application/json"
L

for service in "$a" "$b"; do
    put() { curl -sS --fail -o /dev/null -X PUT "$service/$graph/variables/$1" -d "$2"; }
    op() { curl -sS --fail -o /dev/null "$service/$graph/ops" -d "$1"; }
    put x0 '{"data":[0,1]}' && put x1 '{"data":[2,3]}'
    op '{"op":"mul","inputs":["x0",2],"output":"a"}' && op '{"op":"mul","inputs":["x1",3],"output":"b"}'
    op '{"op":"add","inputs":["a","b"],"output":"y"}' && op '{"op":"mul","inputs":["y",2],"output":"z"}'
done
for ((round = 0; round < rounds; round++)); do
    for service in "$a" "$b"; do
        rate=$(wrk -t1 -c16 -d3 -s "$folder/grad.lua" "$service/$graph/grad" | awk '/Requests\/sec/ { print $2 }')
        time=$(curl -sS --fail -o /dev/null -w '%{time_total}' -X PUT -H 'Expect:' --data-binary \
            "@$folder/million.json" "$service/$graph/variables/m")
        echo "$service $rate $time"
    done
done | python3 -c "
import statistics, sys
rows = [line.split() for line in sys.stdin]
median = lambda name, column: statistics.median(float(row[column]) for row in rows if row[0] == name)
for label, column in (('grad, requests a second', 1), ('echo, seconds', 2)):
    a, b = median('$a', column), median('$b', column)
    print(f'{label}: {a:.4g} and {b:.4g}, ratio {max(a, b) / min(a, b):.3g}')
"
