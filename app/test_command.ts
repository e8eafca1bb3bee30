export async function test(): Promise<number> {
  return await Promise.resolve(0);
}
