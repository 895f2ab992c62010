/** What a family of commands is given: the tree to hang its commands in, and the way a command runs. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { World } from './world.ts';

export interface Commands {
  readonly program: Command;
  readonly world: World;
  /** Fits a command's function to commander: operands as commander hands them over, then all options; it resolves with the exit code. */
  readonly run: <A extends unknown[]>(does: (...args: A) => Promise<number>) => (...args: unknown[]) => Promise<void>;
}

/** An option that is a whole number of at least `least`. */
export function wholeNumber(flags: string, description: string, least: number): Option {
  return new Option(flags, description).argParser(integer(least));
}

/** Reads an operand or an option's value that is a whole number of at least `least`. */
export function integer(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < least)
      throw new InvalidArgumentError(`Expected a whole number from ${least} on.`);
    return number;
  };
}

/** An option that may be given several times, or once with commas. */
export function oneOrMore(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).argParser((text: string, before: string[] | undefined) => {
    const words = text.split(',');
    const odd = words.find((word) => !choices.includes(word));
    if (odd !== undefined) throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
    return [...(before ?? []), ...words];
  });
}

/** An option that may be given several times, once for each of its values. */
export function repeated(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: string[] | undefined) => [
    ...(before ?? []),
    text,
  ]);
}

/** A command that only has others below it. */
export function family({ program }: Commands, name: string, description: string, example: string): Command {
  return program.command(name).description(description).addHelpText('after', `\nExample:\n  $ ${example}`);
}
