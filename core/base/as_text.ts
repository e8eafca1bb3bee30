/** A help for the compiler in loops over characters. */

/**
 * The same text, which the compiler then knows to be one. A string of the engine's comes in five shapes and more (whole,
 * cut, joined, shared), and where a place in the code has met five, `length` and `charCodeAt` are looked up there by
 * their names, each time.
 */
export function asText(text: string): string {
  return text + "";
}
