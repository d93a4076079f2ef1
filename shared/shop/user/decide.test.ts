import { expect, test } from "bun:test";
import { fold } from "@millrace/domain/decider";
import { given } from "@millrace/testing/given-when-then";
import { type UserEvent, userDecider } from "./decide.ts";

const created: UserEvent = { type: "UserCreated", data: { id: 1, name: "Alice" } };
const changed: UserEvent = { type: "UserChanged", data: { name: "Alice", email: "alice@example.org" } };
const deleted: UserEvent = { type: "UserDeleted", data: {} };

test("a user is created with its id as the client wrote it", () => {
  given(userDecider, []).when({ type: "CreateUser", id: 1, name: "Alice" }).then([created]);
});

test("a user is created once", () => {
  given(userDecider, [created])
    .when({ type: "CreateUser", id: 1, name: "Alice" })
    .thenRefused("user_already_exists");
});

test("a deleted user's id is never given again", () => {
  given(userDecider, [created, deleted])
    .when({ type: "CreateUser", id: 1, name: "Alice" })
    .thenRefused("user_already_exists");
});

test("a change holds the whole user after it", () => {
  given(userDecider, [created]).when({ type: "ChangeUser", email: "alice@example.org" }).then([changed]);
  given(userDecider, [created, changed])
    .when({ type: "ChangeUser", name: "Bob" })
    .then([{ type: "UserChanged", data: { name: "Bob", email: "alice@example.org" } }]);
  given(userDecider, [created])
    .when({ type: "ChangeUser", name: "Bob" })
    .then([{ type: "UserChanged", data: { name: "Bob" } }]);
});

test("a change that changes nothing is no event", () => {
  given(userDecider, [created]).when({ type: "ChangeUser", name: "Alice" }).then([]);
  given(userDecider, [created, changed])
    .when({ type: "ChangeUser", name: "Alice", email: "alice@example.org" })
    .then([]);
  given(userDecider, [created]).when({ type: "ChangeUser" }).then([]);
});

test("a user is deleted", () => {
  given(userDecider, [created]).when({ type: "DeleteUser" }).then([deleted]);
});

test("a user that was never created, or was deleted, is not found", () => {
  for (const events of [[], [created, deleted]]) {
    given(userDecider, events).when({ type: "ChangeUser", name: "Bob" }).thenRefused("user_not_found");
    given(userDecider, events).when({ type: "DeleteUser" }).thenRefused("user_not_found");
  }
});

test("events come to the user's state", () => {
  expect(fold(userDecider, [created, changed, deleted])).toEqual({
    exists: true,
    deleted: true,
    id: 1,
    name: "Alice",
    email: "alice@example.org",
  });
});

test("a stream that does not open with UserCreated is not read on", () => {
  expect(() => fold(userDecider, [deleted])).toThrow("UserDeleted stands before UserCreated");
});
