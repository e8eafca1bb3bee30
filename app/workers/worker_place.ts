/** Which of several workers a process is, and what of the configuration is its share. */

import { MAX_WORKERS } from "../../core/transport/owner_scan.ts";
import type { Config } from "../config/schema.ts";
import { controlPath } from "../control/socket_path.ts";

/** `number` counts from 0, `of` is how many there are. */
export interface WorkerPlace {
  readonly number: number;
  readonly of: number;
}

/** `0/4` to `3/4`. */
export function parseWorker(text: string): WorkerPlace | undefined {
  const [, number, of] = (/^(\d{1,2})\/(\d{1,2})$/.exec(text) ?? []).map(
    Number,
  );
  if (number === undefined || of === undefined) return undefined;
  return of >= 2 && of <= MAX_WORKERS && number < of
    ? { number, of }
    : undefined;
}

/** The configuration of one worker: media ports and a control socket of its own. Without a place it stays as it is. */
export function configOf(
  config: Config,
  place: WorkerPlace | undefined,
): Config {
  if (place === undefined) return config;
  const { media, listen } = config;
  const path = controlPath(config, listen[0]!.port);
  return {
    ...config,
    control: path === undefined ? "off" : workerSocket(path, place.number),
    media: { ...media, ports: portsOf(media.ports, place) },
  };
}

/** The control socket of a worker, beside that of all: `5060-w0.sock`. */
export function workerSocket(path: string, worker: number): string {
  return path.replace(/(?:\.sock)?$/, `-w${worker}.sock`);
}

/** Equal parts that begin with an even port. */
export function portsOf(
  { first, last }: Config["media"]["ports"],
  { number, of }: WorkerPlace,
): Config["media"]["ports"] {
  const even = first + first % 2;
  const each = 2 * Math.floor((last - even + 1) / 2 / of);
  const from = even + number * each;
  return { first: from, last: from + each - 1 };
}
