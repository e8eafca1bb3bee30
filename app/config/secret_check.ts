/** The value of a variable; undefined: not set; "denied": this process may not read it. */
export type Environment = (
  name: string,
) => { readonly value: string } | "denied" | undefined;

/** What is wrong with an environment variable that is to hold a password; undefined when nothing is. */
export function secretProblem(
  name: unknown,
  environment: Environment | undefined,
): string | undefined {
  if (environment === undefined || typeof name !== "string") return undefined;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return undefined;
  const found = environment(name);
  if (found === "denied") {
    return `environment variable ${name} may not be read, wanted a name that begins with LEGWORK_ or CARRIER_, or --allow-env=${name}`;
  }
  if (found !== undefined && found.value !== "") return undefined;
  const what = found === undefined ? "not set" : "empty";
  return `environment variable ${name} is ${what}, wanted a password`;
}
