// What README, guide and the pages for those who work here may say: links lead somewhere, listings stand in the files that
// they quote, and every command is run by a test or by CI.
import { describe, expect, test } from "bun:test";
import { Glob } from "bun";
import {
  type Block,
  blocksOf,
  changed,
  commandsOf,
  linesMatch,
  missingFrom,
  ROOT,
  readPage,
} from "./blocks.ts";

const GUIDE = [...new Glob("shared/guide/*.md").scanSync({ cwd: ROOT })].sort();
const PAGES = ["README.md", "CONTRIBUTING.md", "AGENTS.md", "CHANGELOG.md", "apps/bench/README.md", ...GUIDE];
const LANGUAGES = ["", "sh", "json", "text", "ts", "diff", "yaml", "env", "js", "python"];

/** Pages whose commands are all run, one after the other, by a program that reads the page. */
const RUN_WHOLE: Readonly<Record<string, string>> = {
  "shared/guide/try-it.md": "apps/system-tests/guide/readme.ts",
  "shared/guide/make-it-yours.md": "apps/system-tests/new.long.test.ts",
  "shared/guide/your-first-aggregate.md": "apps/system-tests/guide/guide.long.test.ts",
  "shared/guide/a-process-with-a-deadline.md": "apps/system-tests/guide/guide.long.test.ts",
  "shared/guide/change-a-stored-event.md": "apps/system-tests/guide/guide.long.test.ts",
  "shared/guide/from-your-kafka-demo.md": "apps/system-tests/guide/guide.long.test.ts",
  "shared/guide/an-incident-at-night.md": "apps/system-tests/guide/guide.long.test.ts",
  "shared/guide/backups.md": "apps/system-tests/backups/backups.long.test.ts",
};

/** Commands of the other pages: the file that runs each, and by which words one finds it there. */
const RUN_BY: readonly { readonly command: RegExp; readonly file: string; readonly words: string }[] = [
  { command: /^git clone /, file: ".ci/run", words: "clone -q --no-hardlinks" },
  { command: /^bun run dev$/, file: ".ci/run", words: "exec setsid bun run dev" },
  { command: /^curl /, file: "apps/system-tests/guide/readme.ts", words: `readPage("README.md")` },
  { command: /^bun run ops /, file: "apps/system-tests/ops/ops.int.test.ts", words: "guide/operate.md" },
  { command: /^bun test$/, file: ".ci/run", words: "tests tests 900 bun test" },
  { command: /^bun test shared\//, file: ".ci/run", words: "bun test shared/testing/command-line" },
  { command: /^bun run test:long$/, file: ".ci/run", words: "bun run test:long" },
  { command: /^bun run check$/, file: ".ci/run", words: "check 300 bun run check" },
  { command: /^bun run mutants$/, file: ".ci/run", words: "mutants 900 bun run mutants --minutes" },
  { command: /^bun run format$/, file: "package.json", words: `"format": "biome check --write ."` },
  {
    command: /^bun run chaos /,
    file: "apps/system-tests/chaos/schedule.long.test.ts",
    words: "runSchedule(",
  },
  { command: /^bun run bench /, file: "apps/bench/bench.long.test.ts", words: "bench" },
  {
    command: /^docker compose up (-d )?--build --wait$/,
    file: ".ci/containers",
    words: "docker compose up -d --build --wait",
  },
  {
    command: /^docker compose up (-d )?--wait --scale /,
    file: ".ci/containers",
    words: "--scale projector=3 --scale relay=2",
  },
  {
    command: /^docker compose run --rm -T ops keys create /,
    file: ".ci/containers",
    words: "docker compose run --rm -T ops keys create --role operator",
  },
  {
    command: /^docker compose --profile observe up -d --wait$/,
    file: ".ci/containers",
    words: "docker compose --profile '*' config",
  },
  {
    command: /^docker compose --env-file shared\/deploy\/cluster\.env up -d --wait$/,
    file: ".ci/containers",
    words: "docker compose --env-file shared/deploy/cluster.env",
  },
  {
    command: /^sh shared\/deploy\/draw-secrets\.sh > secrets\.env$/,
    file: ".ci/containers",
    words: "shared/deploy/draw-secrets.sh",
  },
  {
    command:
      /^docker compose --env-file secrets\.env -f compose\.yaml -f shared\/deploy\/secured\.yaml up -d --build --wait$/,
    file: ".ci/containers",
    words: "secrets.env -f compose.yaml -f shared/deploy/secured.yaml",
  },
  { command: /^kubectl kustomize /, file: ".ci/containers", words: "overlays/production" },
];

interface Page {
  readonly page: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

const pages: Page[] = await Promise.all(
  PAGES.map(async (page) => {
    const text = await readPage(page);
    return { page, text, blocks: blocksOf(text) };
  }),
);

describe("README and guide", () => {
  // Seen to fail with http.md renamed.
  test("every page of the guide stands in its table of contents", () => {
    const contents = pages.find(({ page }) => page === "shared/guide/README.md")?.text ?? "";
    const left = GUIDE.filter((page) => !page.endsWith("/README.md")).filter(
      (page) => !contents.includes(`](${page.slice("shared/guide/".length)})`),
    );
    expect(left).toEqual([]);
  });

  // Seen to fail with `bun run nonsense` in the README, and with a chapter taken out of guide.long.test.ts.
  test("every command is run by a test or by CI", async () => {
    const unproven: string[] = [];
    let commands = 0;
    for (const { page, blocks } of pages) {
      const whole = RUN_WHOLE[page];
      if (whole) {
        const runner = await readPage(whole);
        expect({ page, runs: runner.includes(page) }).toEqual({ page, runs: true });
        continue;
      }
      for (const command of blocks.flatMap(({ language, text }) =>
        language === "sh" ? commandsOf(text) : [],
      )) {
        for (const one of command.split(" && ").filter((each) => !each.startsWith("cd "))) {
          commands++;
          const by = RUN_BY.find((each) => each.command.test(one));
          if (!by || !(await readPage(by.file)).includes(by.words)) unproven.push(`${page}: ${one}`);
        }
      }
    }
    expect(unproven).toEqual([]);
    expect(commands).toBeGreaterThan(10);
  });

  // Seen to fail with a line of a listing changed in the page, the same line in the file, and a block of `toml`.
  test("every listing of a file that is here stands in it, and every block is of a kind that is proven", async () => {
    const wrong: string[] = [];
    for (const { page, blocks } of pages) {
      for (const { language, about, text, line } of blocks) {
        if (!LANGUAGES.includes(language)) wrong.push(`${page}:${line} has a block of ${language}`);
        if (RUN_WHOLE[page] !== undefined || about === "") continue;
        const file = Bun.file(`${ROOT}/${about}`);
        const missing = (await file.exists()) ? missingFrom(await file.text(), text) : text;
        if (missing !== undefined)
          wrong.push(`${page}:${line} quotes what ${about} does not hold: ${missing}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("what tools read", () => {
  test("GitHub runs .ci/run, and the dev container has the Bun that the image has", async () => {
    const workflow = Bun.YAML.parse(await readPage(".github/workflows/ci.yml")) as {
      jobs: Record<string, { steps: { run?: string }[] }>;
    };
    const runs = Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run = [] }) => run));
    expect(runs).toEqual([".ci/run"]);
    const bunOf = async (file: string) => /^FROM (oven\/bun:\S+)/m.exec(await readPage(file))?.[1];
    expect(await bunOf(".devcontainer/Dockerfile")).toBe((await bunOf("Dockerfile")) as string);
    expect(await Bun.file(`${ROOT}/.devcontainer/devcontainer.json`).json()).toMatchObject({
      build: { dockerfile: "Dockerfile" },
    });
  });

  test("the licence is the one that package.json names", async () => {
    const { license } = await Bun.file(`${ROOT}/package.json`).json();
    expect(await readPage("LICENSE")).toStartWith(`${license} License`);
  });
});

describe("blocks", () => {
  test("know their language, what they are about, and their line", () => {
    const page = "# Title\n\n```ts new a/b.ts\nconst a = 1;\n```\n\n```\ndrawn\n```\n";
    expect(blocksOf(page)).toEqual([
      { language: "ts", about: "new a/b.ts", text: "const a = 1;\n", line: 3 },
      { language: "", about: "", text: "drawn\n", line: 7 },
    ]);
  });

  test("commands go on after a backslash and inside quotes, and end before a comment", () => {
    expect(commandsOf("a 'x\n  y' b\nc \\\n  d\n# all of it\ne   # why\n\n")).toEqual([
      ...["a 'x\n  y' b", "c \\\n  d", "e"],
    ]);
  });

  test("a listing stands in a file with what it leaves out, whatever its indentation, and not in another order", () => {
    const file = "function a() {\n  one();\n  two();\n  three();\n}\n";
    expect(missingFrom(file, "one();\n// …\n    three();\n")).toBeUndefined();
    expect(missingFrom(file, "one();\nthree();\n")).toBe("one();\nthree();");
  });

  test("a change is made where its lines stand once, and nowhere else", () => {
    expect(changed("a\nb\nc\nd\n", " a\n-b\n+B\n…\n d\n+e\n")).toBe("a\nB\nc\nd\ne\n");
    expect(() => changed("a\nb\na\n", " a\n+x\n")).toThrow("2 times");
    expect(() => changed("a\n", " b\n+x\n")).toThrow("0 times");
  });

  test("lines that are shown stand in what was printed, in order, with any widths", () => {
    const printed = "id  what\n1   pen    red\n2   cup    blue\n";
    expect(linesMatch(printed, "1 pen …\n2 cup blue\n")).toBe(true);
    expect(linesMatch(printed, "2 cup blue\n1 pen red\n")).toBe(false);
    expect(linesMatch(printed, "3 map\n")).toBe(false);
  });
});
