/**
 * The few functions of the C library that move datagrams in batches, by Deno's foreign function interface. A function
 * more is a row more in the table below.
 *
 * They work where no more than the C library itself is allowed (`--allow-ffi=PATH`): Deno's own pointer functions want
 * the whole of `--allow-ffi`, so addresses and what lies at them are had from `memcpy`.
 *
 * @module
 */

/** Error numbers that callers tell apart; those of Linux on x86-64 and arm64. */
export const EINTR = 4;
export const EAGAIN = 11;
export const EADDRINUSE = 98;

const SYMBOLS = {
  recvmmsg: {
    parameters: ["i32", "buffer", "u32", "i32", "usize"],
    result: "i32",
  },
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
  sendto: {
    parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"],
    // As much of it as anybody looks at; a whole word would be allocated.
    result: "i32",
  },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  /** The same in another thread. */
  epollWaitSoon: {
    name: "epoll_wait",
    parameters: ["i32", "buffer", "i32", "i32"],
    result: "i32",
    nonblocking: true,
  },
  dup: { parameters: ["i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  usleep: { parameters: ["u32"], result: "i32" },
  errnoLocation: {
    name: "__errno_location",
    parameters: [],
    result: "usize",
  },
  addressOf: {
    name: "memcpy",
    parameters: ["buffer", "buffer", "usize"],
    result: "usize",
  },
  copyFrom: {
    name: "memcpy",
    parameters: ["buffer", "usize", "usize"],
    result: "void",
  },
} as const;

/** The C library of this process; see the module's text. */
export class Libc {
  readonly calls: Deno.StaticForeignLibraryInterface<typeof SYMBOLS>;
  readonly #errno = new Int32Array(new ArrayBuffer(4));

  constructor(library: Deno.DynamicLibrary<typeof SYMBOLS>) {
    this.calls = library.symbols;
  }

  /** Why the last call failed; good only right after it. */
  errno(): number {
    this.calls.copyFrom(this.#errno, this.calls.errnoLocation(), 4n);
    return this.#errno[0]!;
  }

  /** Where a buffer made by `new ArrayBuffer` lies; it stays there for as long as anything refers to it. */
  addressOf(buffer: ArrayBuffer): bigint {
    return this.calls.addressOf(buffer, buffer, 0n);
  }
}

/** Why there is no C library to call, in words for a log line. */
export interface LibcMissing {
  readonly missing: string;
  /** Whether nobody has allowed it, so that none is wanted perhaps. */
  readonly denied: boolean;
}

/** Opens the C library where that is allowed already; nobody is asked. The same one is given every time. */
export function openLibc(): Libc | LibcMissing {
  return opened ??= load();
}

let opened: Libc | LibcMissing | undefined;

function load(): Libc | LibcMissing {
  const { os, arch } = Deno.build;
  if (os !== "linux") {
    return { missing: `${os} has no recvmmsg`, denied: false };
  }
  let missing: string | undefined;
  for (const path of LIBRARIES[arch]) {
    if (
      Deno.permissions.querySync({ name: "ffi", path }).state !== "granted"
    ) continue;
    try {
      return new Libc(Deno.dlopen(path, SYMBOLS));
    } catch (error) {
      missing = error instanceof Error ? error.message : String(error);
    }
  }
  return {
    missing: missing ?? "--allow-ffi is not granted",
    denied: missing === undefined,
  };
}

/** Where distributions keep it, glibc first; the bare names need the whole of `--allow-ffi`. */
const LIBRARIES: Readonly<Record<typeof Deno.build.arch, readonly string[]>> = {
  x86_64: [
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib64/libc.so.6",
    "/usr/lib/libc.so.6",
    "/lib/libc.musl-x86_64.so.1",
    "libc.so.6",
    "libc.musl-x86_64.so.1",
  ],
  aarch64: [
    "/lib/aarch64-linux-gnu/libc.so.6",
    "/lib64/libc.so.6",
    "/usr/lib/libc.so.6",
    "/lib/libc.musl-aarch64.so.1",
    "libc.so.6",
    "libc.musl-aarch64.so.1",
  ],
};
