/** What a process has used, as the kernel counts it. */

/** The kernel's clock ticks of /proc are these on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** User and system time of a process, all its threads, and of those it has started, in microseconds. */
export async function cpuMicros(pid: number): Promise<number> {
  return await sum(pid, ownCpuMicros);
}

/** Resident memory of a process and those it has started, in kilobytes of 1024. */
export async function rssKb(pid: number): Promise<number> {
  return await sum(pid, ownRssKb);
}

async function sum(
  pid: number,
  own: (pid: number) => Promise<number>,
): Promise<number> {
  const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  const pids = [pid, ...children.split(" ").filter(Boolean).map(Number)];
  const each = await Promise.all(pids.map(own));
  return each.reduce((all, one) => all + one, 0);
}

async function ownCpuMicros(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold spaces; utime and stime are the 12th
  // and 13th field after it (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks * 1e6 / TICKS_PER_SECOND;
}

async function ownRssKb(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(status.match(/^VmRSS:\s+(\d+)/m)?.[1] ?? 0);
}
