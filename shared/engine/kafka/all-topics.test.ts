import { expect, test } from "bun:test";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const Broker = require("kafkajs/src/broker") as new (
  options: object,
) => {
  lookupRequest: unknown;
  metadata(topics: readonly string[]): Promise<{ topicMetadata: { topic: string }[] }>;
};
const { requests } = require("kafkajs/src/protocol/requests") as {
  requests: { Metadata: { protocol(options: { version: number }): unknown } };
};

const LEADER_NOT_AVAILABLE = 5;
const METADATA_VERSION = 6;

/** Whose answer is a topic of ours, and one of somebody's whose only broker is down. */
function broker() {
  const topicMetadata = [
    { topic: "thing-events", topicErrorCode: 0, partitionMetadata: [{ partitionErrorCode: 0 }] },
    {
      topic: "somebody's",
      topicErrorCode: 0,
      partitionMetadata: [{ partitionErrorCode: LEADER_NOT_AVAILABLE }],
    },
  ];
  const send = ({ response }: { response: { parse(data: object): unknown } }) =>
    response.parse({ topicMetadata });
  const logger = { namespace: () => logger };
  const made = new Broker({ connectionPool: { send }, logger });
  made.lookupRequest = () => requests.Metadata.protocol({ version: METADATA_VERSION });
  return made;
}

// Seen to fail with the client as it is: nothing started, and no topic could be listed.
test("a strange topic without a leader fails no question for all topics, and one for it by name", async () => {
  const { topicMetadata } = await broker().metadata([]);
  expect(topicMetadata.map(({ topic }) => topic)).toEqual(["thing-events", "somebody's"]);
  await expect(broker().metadata(["somebody's"])).rejects.toMatchObject({ type: "LEADER_NOT_AVAILABLE" });
});
