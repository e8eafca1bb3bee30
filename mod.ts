if (import.meta.main) {
  const { main } = await import("./app/main.ts");
  Deno.exit(await main(Deno.args));
}
