/** `legwork registrations`: who is registered, and removed by hand. */

import { fromText, toText } from "../../core/message/bytes.ts";
import { formatAddress } from "../../core/transport/address.ts";
import type { Binding } from "../../core/trunk/location_table.ts";
import type { Registrar } from "../../core/trunk/registrar.ts";
import type { ControlReply, ControlRequest } from "./protocol.ts";

/** Registrations listed at most. */
const MOST_LISTED = 1_000;

/** Lists them, or removes what is asked for. */
export async function registrations(
  { remove, contact }: Extract<ControlRequest, { command: "registrations" }>,
  registrar: Registrar,
): Promise<ControlReply> {
  if (remove !== undefined) {
    const count = await registrar.remove(
      fromText(remove),
      contact === undefined ? undefined : fromText(contact),
    );
    return count === 0
      ? { ok: false, lines: [`${contact ?? remove}: nothing is registered`] }
      : { ok: true, lines: [`${counted(count)} removed`] };
  }
  const lines: string[] = [];
  let count = 0;
  for (const binding of registrar.table.all()) {
    if (count++ < MOST_LISTED) lines.push(registrationLine(binding));
  }
  if (count > lines.length) lines.push(`... and ${count - lines.length} more`);
  return { ok: true, lines: [...lines, counted(count)] };
}

function registrationLine(binding: Binding): string {
  const { aor, contact, source, expiresAtMs, q } = binding;
  const seconds = Math.max(0, Math.ceil((expiresAtMs - Date.now()) / 1000));
  const transport = source.transport.toLowerCase();
  const from = `${transport}:${formatAddress(source)}`;
  return [
    toText(`${aor}  ${contact}`),
    `from ${from}  expires in ${seconds} s  q ${q / 1000}`,
    ...details(binding),
  ].join("  ");
}

function details(
  { instance, regId, path, userAgent }: Binding,
): string[] {
  return [
    instance === undefined
      ? ""
      : `instance ${toText(instance)} reg-id ${regId}`,
    path.length === 0 ? "" : `path ${toText(path.join(", "))}`,
    userAgent === undefined ? "" : `agent ${JSON.stringify(toText(userAgent))}`,
  ].filter((text) => text !== "");
}

function counted(count: number): string {
  return count === 1 ? "1 registration" : `${count} registrations`;
}
