// Certificates for a test's servers, made by openssl when they are needed: none that could expire is kept.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Authority {
  /** PEM, what clients are given to trust. */
  readonly file: string;
  /** A server's certificate for these names, as openssl writes them: DNS:localhost, IP:127.0.0.1. */
  issue(server: string, names: string): Promise<{ certificate: string; key: string; bundle: string }>;
}

const DAYS = "2";

export async function authority(directory: string, name: string): Promise<Authority> {
  const at = (file: string) => join(directory, `${name}-${file}`);
  const ca = ["-x509", "-subj", `/CN=${name}`, "-addext", "basicConstraints=critical,CA:TRUE"];
  await openssl(["req", ...newKey(at("ca.key")), ...ca, "-days", DAYS, "-out", at("ca.pem")]);

  return {
    file: at("ca.pem"),
    async issue(server, names) {
      const file = (ending: string) => at(`${server}.${ending}`);
      writeFileSync(file("ext"), `subjectAltName=${names}\n`);
      await openssl(["req", ...newKey(file("key")), "-subj", `/CN=${server}`, "-out", file("csr")]);
      const signedBy = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial"];
      const terms = ["-days", DAYS, "-extfile", file("ext")];
      await openssl(["x509", "-req", "-in", file("csr"), ...signedBy, ...terms, "-out", file("crt")]);
      const [certificate, key] = await Promise.all([
        Bun.file(file("crt")).text(),
        Bun.file(file("key")).text(),
      ]);
      // Key and certificate in one file, as Kafka wants its keystore.
      writeFileSync(file("pem"), key + certificate);
      return { certificate, key, bundle: file("pem") };
    },
  };
}

function newKey(file: string): string[] {
  return ["-newkey", "rsa:2048", "-nodes", "-keyout", file];
}

async function openssl(words: string[]): Promise<void> {
  await Bun.$`openssl ${words}`.quiet();
}
