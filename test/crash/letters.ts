/** The mail of the crash tests: each letter bears an id of its own, and its copies are known by it and by the SHA-256 of their body. */
import { createHash } from 'node:crypto';
import type { Chance } from './chance.ts';

export interface Letter {
  readonly id: string;
  /** SHA-256 of the body, hex. */
  readonly digest: string;
  readonly sender: string;
  readonly to: readonly string[];
  readonly octets: Buffer;
}

/** What a peer got. */
export interface Copy {
  readonly id: string;
  readonly digest: string;
  /** The name that the gateway's queue gave it, `Pmg1F7B`; empty for one that was never queued. */
  readonly name: string;
  readonly messageId: string;
  /** Of a report: the name of the message that it is about. */
  readonly about: string | null;
}

export interface Addresses {
  readonly sender: string;
  readonly to: readonly string[];
}

const LONGEST_BODY = 5_000; // octets: more than a page of the database, so that a message is several writes

/** Dots at the start of lines, octets above 0x7F, and an end that is no dot line: what a copy must come through whole with. */
export function writeLetter(id: string, { sender, to }: Addresses, chance: Chance): Letter {
  const noise = chance
    .octets(chance.below(LONGEST_BODY))
    .toString('base64')
    .replace(/.{1,64}/g, '.$&\r\n');
  const body = Buffer.from(`Bonjour à tous.\r\n..\r\n${noise}${id} ends.\r\n`, 'utf8');
  return letterOf(id, { sender, to }, body);
}

/** `body` ends with CRLF. */
export function letterOf(id: string, { sender, to }: Addresses, body: Buffer): Letter {
  const header = [
    `From: <${sender}>`,
    `To: ${to.map((address) => `<${address}>`).join(', ')}`,
    `Subject: ${id}`,
    `Message-ID: <${id}@crash.example>`,
    `X-Crash-Id: ${id}`,
  ];
  const octets = Buffer.concat([Buffer.from(`${header.join('\r\n')}\r\n\r\n`), body]);
  return { id, digest: sha256(body), sender, to, octets };
}

/** Of the octets as they are on the wire, without the final dot. */
export function readCopy(stuffed: Buffer): Copy {
  const text = stuffed.toString('latin1').replace(/(^|\r\n)\.\./g, '$1.');
  const end = text.indexOf('\r\n\r\n');
  const header = text.slice(0, end);
  const body = text.slice(end + 4);
  const report = /multipart\/report/.test(header);
  return {
    id: field(report ? body : header, 'X-Crash-Id'),
    digest: sha256(Buffer.from(body, 'latin1')),
    name: report ? '' : queueName(header),
    messageId: field(header, 'Message-ID'),
    about: report ? queueName(body) : null,
  };
}

/** Of our own Received field. */
function queueName(header: string): string {
  return /by gateway\.example \(MailGate [0-9a-f]{32}\)\r\n\twith \w+ id (Pmg\w+)/.exec(header)?.[1] ?? '';
}

function field(text: string, name: string): string {
  return new RegExp(`^${name}: (\\S+)`, 'im').exec(text)?.[1] ?? '';
}

function sha256(octets: Buffer): string {
  return createHash('sha256').update(octets).digest('hex');
}
