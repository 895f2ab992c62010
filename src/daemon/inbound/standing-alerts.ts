/** What of a mailbox waits for a person, as alerts that stand until it is done. */
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
