// A dial plan: how people of one place write numbers, and E.164 (+ and country code), in both directions.

export interface Plan {
  country: string;
  area: string;
  /** What is dialled before a number of another area, and of another country. */
  national: string;
  international: string;
  /** Shorter ones are extensions and services: 110, 116117, *21#. They mean what they mean where they were dialled. */
  shortest: number;
}

export const BERLIN: Plan = {
  country: "49",
  area: "30",
  national: "0",
  international: "00",
  shortest: 7,
};

export function toE164(written: string, plan: Plan): string {
  const number = written.replace(/[-.() ]/g, ""); // RFC 3966 section 3: visual separators mean nothing
  if (!/^\+?\d+$/.test(number) || number.length < plan.shortest) return written;
  if (number.startsWith("+")) return number;
  const { international, national, country, area } = plan;
  if (number.startsWith(international)) {
    return `+${number.slice(international.length)}`;
  }
  if (number.startsWith(national)) {
    return `+${country}${number.slice(national.length)}`;
  }
  return `+${country}${area}${number}`;
}

export function fromE164(number: string, plan: Plan): string {
  if (!/^\+\d+$/.test(number)) return number;
  const { international, national, country, area } = plan;
  const home = `+${country}`;
  if (!number.startsWith(home)) return international + number.slice(1);
  const local = number.slice(home.length);
  return local.startsWith(area) ? local.slice(area.length) : national + local;
}
