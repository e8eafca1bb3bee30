/** The connections of this worker that other workers know of: what came on them goes there, and answers come back. */

import type { LinkFrame } from "./link_frames.ts";
import type { TcpConnection } from "./tcp_connection.ts";
import type { WorkerLink } from "./worker_link.ts";

/** One connection, and who has been told of it. */
interface Held {
  readonly id: number;
  readonly connection: TcpConnection;
  readonly links: Set<WorkerLink>;
}

/** See the module's text. */
export class HeldFlows {
  readonly #onFault: (counter: string, by?: number) => void;
  readonly #byConnection = new Map<TcpConnection, Held>();
  readonly #byId = new Map<number, Held>();
  #lastId = 0;

  constructor(onFault: (counter: string, by?: number) => void) {
    this.#onFault = onFault;
  }

  /** Connections that others know of. */
  get size(): number {
    return this.#byId.size;
  }

  /** Gives a message to its owner. */
  handOver(
    bytes: Uint8Array,
    connection: TcpConnection,
    { link, listener }: { link: WorkerLink; listener: number },
  ): void {
    const held = this.#heldOf(connection);
    const { id } = held;
    if (!held.links.has(link)) {
      const { remote, local, isAccepted } = connection;
      const flow = { kind: "flow", id, listener, isAccepted } as const;
      if (link.send({ ...flow, remote, local })) held.links.add(link);
    }
    const isSent = held.links.has(link) &&
      link.send({ kind: "message", id, bytes });
    this.#onFault(isSent ? "worker_handed_over" : "worker_link_full");
  }

  /** Nothing more comes on it. */
  halfClosed(connection: TcpConnection): void {
    const held = this.#byConnection.get(connection);
    if (held === undefined) return;
    for (const link of held.links) {
      link.send({ kind: "half_closed", id: held.id });
    }
  }

  /** It is gone. */
  closed(connection: TcpConnection, reason: string): void {
    const held = this.#byConnection.get(connection);
    if (held === undefined) return;
    this.#byConnection.delete(connection);
    this.#byId.delete(held.id);
    for (const link of held.links) {
      link.send({ kind: "closed", id: held.id, reason });
    }
  }

  /** What another worker wants of a connection of ours. */
  onFrame(link: WorkerLink, frame: LinkFrame): boolean {
    if (frame.kind !== "send") return false;
    const { id, number } = frame;
    const connection = this.#byId.get(id)?.connection;
    const tell = number === 0
      ? undefined
      : (reason?: string): void =>
        void link.send({ kind: "outcome", number, reason });
    if (connection === undefined) {
      this.#onFault("transport_send_failed");
      tell?.("the connection is closed");
    } else connection.write(frame.bytes.slice(), tell, tell);
    return true;
  }

  /** That worker is gone, or knows nothing any more. */
  forget(link: WorkerLink): void {
    for (const { links } of this.#byId.values()) links.delete(link);
  }

  #heldOf(connection: TcpConnection): Held {
    const known = this.#byConnection.get(connection);
    if (known !== undefined) return known;
    const held = {
      id: ++this.#lastId,
      connection,
      links: new Set<WorkerLink>(),
    };
    this.#byConnection.set(connection, held);
    this.#byId.set(held.id, held);
    return held;
  }
}
