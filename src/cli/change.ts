/** What a command has changed, and what it could not change. */
import type { Language } from '../protocol/model.ts';
import { phrases } from '../protocol/phrases.ts';
import { exits } from './exits.ts';
import { type Globals, remark, say, sayJson, type World } from './world.ts';

/** Prints the result, as JSON or in the words of `done`, and resolves with the exit code: 1 when something was skipped. */
export function tellChange<S extends { why: string }>(
  world: World,
  { json }: Globals,
  result: { skipped: S[] },
  { done, nameOf, language }: { done: string; nameOf: (skipped: S) => string; language: Language },
): number {
  if (json) sayJson(world, result);
  else {
    say(world, done);
    for (const skipped of result.skipped) remark(world, `${nameOf(skipped)}: ${phrases[language].reason(skipped.why)}`);
  }
  return result.skipped.length > 0 ? exits.errors : exits.done;
}
