import type ts from "typescript";

/** The TypeScript compiler as a module. */
export type Compiler = typeof ts;
