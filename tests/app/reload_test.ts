import { assertEquals } from "@std/assert";
import { FileWatch } from "../../app/reload.ts";

/** A folder with a script, a watch on it, and what the watch has said. */
class Folder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "legwork-" });
  readonly faults: unknown[] = [];
  names = ["route.ts"];
  changes = 0;
  #watch: FileWatch | undefined;
  #heard = Promise.withResolvers<void>();

  write(name: string, text: string): void {
    Deno.writeTextFileSync(`${this.path}/${name}`, text);
  }

  watch(): FileWatch {
    this.#watch = new FileWatch({
      files: () => this.names.map((name) => `${this.path}/${name}`),
      quietMs: 20,
      onFault: (error) => this.faults.push(error),
      onChange: () => {
        this.changes++;
        this.#heard.resolve();
        this.#heard = Promise.withResolvers();
        return Promise.resolve();
      },
    });
    return this.#watch;
  }

  /** The next change; fails when none comes. */
  async change(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => late.reject(new Error("no change")), 5000);
    await Promise.race([this.#heard.promise, late.promise]);
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch?.close();
    await Deno.remove(this.path, { recursive: true });
    assertEquals(this.faults, []);
  }
}

Deno.test("a script written in place is seen", async () => {
  await using folder = new Folder();
  folder.write("route.ts", "1");
  folder.watch();
  const change = folder.change();
  folder.write("route.ts", "2");
  await change;
});

Deno.test("a script replaced by another file is seen, again and again", async () => {
  await using folder = new Folder();
  folder.write("route.ts", "1");
  folder.watch();
  for (let i = 0; i < 3; i++) {
    const change = folder.change();
    folder.write(".route.ts.swp", `${i}`);
    Deno.renameSync(
      `${folder.path}/.route.ts.swp`,
      `${folder.path}/route.ts`,
    );
    await change;
  }
});

Deno.test("several steps of one save are one change", async () => {
  await using folder = new Folder();
  folder.write("route.ts", "1");
  folder.watch();
  const change = folder.change();
  for (let i = 0; i < 10; i++) folder.write("route.ts", `${i}`);
  await change;
  assertEquals(folder.changes, 1);
});

Deno.test("other files of the folder, and reading, are no change", async () => {
  await using folder = new Folder();
  folder.write("route.ts", "1");
  folder.write("notes.txt", "1");
  folder.watch();
  folder.write("notes.txt", "2");
  Deno.readTextFileSync(`${folder.path}/route.ts`);
  const change = folder.change();
  folder.write("route.ts", "2");
  await change;
  assertEquals(folder.changes, 1);
});

Deno.test("a file that the script imports since its last change is watched", async () => {
  await using folder = new Folder();
  Deno.mkdirSync(`${folder.path}/lib`);
  folder.write("route.ts", "1");
  folder.write("lib/numbers.ts", "1");
  folder.watch();
  const first = folder.change();
  folder.names = ["route.ts", "lib/numbers.ts"];
  folder.write("route.ts", "2");
  await first;
  // The folder is watched once the change is done with.
  await Promise.resolve();
  const second = folder.change();
  folder.write("lib/numbers.ts", "2");
  await second;
});

Deno.test("a mounted file behind links is seen when the links are exchanged", async () => {
  await using folder = new Folder();
  for (const version of ["v1", "v2"]) {
    Deno.mkdirSync(`${folder.path}/${version}`);
    folder.write(`${version}/route.ts`, version);
  }
  Deno.symlinkSync("v1", `${folder.path}/..data`);
  Deno.symlinkSync("..data/route.ts", `${folder.path}/route.ts`);
  folder.watch();
  const change = folder.change();
  Deno.symlinkSync("v2", `${folder.path}/..data_tmp`);
  Deno.renameSync(`${folder.path}/..data_tmp`, `${folder.path}/..data`);
  await change;
});

Deno.test("a closed watch says nothing more", async () => {
  await using folder = new Folder();
  folder.write("route.ts", "1");
  const watch = folder.watch();
  watch.poke();
  watch.close();
  watch.poke();
  assertEquals(folder.changes, 0);
});

Deno.test("a file that is missing is seen when it comes, its folder with it", async () => {
  await using folder = new Folder();
  folder.write("route.ts", "1");
  folder.names = ["route.ts", "lib/deep/more.ts"];
  const watch = folder.watch();
  let change = folder.change();
  Deno.mkdirSync(`${folder.path}/lib/deep`, { recursive: true });
  await change;
  change = folder.change();
  folder.write("lib/deep/more.ts", "1");
  // Where both came within one quiet time, the later one is in the same change.
  watch.poke();
  await change;
});
