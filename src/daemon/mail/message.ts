/** What the gateway says of a message: who it is from, what it is about, how the mail system names it. */
import { addressesIn, parsePath } from './address.ts';
import type { Header } from './header-block.ts';

export interface MessageLabel {
  /** The first address of From; empty when there is none. */
  from: string;
  subject: string;
  messageId: string;
}

/** RFC 5322 §2.1.1: no line is longer. */
const LONGEST_LINE = 998;

/** For log lines and lists. Remote text: it is made safe where it is drawn. */
export function labelOf(header: Header): MessageLabel {
  return {
    from: addressesIn(header.values('from'))[0] ?? '',
    subject: header.text('subject').slice(0, LONGEST_LINE),
    messageId: header.text('message-id').slice(0, LONGEST_LINE),
  };
}

/** The envelope sender of a fetched message: its Return-Path, else its From; a null one stays null (RFC 5321 §4.5.5). */
export function envelopeSender(header: Header): string {
  const [path] = header.values('return-path');
  const sender = path === undefined ? null : parsePath(path);
  return sender ?? addressesIn(header.values('from'))[0] ?? '';
}
