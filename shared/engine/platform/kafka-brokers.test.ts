import { describe, expect, test } from "bun:test";
import { kafkaBrokers } from "./kafka-brokers.ts";

describe("the brokers that are named", () => {
  test.each([
    ["a:1", ["a:1"]],
    ["a", ["a:9092"]],
    [" a:1 , b.example:2,", ["a:1", "b.example:2"]],
    ["a:1,,b:2\n", ["a:1", "b:2"]],
    ["[::1]:9092", ["[::1]:9092"]],
    ["[::1]", ["[::1]:9092"]],
    ["PLAINTEXT://a:1,plaintext://[fe80::1%eth0]:2", ["a:1", "[fe80::1%eth0]:2"]],
    ["kafka://a:1/", ["a:1"]],
  ])("are understood: %s", (text, brokers) => {
    expect(kafkaBrokers(text)).toEqual({ brokers, needs: [] });
  });

  test("say what their protocol needs beside them", () => {
    expect(kafkaBrokers("SSL://a:1,b:2").needs).toEqual(["KAFKA_TLS"]);
    expect(kafkaBrokers("SASL_SSL://a:1").needs).toEqual(["KAFKA_TLS", "KAFKA_SASL_MECHANISM"]);
  });

  test.each(["", " , ", "a;b", "a:1;b:2", "a b", "a:1 b:2", "::1", "::1:9092", "[::1", "a:", "a:x"])(
    "are refused with the right form: %p",
    (text) => {
      expect(() => kafkaBrokers(text)).toThrow("expected host:port, separated by commas");
    },
  );

  test.each(["http://a:1", "user:password@a:1", "a:1/path", "a:0", "a:99999", "EXTERNAL://a:1"])(
    "are refused: %s",
    (text) => {
      expect(() => kafkaBrokers(text)).toThrow();
      expect(() => kafkaBrokers(text)).not.toThrow("password");
    },
  );
});
