// What clients are told of a user's refusals.
import { type NamedProblem, nameProblems } from "@millrace/http/problem";
import type { UserRefusal } from "./refusals.ts";

export const userProblems: Readonly<Record<UserRefusal["code"], NamedProblem>> = nameProblems({
  user_not_found: { status: 404, title: "User not found", detail: "There is no user with this id." },
  user_already_exists: {
    status: 409,
    title: "User already exists",
    detail: "A user with this id was created before. Ids are never given again, not even after a DELETE.",
  },
});
