/**
 * Looks into the schema: which keys stand where, and with which default.
 *
 * @module
 */

import { z } from "zod";
import { configSchema } from "./schema.ts";

/** A place in the configuration: keys and list indexes. */
export type Path = readonly (string | number)[];

/** One key of the configuration, as the documentation lists it. */
export interface SchemaKey {
  /** Such as `trunks.NAME.session_timer.mode`; list elements add nothing. */
  readonly path: string;
  /** Undefined: it has none. */
  readonly defaultValue: unknown;
}

/** The keys known at a place; empty where any or no key is. */
export function keysAt(path: Path): string[] {
  let schema: unknown = bare(configSchema);
  for (const step of path) schema = bare(child(schema, step));
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** Every key that has no keys of its own, in the order of the schema. */
export function leafKeys(): SchemaKey[] {
  return [...leaves(configSchema, "")];
}

function* leaves(schema: unknown, path: string): Generator<SchemaKey> {
  const inner = bare(schema);
  if (inner instanceof z.ZodObject) {
    for (const [key, value] of Object.entries(inner.shape)) {
      yield* leaves(value, path === "" ? key : `${path}.${key}`);
    }
  } else if (inner instanceof z.ZodRecord) {
    yield* leaves(inner.valueType, `${path}.NAME`);
  } else if (
    inner instanceof z.ZodArray && bare(inner.element) instanceof z.ZodObject
  ) yield* leaves(inner.element, path);
  else yield { path, defaultValue: defaultOf(schema) };
}

function defaultOf(schema: unknown): unknown {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? schema.def.defaultValue
    : undefined;
}

function child(schema: unknown, step: string | number): unknown {
  if (schema instanceof z.ZodObject) return schema.shape[step];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (schema instanceof z.ZodArray) return schema.element;
  return undefined;
}

/** Without default, optional and the step that makes a list of one item. */
function bare(schema: unknown): unknown {
  if (
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional
  ) {
    return bare(schema.unwrap());
  }
  if (schema instanceof z.ZodPipe && schema.in instanceof z.ZodTransform) {
    return bare(schema.out);
  }
  return schema;
}
