import { assertEquals } from "@std/assert";
import { parseServer } from "../../app/config/address.ts";
import { loadConfig, loadYaml } from "../../app/load_config.ts";
import { Folder } from "./support/cli.ts";

const YAML = "listen: udp:127.0.0.1:5060\n";

Deno.test("scripts are found from the folder of the file that names them", () => {
  using folder = new Folder({ "route.ts": "" });
  const absolute = `${folder.path}/route.ts`;
  folder.write("a.yaml", `${YAML}scripts: [route.ts, ${absolute}]\n`);
  assertEquals(loadYaml(`${folder.path}/a.yaml`).scripts, [
    `${folder.path}/route.ts`,
    absolute,
  ]);
  folder.write("b.yaml", `${YAML}scripts: [lib/route.ts]\n`);
  assertEquals(loadYaml(`${folder.path}/b.yaml`), {
    scripts: [],
    problems: [
      `${folder.path}/b.yaml:2:11: there is no file "lib/route.ts", wanted a script\n` +
      "  2 | scripts: [lib/route.ts]\n" +
      "                ^",
    ],
    notices: [],
  });
});

Deno.test("what is no file is said to be none", () => {
  using folder = new Folder({ "route.ts": "" });
  const { path } = folder;
  assertEquals(loadYaml(path).problems, [`${path}: it is a folder`]);
  assertEquals(loadYaml(`${path}/route.ts/x.yaml`).problems, [
    `${path}/route.ts/x.yaml: a part of its path is no folder`,
  ]);
  const scripts = { kind: "scripts", listen: [], open: false } as const;
  const files = [`${path}/route.ts`, `${path}/no.ts`, path];
  assertEquals(
    loadConfig({ ...scripts, scripts: files, trunks: [] }).problems,
    [`${path}/no.ts: there is no such file`, `${path}: it is no file`],
  );
});

Deno.test("the command line makes a configuration too", () => {
  using folder = new Folder({ "route.ts": "" });
  const script = `${folder.path}/route.ts`;
  const server = parseServer("sip:127.0.0.1:5080")!;
  const { config, scripts, problems } = loadConfig({
    kind: "scripts",
    scripts: [script],
    listen: [],
    trunks: [{ name: "pbx", server }],
    open: false,
  });
  assertEquals([scripts, problems], [[script], []]);
  assertEquals(config?.trunks["pbx"]?.servers, [server]);
  assertEquals(config?.unknown_peers, "accept");
});

Deno.test("a password that the environment lacks is missed where it is named", () => {
  using folder = new Folder({});
  const auth = "{username: u, password_env: LEGWORK_TEST_UNSET}";
  folder.write(
    "a.yaml",
    `${YAML}trunks:\n  a: {match: 192.0.2.1, auth: ${auth}}\n`,
  );
  const file = `${folder.path}/a.yaml`;
  assertEquals(
    loadYaml(file).problems.map((problem) => problem.split("\n")[0]),
    [`${file}:3:59: environment variable LEGWORK_TEST_UNSET is not set, wanted a password`],
  );
  const environment = () => ({ value: "secret" });
  assertEquals(loadYaml(file, { environment }).problems, []);
});

Deno.test("a file of registrations is missed before it is opened", () => {
  using folder = new Folder({ "kept.sqlite": "" });
  const { path } = folder;
  const problemsOf = (file: string) => {
    folder.write(
      "a.yaml",
      `${YAML}registrar:\n  domains: example.com\n  users: {bob: {ha1: 0123456789abcdef0123456789abcdef}}\n  file: ${file}\n`,
    );
    return loadYaml(`${path}/a.yaml`).problems.map((text) =>
      text.split("\n")[0]
    );
  };
  const wanted = "wanted a file in a folder that can be written to";
  assertEquals(problemsOf("kept.sqlite"), []);
  assertEquals(problemsOf("new.sqlite"), []);
  assertEquals(problemsOf("no/new.sqlite"), [
    `${path}/a.yaml:5:9: "no/new.sqlite" cannot be kept: ${path}/no/: there is no such file, ${wanted}`,
  ]);
  assertEquals(problemsOf(path), [
    `${path}/a.yaml:5:9: "${path}" cannot be kept: it is no file, ${wanted}`,
  ]);
});
