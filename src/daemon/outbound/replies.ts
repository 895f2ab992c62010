/** What the listener says when it does not do what a client asks. */
import type { Late } from './pace.ts';
import type { LineFault } from './reader.ts';
import type { Refusal } from './refusal.ts';

export const STOPPING: Refusal = { code: 421, text: '4.3.2 The gateway is stopping, try again later' };
export const UNKNOWN: Refusal = { code: 500, text: '5.5.1 Command not recognised' };
export const NO_PROXY: Refusal = { code: 550, text: '5.7.1 Not accepted from you' };
export const HELLO_FIRST: Refusal = { code: 503, text: '5.5.1 Send EHLO or HELO first' };
export const NEEDS_RCPT: Refusal = { code: 503, text: '5.5.1 Send RCPT first' };
export const FAULTS: Record<LineFault, Refusal> = {
  'too long': { code: 500, text: '5.5.2 Line too long' },
  'bad octets': { code: 501, text: '5.5.2 Octets that no command holds, or a line that does not end in CR LF' },
};
export const LATE: Record<Late, string> = {
  command: '4.4.2 Timeout, closing connection',
  data: '4.4.2 The message comes too slowly, closing connection',
  drain: '4.4.2 Our replies are not read, closing connection',
};
