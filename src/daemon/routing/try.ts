/**
 * `route try`: where would this message go, and why (G07)? Pure, and by the very function that routes mail.
 *
 * It takes any route: `createRouter(routingSettings(edited))` tells what an edited configuration would do with the same message.
 */
import { LONGEST_HEADER_BLOCK } from '../base/limits.ts';
import { readHeader } from '../mail/header-block.ts';
import type { Route, Routed } from './router.ts';

export interface TriedRoute {
  recipients: { name: string; address: string; why: string }[];
  unroutable: boolean;
  /** Sentences: what decided. */
  why: string;
  /** What was looked at, and what came of it: a sentence each. Holds remote text. */
  looked: string[];
}

/**
 * `message`: octets, its header at least; what stands behind the first empty line is not looked at, and pasted line ends are read.
 * `account`: the account that it is fetched from; the caller knows that there is such a one. Null: a message does not say in
 * which mailbox it lay, so each of `accounts` is asked; where they do not agree, each sentence begins with those that it is of, and
 * the recipients are those of any of them. Without any accounts the answer is that of To and Cc.
 */
export function tryRoute(
  route: Route,
  message: Uint8Array,
  account: string | null,
  accounts: readonly string[],
): TriedRoute {
  const header = readHeader(headerOf(message));
  if (account !== null) return tried(route(header, account));
  if (accounts.length === 0) return tried(route(header, ''));

  const groups = alike(accounts.map((name) => ({ name, answer: tried(route(header, name)) })));
  const [first] = groups;
  return first && groups.length === 1 ? first.answer : together(groups);
}

interface Group {
  names: string[];
  answer: TriedRoute;
}

/** Accounts that sentences name; a gateway may have a thousand. */
const MOST_NAMED = 3;

function tried({ recipients, unroutable, why, asked }: Routed): TriedRoute {
  return {
    recipients: recipients.map(({ name, address, why: reason }) => ({ name, address, why: reason })),
    unroutable,
    why,
    looked: asked.map(({ why: sentence }) => sentence),
  };
}

/** Accounts that answer alike, together. */
function alike(answers: { name: string; answer: TriedRoute }[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { name, answer } of answers) {
    const key = JSON.stringify(answer);
    const group = groups.get(key);
    if (group) group.names.push(name);
    else groups.set(key, { names: [name], answer });
  }
  return [...groups.values()];
}

/** Where a message may have come from one or another: whoever would get it from any of them, each with the accounts. */
function together(groups: Group[]): TriedRoute {
  const recipients = new Map<string, TriedRoute['recipients'][number]>();
  for (const group of groups) {
    for (const { name, address, why } of group.answer.recipients) {
      const key = JSON.stringify([name, address]);
      const before = recipients.get(key);
      const reason = `${from(group)}: ${why}`;
      recipients.set(key, { name, address, why: before ? `${before.why} ${reason}` : reason });
    }
  }
  return {
    recipients: [...recipients.values()],
    unroutable: groups.every(({ answer }) => answer.unroutable),
    why: ['It depends on the account.', ...groups.map((group) => `${from(group)}: ${group.answer.why}`)].join(' '),
    looked: groups.flatMap((group) => group.answer.looked.map((sentence) => `${from(group)}: ${sentence}`)),
  };
}

function from({ names }: Group): string {
  const others = names.length - MOST_NAMED;
  const named = names.slice(0, MOST_NAMED).join(', ');
  return others > 0 ? `From ${named} and ${others} more` : `From ${named}`;
}

/** The octets before the first empty line, as far as the walk reads; what a file or a paste begins with (a BOM, empty lines) is left out. */
function headerOf(message: Uint8Array): Uint8Array {
  const block = message.subarray(0, LONGEST_HEADER_BLOCK);
  const text = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('latin1');
  const start = /^(?:\u00ef\u00bb\u00bf)?[\r\n]*/.exec(text)?.[0].length ?? 0;
  const length = /\r?\n\r?\n/.exec(text.slice(start))?.index ?? block.length;
  return block.subarray(start, start + length);
}
