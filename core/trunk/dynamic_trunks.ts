/** Trunks whose servers are whatever has registered: a PBX without a fixed address. */

import type { Address } from "../transport/address.ts";
import type { Binding } from "./location_table.ts";
import type { Registrar } from "./registrar.ts";
import { namedAor } from "./registrar_settings.ts";
import type { TrunkSettings } from "./trunk_table.ts";

/** See the file's text. */
export class DynamicTrunks {
  readonly #registrar: Registrar;
  readonly #byAor = new Map<string, string>();

  constructor(trunks: readonly TrunkSettings[], registrar: Registrar) {
    this.#registrar = registrar;
    for (const { name, dynamic } of trunks) {
      const aor = dynamic && namedAor(dynamic.aor, registrar.settings);
      if (aor !== undefined) this.#byAor.set(aor, name);
    }
  }

  /** The trunk of whoever is registered with that address. */
  match(address: Address, listener: string): string | undefined {
    if (this.#byAor.size === 0 || this.#registrar.table.size === 0) {
      return undefined;
    }
    const found = new Set(
      this.#registrar.table.at(address, listener).flatMap((binding: Binding) =>
        this.#byAor.get(binding.aor) ?? []
      ),
    );
    return found.size === 1 ? [...found][0] : undefined;
  }
}
