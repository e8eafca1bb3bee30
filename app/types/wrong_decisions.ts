/**
 * Finds hooks that return what their place in a call does not allow, by the types: `onInvite decides drop`. What
 * each hook may decide is read from the type `Script` of the API, so that there is one list.
 *
 * @module
 */

import type ts from "typescript";
import type { Compiler } from "./compiler.ts";

/** A hook that does not do what it may, and where it does not. */
export interface WrongDecision {
  readonly file: string;
  /** Characters from the start of the file. */
  readonly at: number;
  readonly message: string;
}

/** The wrong decisions of a script; `contract` is a module with `contract: Script` and the namespace `script`. */
export function wrongDecisions(
  compiler: Compiler,
  program: ts.Program,
  { entry, contract }: { entry: string; contract: string },
): WrongDecision[] {
  const checker = program.getTypeChecker();
  const module = program.getSourceFile(contract)!;
  const symbol = checker.getSymbolAtLocation(module);
  const exports = symbol === undefined
    ? []
    : checker.getExportsOfModule(symbol);
  const wanted = exports.find(({ name }) => name === "contract");
  const source = program.getSourceFile(entry);
  const scriptSymbol = source && checker.getSymbolAtLocation(source);
  if (wanted === undefined || scriptSymbol === undefined) return [];
  const script = checker.getTypeOfSymbolAtLocation(wanted, module);
  const finder = new Finder(compiler, checker, module);
  return checker.getExportsOfModule(scriptSymbol).flatMap((hook) => {
    const allowed = script.getProperty(hook.name);
    return allowed === undefined ? [] : finder.check(hook, allowed);
  });
}

class Finder {
  readonly #compiler: Compiler;
  readonly #checker: ts.TypeChecker;
  readonly #at: ts.Node;

  constructor(compiler: Compiler, checker: ts.TypeChecker, at: ts.Node) {
    this.#compiler = compiler;
    this.#checker = checker;
    this.#at = at;
  }

  check(hook: ts.Symbol, allowed: ts.Symbol): WrongDecision[] {
    const checker = this.#checker;
    const target = checker.getNonNullableType(
      checker.getTypeOfSymbolAtLocation(allowed, this.#at),
    );
    const type = checker.getTypeOfSymbolAtLocation(hook, this.#at);
    const declaration = hook.declarations?.[0];
    if (declaration === undefined) return [];
    if (target.getCallSignatures().length === 0) {
      const each = target.getStringIndexType();
      // A message hook may return anything else than a wrong decision: `headers.delete(...)` gives a boolean.
      return each === undefined
        ? []
        : type.getProperties().flatMap((entry) =>
          this.#wrong(entry, {
            name: `${hook.name}["${entry.name}"]`,
            may: this.#decisions(this.#returns(each)),
          })
        );
    }
    const may = this.#decisions(this.#returns(target));
    const wrong = this.#wrong(hook, { name: hook.name, may });
    if (wrong.length > 0 || checker.isTypeAssignableTo(type, target)) {
      return wrong;
    }
    const name = this.#compiler.getNameOfDeclaration(declaration) ??
      declaration;
    return [{
      file: name.getSourceFile().fileName,
      at: name.getStart(),
      message: `${hook.name} is ${checker.typeToString(type)}, wanted ${
        checker.typeToString(target)
      }`,
    }];
  }

  #wrong(
    hook: ts.Symbol,
    { name, may }: { name: string; may: ReadonlySet<string> },
  ): WrongDecision[] {
    const [declaration] = hook.declarations ?? [];
    if (declaration === undefined || may.size === 0) return [];
    return this.#returnsOf(declaration).flatMap((node) => {
      const found = this.#decisions([this.#checker.getTypeAtLocation(node)]);
      return [...found].filter((each) => !may.has(each)).map((each) => ({
        file: node.getSourceFile().fileName,
        at: node.getStart(),
        message: `${name} decides ${each}, wanted ${listed([...may].sort())}`,
      }));
    });
  }

  #returns(type: ts.Type): ts.Type[] {
    return type.getCallSignatures().map((signature) =>
      signature.getReturnType()
    );
  }

  /** The actions, or the words, that a value of these types stands for; a promise counts as its value. */
  #decisions(types: readonly ts.Type[]): Set<string> {
    const names = new Set<string>();
    const queue = [...types];
    for (let type = queue.pop(); type !== undefined; type = queue.pop()) {
      if (type.isUnion()) queue.push(...type.types);
      else if (type.isStringLiteral()) names.add(type.value);
      else if (type.getProperty("then") !== undefined) {
        const value = this.#checker.getAwaitedType(type);
        if (value !== undefined && value !== type) queue.push(value);
      } else {
        const action = type.getProperty("action");
        if (action === undefined) continue;
        const kind = this.#checker.getTypeOfSymbolAtLocation(action, this.#at);
        for (const each of kind.isUnion() ? kind.types : [kind]) {
          if (each.isStringLiteral()) names.add(each.value);
        }
      }
    }
    return names;
  }

  /** The expressions that a hook returns, those of functions inside it apart. */
  #returnsOf(declaration: ts.Node): ts.Expression[] {
    const {
      isFunctionLike,
      isPropertyAssignment,
      isReturnStatement,
      isVariableDeclaration,
    } = this.#compiler;
    const hook =
      isVariableDeclaration(declaration) || isPropertyAssignment(declaration)
        ? declaration.initializer
        : declaration;
    if (hook === undefined || !isFunctionLike(hook)) return [];
    const found: ts.Expression[] = [];
    const { body } = hook as ts.FunctionLikeDeclaration;
    if (body === undefined) return [];
    const visit = (node: ts.Node): void => {
      if (isFunctionLike(node)) return;
      if (isReturnStatement(node) && node.expression !== undefined) {
        found.push(node.expression);
      }
      this.#compiler.forEachChild(node, visit);
    };
    if (this.#compiler.isBlock(body)) visit(body);
    else found.push(body);
    return found;
  }
}

function listed(names: readonly string[]): string {
  return names.length < 2
    ? names.join("")
    : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
