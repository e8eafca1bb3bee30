/** What a machine and its owner ask of each other while code runs inside. */

/** What may cross from the host into the machine as the result of a host call. */
export type HostValue = string | number | boolean | undefined;

/** The arguments of the host call that is going on, read only when asked for. */
export interface HostArguments {
  number(index: number): number;
  /** The argument as text, up to its first NUL. */
  text(index: number): string;
  /** Likewise, but undefined where there is a NUL; it is overlooked in a text of several hundred characters. */
  wholeText(index: number): string | undefined;
  /** Where the argument lies in the machine's memory, if it is an object. */
  place(index: number): number;
}

/** What the machine asks of its owner. */
export interface MachineHost {
  /** Code inside called the host function. It must not throw. */
  onCall(args: HostArguments): HostValue;
  /** Asked while code runs: how many steps it may take until it is asked again, or 0 to stop it at once. */
  onPoll(): number;
  /** The full name of what `name` means when imported by `base`. May throw. */
  resolve(base: string, name: string): string;
  /** The JavaScript of a module by its full name. May throw. */
  source(name: string): string;
}
