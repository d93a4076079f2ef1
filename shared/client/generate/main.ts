// `bun run client`: writes the types that the client has.
import { documents } from "./documents.ts";
import { printContract } from "./print-contract.ts";

await Bun.write(new URL("../contract.generated.ts", import.meta.url), printContract(documents()));
