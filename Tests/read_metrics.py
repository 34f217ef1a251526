"""Reads a page of metrics from standard input with the parser of Prometheus' own client (pip install
prometheus_client), and fails where that does. `curl -s localhost:8080/metrics | python3 Tests/read_metrics.py`"""
import sys

from prometheus_client.parser import text_string_to_metric_families

families = list(text_string_to_metric_families(sys.stdin.read()))
assert families and all(family.documentation and family.samples for family in families), families
for family in families:
    print(f"{family.name}: {family.type}, {len(family.samples)} samples")
