#!/usr/bin/env bash
# Gradients with backward and with grad, step by step, after the article "Chainerの自動微分で勾配を求める(補足)".
# Start gradd first; then: examples/seed-article.sh [http://localhost:8080]
set -euo pipefail
graph=${1:-http://localhost:8080}/v1/sessions/article-$$/graphs/g

put() { curl -sS --fail-with-body -X PUT "$graph/variables/$1" -d "$2" >/dev/null; }
post() { curl -sS --fail-with-body "$graph/$1" -d "$2"; }
op() { post ops "$1" >/dev/null; }
show() { printf '%s.grad = %s\n' "$1" "$(curl -sS "$graph/variables/$1/grad")"; }

echo '# y = 2x at x = 1: backward adds into grad'
put x '{"data": [1]}'
op '{"op": "mul", "inputs": [2, "x"], "output": "y"}'
post backward '{"output": "y"}'
post backward '{"output": "y"}'

echo '# with cleargrad in between it is right again'
post cleargrad '{"variables": ["x"]}'
post backward '{"output": "y"}'

echo '# grad: y = 2 x0 + 3 x1, z = 2 y'
put x0 '{"data": [0, 1]}'
put x1 '{"data": [2, 3]}'
op '{"op": "mul", "inputs": [2, "x0"], "output": "a"}'
op '{"op": "mul", "inputs": [3, "x1"], "output": "b"}'
op '{"op": "add", "inputs": ["a", "b"], "output": "y"}'
op '{"op": "mul", "inputs": [2, "y"], "output": "z"}'
echo '# 1: z by x0; nothing is left behind, and it can be asked again'
post grad '{"outputs": ["z"], "inputs": ["x0"]}'
show x0
post grad '{"outputs": ["z"], "inputs": ["x0"]}'
echo '# 2: z by x0 and x1'
post grad '{"outputs": ["z"], "inputs": ["x0", "x1"]}'
echo '# 3: y by x0'
post grad '{"outputs": ["y"], "inputs": ["x0"]}'
echo '# 4: set_grad leaves the gradient in x0.grad'
post grad '{"outputs": ["y"], "inputs": ["x0"], "set_grad": true}'
show x0
post cleargrad '{}'
echo '# 5: retain_grad leaves those on the way, in y (and z), and none in x0'
post grad '{"outputs": ["y"], "inputs": ["x0"], "retain_grad": true}'
show y && show x0
post grad '{"outputs": ["z"], "inputs": ["x0"], "retain_grad": true}'
show y && show z && show x0
