import { assertEquals } from "@std/assert";
import { init } from "../../app/init/init_command.ts";
import { Folder, legwork } from "./support/cli.ts";

const QUIET = { out() {}, err() {}, width: undefined, color: false };

Deno.test("init writes a folder that checks and whose ladder passes, and keeps what is there", async () => {
  using folder = new Folder({ "README.md": "mine" });
  assertEquals(init(folder.path, QUIET), 0);
  assertEquals(Deno.readTextFileSync(`${folder.path}/README.md`), "mine");
  const cwd = folder.path;
  const check = await legwork(["check", "legwork.yaml"], { cwd });
  assertEquals(check, {
    code: 0,
    out: ["legwork.yaml: no mistakes"],
    err: [],
  });
  const test = await legwork(["test", "route.flow"], { cwd });
  assertEquals(test.out.slice(1), [
    "route.ts: 2 of 2 hooks ran",
    ...test.out.slice(2, -1),
    "1 ladder, all well",
  ]);
  assertEquals(test.code, 0);
  // The editor's view: the types come from the folder alone.
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "route.ts"],
    cwd,
    stderr: "null",
  }).output();
  assertEquals(code, 0);
});

Deno.test("init says how writing is permitted", async () => {
  using folder = new Folder({});
  const { code, err } = await legwork(["init", "new"], { cwd: folder.path });
  assertEquals(code, 1);
  assertEquals(err, [
    "new/deno.json: writing is not permitted, wanted: deno run -P --allow-write=new mod.ts init new",
  ]);
});
