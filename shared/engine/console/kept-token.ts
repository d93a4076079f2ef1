// The token that the console makes for itself where a file is named for it: once, at the first start.
import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { InvalidConfig, TOKEN_LENGTH_MIN } from "@millrace/platform/config";

const TOKEN_BYTES = 32;

/**
 * The token in the file; a new one where there is no such file yet, which `tell` then gets.
 * @throws InvalidConfig where the file can't be read or made, or holds too little.
 */
export function keptToken(file: string | undefined, tell: (token: string) => void): string | undefined {
  if (file === undefined) return undefined;
  let token: string;
  try {
    token = read(file) ?? make(file, tell);
  } catch (error) {
    throw new InvalidConfig([`MILLRACE_CONSOLE_TOKEN_FILE: ${(error as Error).message}`]);
  }
  if (token.length < TOKEN_LENGTH_MIN) {
    throw new InvalidConfig([
      `MILLRACE_CONSOLE_TOKEN_FILE: ${file} holds ${token.length} characters, and at least ${TOKEN_LENGTH_MIN} are expected`,
    ]);
  }
  return token;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whole from the moment that it has its name, and made by one of several consoles that start at once. */
function make(file: string, tell: (token: string) => void): string {
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const draft = `${file}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, `${token}\n`, { mode: 0o600, flag: "wx" });
  try {
    linkSync(draft, file);
    tell(token);
    return token;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return readFileSync(file, "utf8").trim();
  } finally {
    rmSync(draft, { force: true });
  }
}
