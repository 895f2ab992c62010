/** What the gateway says of a message: who it is from, what it is about, how the mail system names it. */
import { addressesIn, parsePath } from './address.ts';
import type { Header } from './header-block.ts';

export interface MessageLabel {
  /** The first address of From; empty when there is none. */
  from: string;
  subject: string;
  messageId: string;
}

/** For log lines and lists. Remote text: it is made safe where it is drawn. */
export function labelOf(header: Header): MessageLabel {
  return {
    from: addressesIn(header.values('from'))[0] ?? '',
    subject: header.text('subject'),
    messageId: header.text('message-id').slice(0, 998), // RFC 5322 §2.1.1: no line is longer
  };
}

/** The envelope sender of a fetched message: its Return-Path, else its From; a null one stays null (RFC 5321 §4.5.5). */
export function envelopeSender(header: Header): string {
  const [path] = header.values('return-path');
  const sender = path === undefined ? null : parsePath(path);
  return sender ?? addressesIn(header.values('from'))[0] ?? '';
}
