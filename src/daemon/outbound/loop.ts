/** Mail that comes back to us: the token that stands in our Received fields, and nobody else's (CLI24, MSG09). Pure. */

/** What a client is told whose message has come round: it is known again by the words when a relay passes them on (REL21). */
export const IN_A_LOOP = 'this message goes round in a loop';

/** As it stands in a Received field, a comment behind our name. Empty without a token. */
export function tokenComment(token: string): string {
  return token === '' ? '' : ` (MailGate ${token})`;
}

/** Does one of these Received fields (unfolded) bear our token? Those of other gateways do not count. */
export function bearsToken(received: readonly string[], token: string): boolean {
  if (token === '') return false;
  const comment = tokenComment(token).trim();
  return received.some((field) => field.includes(comment));
}
