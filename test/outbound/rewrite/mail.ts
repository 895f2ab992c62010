/** Messages of the tests of rewriting, and what leaves of them. */
import { createBus } from '../../../src/daemon/base/bus.ts';
import { silentLog } from '../../../src/daemon/base/log.ts';
import { type Body, bodyOf } from '../../../src/daemon/mail/body.ts';
import type { Leaving } from '../../../src/daemon/outbound/leaving.ts';
import { disclaimerOf } from '../../../src/daemon/outbound/rewrite/disclaimer-text.ts';
import { createLeaving } from '../../../src/daemon/outbound/rewrite/leaving.ts';
import type { PolicySettings } from '../../../src/daemon/outbound/rewrite/settings.ts';
import type { QueueEntry } from '../../../src/daemon/store/store.ts';
import type { GatewayEvent } from '../../../src/protocol/events.ts';
import { manualClock } from '../../kit/clock.ts';
import { octets, readAll } from '../../rules/mail.ts';

export const policy: PolicySettings = {
  names: new Map(),
  avoidEmptyMailFrom: false,
  disclaimer: null,
  disclaimerProblem: null,
  archiveFolder: null,
  silentDropPrefixes: [],
  alertOnUnknownSender: false,
  knownSender: () => true,
};

export const withNames = (names: Record<string, string>): Partial<PolicySettings> => ({
  names: new Map(Object.entries(names)),
});

export const withDisclaimer = (text: string): Partial<PolicySettings> => ({ disclaimer: disclaimerOf(text) });

export const queued: QueueEntry = {
  id: 'Pmg1F7B',
  state: 'sending',
  sender: 'webmaster@pytheas.com',
  recipients: [],
  subject: 'A sample message',
  messageId: '<1@pytheas.com>',
  priority: 'normal',
  bytes: 0,
  digest: '',
  queuedAt: Date.UTC(2026, 10, 24, 12),
  attempts: 1,
  nextAttemptAt: 0,
  lastReply: null,
  relay: '',
  relayChoice: null,
  born: 0,
  warnedAt: null,
  peer: 'mail [127.0.0.1]',
  dsn: { ret: null, envid: null },
  smtpUtf8: false,
  eightBit: false,
  from: 'webmaster@pytheas.com',
  hold: null,
  drop: null,
  reportOn: null,
};

export function leavingWith(settings: Partial<PolicySettings>): Leaving & { events: GatewayEvent[] } {
  const events: GatewayEvent[] = [];
  const bus = createBus(manualClock(), 0, (error) => {
    throw error;
  });
  bus.listen((event) => events.push(event));
  return { ...createLeaving({ settings: { ...policy, ...settings }, bus, log: silentLog }), events };
}

/** What leaves of a message, as Latin-1; it says its size right. */
export async function left(
  mail: string | Body,
  settings: Partial<PolicySettings> = {},
  entry: Partial<QueueEntry> = {},
): Promise<string> {
  const stored = typeof mail === 'string' ? bodyOf(octets(mail)) : mail;
  const body = await leavingWith(settings).bodyOf({ ...queued, ...entry }, stored);
  const text = await readAll(body);
  if (text.length !== body.bytes) throw new Error(`${body.bytes} octets announced, ${text.length} given`);
  return text;
}

/** A body that comes in chunks of so many octets. */
export const inChunks = (mail: Uint8Array, size: number): Body => ({
  bytes: mail.length,
  async *chunks() {
    for (let at = 0; at < mail.length; at += size) yield mail.subarray(at, at + size);
  },
});
