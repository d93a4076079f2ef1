// Several words may say one thing. Sent together they must say the same, or one of them would be lost.
import type * as v from "valibot";
import type { Issue } from "@millrace/commands/parsed";
import type { chosenId } from "@millrace/commands/words";
import type { MinorUnits } from "../../money.ts";
import { type MoneyReader, readMoney } from "../../read-money.ts";
import type { amountWords, customerWords } from "../words.ts";

type Words<Entries extends v.ObjectEntries> = v.InferOutput<v.StrictObjectSchema<Entries, undefined>>;
type Id = v.InferOutput<typeof chosenId>;

/** The stream's id: the text of the id that the client chose; undefined where it chose none. */
export function agreedId(words: { id?: Id; orderId?: Id }, issues: Issue[]): string | undefined {
  return agreed(asText(words.orderId), asText(words.id), "orderId", "/id", issues);
}

export function agreedCustomer(words: Words<typeof customerWords>, issues: Issue[]): string | undefined {
  return agreed(words.customer, asText(words.userId), "customer", "/userId", issues);
}

export function agreedAmount(words: Words<typeof amountWords>, reader: MoneyReader): MinorUnits | undefined {
  const read = (amount: number | undefined, pointer: string) =>
    amount === undefined ? undefined : readMoney(amount, pointer, reader);
  const amount = read(words.amount, "/amount");
  const totalAmount = read(words.totalAmount, "/totalAmount");
  return agreed(amount, totalAmount, "amount", "/totalAmount", reader.issues);
}

function agreed<Value>(
  first: Value | undefined,
  second: Value | undefined,
  firstWord: string,
  secondPointer: string,
  issues: Issue[],
): Value | undefined {
  if (first !== undefined && second !== undefined && first !== second) {
    issues.push({ pointer: secondPointer, message: `Must say the same as ${firstWord}` });
  }
  return first ?? second;
}

function asText(id: string | number | undefined): string | undefined {
  return id === undefined ? undefined : String(id);
}
