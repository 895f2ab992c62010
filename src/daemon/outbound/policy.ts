/** Who may hand over mail: never an open relay (I23). Pure. */
import type { Refusal } from './refusal.ts';

export interface Client {
  /** Its address as the socket says it; an IPv4 one may be written as IPv6. */
  address: string;
  /** Whom it logged in as; null: not at all. */
  user: string | null;
}

export interface Admission {
  acceptFrom: { includes(address: string): boolean };
  requireAuthentication: boolean;
  /** Does the listener offer AUTH? */
  offersLogin: boolean;
}

const DENIED: Refusal = { code: 550, text: '5.7.1 Relaying denied' };
const LOGIN_FIRST: Refusal = { code: 530, text: '5.7.0 Authentication required' };

/** Null: it may. The greeting is given to anyone (S103 works from anywhere); MAIL and RCPT are what is refused. */
export function refusalOf(
  client: Client,
  { acceptFrom, requireAuthentication, offersLogin }: Admission,
): Refusal | null {
  if (client.user !== null) return null;
  if (requireAuthentication) return LOGIN_FIRST;
  if (acceptFrom.includes(plainAddress(client.address))) return null;
  return offersLogin ? LOGIN_FIRST : DENIED;
}

/** `::ffff:10.0.0.1` is 10.0.0.1, so that a list of IPv4 networks means what it says on a dual-stack socket. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}
