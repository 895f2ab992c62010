/** The plain shape of a command: one call, waited for where a person can see it, and its answer as JSON or in words. */
import { exits } from './exits.ts';
import { type Link, withLink } from './link.ts';
import { showing } from './progress.ts';
import { type Globals, say, sayJson, type World } from './world.ts';

interface Asking<T> {
  ask(link: Link): Promise<T>;
  /** The answer for a person, line by line. */
  lines(answer: T, link: Link): readonly string[];
  /** The exit code; 0 by default. */
  code?(answer: T): number;
}

export function asking<T>(world: World, globals: Globals, { ask, lines, code }: Asking<T>): Promise<number> {
  return withLink(world, globals, async (link) => {
    const answer = await showing(world, link.texts.waiting, ask(link));
    if (globals.json) sayJson(world, answer);
    else for (const line of lines(answer, link)) say(world, line);
    return code?.(answer) ?? exits.done;
  });
}
