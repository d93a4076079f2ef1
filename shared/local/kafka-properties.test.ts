import { expect, test } from "bun:test";
import { asFile } from "./kafka-properties.ts";

test("a value of any characters is read back by Java, which takes the file for Latin-1", () => {
  expect(asFile({ "ssl.keystore.location": "/tmp/jörg\\büro 日本/key" })).toBe(
    "ssl.keystore.location=/tmp/j\\u00f6rg\\\\b\\u00fcro \\u65e5\\u672c/key\n",
  );
});
