/** Which registration stands on which flow: asked for every message, so it is looked up and not searched. */

import type { Flow } from "../transport/flow.ts";
import { flowKey } from "../transport/flow_watchers.ts";
import type { Registration } from "./registration.ts";

/** A registration, and whose it is. */
export interface Registered {
  readonly trunk: string;
  readonly registration: Registration;
}

/** See the module's text. */
export class RegisteredIndex {
  readonly #byFlow = new Map<Flow | string, Registered[]>();
  readonly #keys = new Map<string, readonly (Flow | string)[]>();

  /** Those on a flow: datagrams from where REGISTER went, or the very connection. */
  at(flow: Flow): readonly Registered[] {
    if (this.#byFlow.size === 0) return NONE;
    return this.#byFlow.get(flowKey(flow)) ?? NONE;
  }

  /** Says anew where a trunk is registered. */
  update(trunk: string, serving: readonly Registration[]): void {
    for (const key of this.#keys.get(trunk) ?? []) {
      const left = this.#byFlow.get(key)?.filter((one) => one.trunk !== trunk);
      if (left === undefined || left.length === 0) this.#byFlow.delete(key);
      else this.#byFlow.set(key, left);
    }
    const keys = serving.flatMap((registration) => {
      const { flow } = registration.binding ?? {};
      if (flow === undefined) return [];
      const key = flowKey(flow);
      const known = this.#byFlow.get(key) ?? [];
      this.#byFlow.set(key, [...known, { trunk, registration }]);
      return [key];
    });
    this.#keys.set(trunk, keys);
  }
}

const NONE: readonly Registered[] = [];
