import type { Mutant } from "./mutant.ts";

const RULES_TEST = "apps/system-tests/observe/rules.test.ts";

export const observeMutants: readonly Mutant[] = [
  {
    name: "an alert asks for a metric that nobody serves",
    file: "shared/deploy/prometheus/rules.yaml",
    from: "max(millrace_outbox_oldest_age_seconds) > 60",
    to: "max(millrace_outbox_age_seconds) > 60",
    test: RULES_TEST,
    killedBy: "ask for metrics, labels and values that the processes serve, and show labels that they keep",
  },
  {
    name: "the dashboard goes by a label that a metric lacks",
    file: "shared/deploy/grafana/dashboards/millrace.json",
    from: "max by (name) (millrace_process_tasks_due)",
    to: "max by (task) (millrace_process_tasks_due)",
    test: RULES_TEST,
    killedBy: "ask for metrics, labels and values that the processes serve, and show labels that they keep",
  },
  {
    name: "no Prometheus scrapes the proxy",
    file: "shared/deploy/prometheus/prometheus.yaml",
    from: "job_name: proxy",
    to: "job_name: gateway",
    test: RULES_TEST,
    killedBy:
      "scrapes every app of compose.yaml where it listens, and the alert on one that is down knows them all",
  },
  {
    name: "no metric says what /readyz says",
    file: "shared/engine/platform/probes.ts",
    from: "measureReadiness(probes.metrics, probes.notReady);",
    to: "",
    test: "shared/engine/platform/probes.test.ts",
    killedBy: "what /readyz says is a metric too, so that Prometheus can alert on it",
  },
];
