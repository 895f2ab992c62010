/** Asks a person for a yes before something that cannot be taken back, or that concerns many messages. */
import { createInterface } from 'node:readline/promises';
import { exits, Failure } from './exits.ts';
import type { Link } from './link.ts';
import { remark, type World } from './world.ts';

export interface Question {
  /** Ends in `[y/N] `. */
  ask: string;
  /** For standard error where nobody can be asked. */
  needsYes: string;
}

/** Asks where a person sits; elsewhere only --yes is a yes, and its absence is a usage error. */
export async function agreed(world: World, { texts }: Link, { ask, needsYes }: Question): Promise<boolean> {
  if (!world.stdin.isTTY || !world.stderr.isTTY) throw new Failure(exits.usage, needsYes);

  const line = createInterface({ input: world.stdin, output: world.stderr });
  const gone = new Promise<string>((resolve) => line.once('close', () => resolve('')));
  const answer = await Promise.race([line.question(ask), gone]);
  line.close();
  if (texts.yes.includes(answer.trim().toLowerCase())) return true;

  remark(world, texts.leftAlone);
  return false;
}
