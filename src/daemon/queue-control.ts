/** What a remote control can have done to the outgoing queue: the control link's `QueueControl`, made of the parts. */
import { CallError } from '../protocol/errors.ts';
import type { Deed, QueueControl, RestWish, Which } from './control/gateway.ts';
import { isAddress } from './mail/address.ts';
import type { RestSwitch } from './outbound/freeze.ts';
import type { Change, Changed, OutgoingQueue, TooMany } from './outbound/queue.ts';
import { StoreFailure } from './store/store.ts';

export interface QueueControlParts {
  outgoing: OutgoingQueue;
  freeze?: Pick<RestSwitch, 'set'>;
  pause?: Pick<RestSwitch, 'set'>;
}

export function queueControl({ outgoing, freeze, pause }: QueueControlParts): QueueControl {
  return {
    list: (where, offset, limit) => outgoing.list(where, offset, limit),
    page: (where, from, limit) => outgoing.page(where, from === 'last' ? { before: null } : from, limit),
    trash: (where, after, limit) => outgoing.trash(where, after, limit),
    total: (where) => outgoing.total(where),
    sum: (where) => outgoing.sum(where),
    show: (id) => outgoing.show(id),
    async change(deed, which, { by, reason, expect }) {
      check(outgoing, deed);
      const done = await change(outgoing, deed, which, { by, reason, ...(expect === null ? {} : { expect }) });
      if (!('tooMany' in done)) return done;
      const { tooMany } = done;
      throw new CallError('conflict', `It would be ${tooMany} messages by now, ${expect} were expected. Look again.`, {
        ...{ expected: expect, now: tooMany },
      });
    },
    async open(id) {
      try {
        return await outgoing.verified(id);
      } catch (error) {
        if (error instanceof StoreFailure) throw new CallError('refused', error.message);
        throw error;
      }
    },
    read: (id, offset, limit) => outgoing.octets(id, offset, limit),
    freeze: (wish, by) => setRest(freeze, wish, by),
    pause: (wish, by) => setRest(pause, wish, by),
  };
}

function check(outgoing: OutgoingQueue, deed: Deed): void {
  if (deed.does === 'reroute' && deed.relay !== null && !outgoing.relays().includes(deed.relay)) {
    const known = outgoing.relays().map((name) => (name === '' ? 'the default one' : `"${name}"`));
    throw new CallError('not_found', `There is no relay "${deed.relay}"; there are ${known.join(', ')}.`);
  }
  if (deed.does === 'readdress' && !isAddress(deed.to))
    throw new CallError('invalid_params', `"${deed.to}" is no address.`);
}

function change(outgoing: OutgoingQueue, deed: Deed, which: Which, how: Change): Promise<Changed | TooMany> {
  switch (deed.does) {
    case 'hold':
      return outgoing.hold(which, { ...how, until: deed.until });
    case 'release':
      return outgoing.release(which, how);
    case 'retry':
      return outgoing.retry(which, how);
    case 'return':
      return outgoing.giveBack(which, how);
    case 'drop':
      return outgoing.drop(which, how);
    case 'reroute':
      return outgoing.reroute(which, { ...how, relay: deed.relay });
    case 'readdress':
      return outgoing.readdress(which, { ...how, from: deed.from, to: deed.to });
    case 'prioritise':
      return outgoing.prioritise(which, { ...how, priority: deed.priority });
    case 'restore':
      return outgoing.restore(which, how);
    case 'empty':
      return outgoing.empty(which, how);
  }
}

async function setRest(rest: Pick<RestSwitch, 'set'> | undefined, { on, until, reason }: RestWish, by: string) {
  if (rest === undefined) throw new CallError('refused', 'This gateway takes no outgoing mail.');
  return await rest.set(on, until, by, reason);
}
