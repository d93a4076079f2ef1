import { expect, test } from "bun:test";
import fc from "fast-check";
import { Histogram, Registry } from "prom-client";
import { propertyRun } from "@millrace/testing/seed";
import { createHistogram } from "./histogram.ts";

const options = {
  name: "test_seconds",
  help: "Time.",
  labels: ["route", "status"],
  buckets: [0.001, 0.5, 1, 30],
};

test("a histogram prints what prom-client's own prints of the same observations", async () => {
  const observation = fc.tuple(
    fc.oneof(fc.constantFrom(...options.buckets), fc.double({ min: 0, max: 100, noNaN: true })),
    fc.constantFrom("/things", "/things/:id"),
    fc.constantFrom(200, 404),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(observation), async (observations) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      for (const registry of [ours, theirs]) registry.setDefaultLabels({ process: "test" });
      const histogram = createHistogram(options);
      ours.registerMetric(histogram.metric);
      const { name, help, labels, buckets } = options;
      const model = new Histogram({ name, help, labelNames: labels, buckets, registers: [theirs] });
      for (const [value, route, status] of observations) {
        histogram.observe(value, route, status);
        model.observe({ route, status }, value);
      }
      expect(await ours.metrics()).toBe(await theirs.metrics());
    }),
    propertyRun(100),
  );
});

test("without labels there is one series from the start", async () => {
  const registry = new Registry();
  registry.registerMetric(createHistogram({ ...options, labels: [] }).metric);
  expect(await registry.metrics()).toContain("test_seconds_count 0");
});

test("a value for each label has to be given", () => {
  expect(() => createHistogram(options).observe(1, "/things")).toThrow("route,status");
});
