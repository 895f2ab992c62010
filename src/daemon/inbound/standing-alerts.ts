/** What of a mailbox waits for a person, as alerts that stand until it is done. */
import type { ListedMessage } from '../pop3/mailbox.ts';
import type { Visit } from './visit.ts';

/** Mail that nobody takes; that none is left is known only once all of it was looked at. */
export function alertUnroutable({ account, parts }: Visit, left: number): void {
  const key = `unroutable:${account.name}`;
  if (left === 0) {
    parts.alerts.clear(key, 'No unroutable message is left.');
    return;
  }
  const what =
    left === 1 ? '1 message has no recipient here and stays' : `${left} messages have no recipient here and stay`;
  const message = `${what} on the POP3 server. Name the recipient, or let one take unroutable messages.`;
  parts.alerts.raise(key, message, account.name);
}

/** Mail that is not fetched because the disk has no room for it (G13); it comes by itself once there is. */
export function alertRoom({ account, parts }: Visit, waiting: number): void {
  const key = `room:${account.name}`;
  if (waiting === 0) {
    parts.alerts.clear(key, 'The disk has room for every message again.');
    return;
  }
  const what = waiting === 1 ? '1 message stays' : `${waiting} messages stay`;
  parts.alerts.raise(
    key,
    `${what} on the POP3 server: the disk of the gateway has no room. Free some; the next session fetches them.`,
    account.name,
  );
}

/** Mail that is set aside, or was refused again and again (G03). */
export function alertStuck({ account, parts }: Visit, stuck: number): void {
  const key = `stuck:${account.name}`;
  if (stuck === 0) {
    parts.alerts.clear(key, 'No message is stuck any more.');
    return;
  }
  const what = stuck === 1 ? '1 message is stuck' : `${stuck} messages are stuck`;
  parts.alerts.raise(
    key,
    `${what} on the POP3 server and wait for a decision: mailgate mailbox list ${account.name}`,
    account.name,
  );
}

/**
 * Mail whose UIDL is blank or given twice (POP13, POP14). A server that names no message at all has no UIDL (POP12): that is told only
 * where it costs something, which is when the account keeps its mail there.
 */
export function alertNameless({ account, parts, unsure }: Visit, listing: readonly ListedMessage[]): void {
  const key = `nameless:${account.name}`;
  const nameless = listing.reduce((count, { uidl }) => count + (unsure.has(uidl) ? 1 : 0), 0);
  const withoutUidl = unsure.size === 1 && nameless === listing.length;
  if (nameless === 0 || (withoutUidl && !account.keepOnServer)) {
    parts.alerts.clear(key, 'Every message has a UIDL of its own.');
    return;
  }
  const what =
    nameless === 1
      ? '1 message has no UIDL of its own on the POP3 server: as long as it is there, it is'
      : `${nameless} messages have no UIDL of their own on the POP3 server: as long as they are there, they are`;
  parts.alerts.raise(key, `${what} downloaded in each session, and known by content. Nothing is lost.`, account.name);
}
