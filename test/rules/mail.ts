/** Messages for the tests of this folder, written as octets are. */
import fc from 'fast-check';
import { LONGEST_HEADER_BLOCK } from '../../src/daemon/base/limits.ts';
import { type Body, bodyOf } from '../../src/daemon/mail/body.ts';
import { readHeader } from '../../src/daemon/mail/header-block.ts';
import { headerBlockOf } from '../../src/daemon/mail/mime/fields.ts';
import { PartFinder } from '../../src/daemon/mail/mime/part-finder.ts';
import type { FoundAttachment, Scan } from '../../src/daemon/mail/mime/scan.ts';
import type { Rule } from '../../src/daemon/rules/settings.ts';
import type { Examined } from '../../src/daemon/rules/verdict.ts';

export const octets = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Lines as they travel. */
export const lines = (...all: string[]): string => all.map((line) => `${line}\r\n`).join('');

/** A part with these header lines and this body. */
export interface PartText {
  header: string[];
  body: string;
}

export const part = (header: string[], body = 'abc'): PartText => ({ header, body });

export const attached = (name: string, body = 'UEsDBA=='): PartText =>
  part(
    [
      'Content-Type: application/octet-stream',
      `Content-Disposition: attachment; filename="${name}"`,
      'Content-Transfer-Encoding: base64',
    ],
    body,
  );

export const text = (body = 'Hello'): PartText => part(['Content-Type: text/plain'], body);

/** A multipart of these parts, as a part. */
export function multipart(boundary: string, parts: PartText[], type = 'mixed'): PartText {
  const body = parts.map(({ header, body: own }) => `--${boundary}\r\n${lines(...header)}\r\n${own}\r\n`).join('');
  return part([`Content-Type: multipart/${type}; boundary="${boundary}"`], `${body}--${boundary}--`);
}

/** A whole message whose content is that part. */
export function message(content: PartText, header: string[] = ['From: a@example.org', 'Subject: Hello']): string {
  return `${lines(...header, 'MIME-Version: 1.0', ...content.header)}\r\n${content.body}\r\n`;
}

/** A message inside another, as a part. */
export const forwarded = (inner: string, header: string[] = []): PartText =>
  part(['Content-Type: message/rfc822', ...header], inner);

export function scanOf(mail: string | Uint8Array, chunk = 65_536): Scan {
  const bytes = typeof mail === 'string' ? octets(mail) : mail;
  const finder = new PartFinder();
  for (let at = 0; at < bytes.length; at += chunk) if (!finder.feed(bytes.subarray(at, at + chunk))) break;
  return finder.end();
}

/** The likeliest name of each attachment. */
export const namesIn = (mail: string | Uint8Array): string[] =>
  scanOf(mail).attachments.map(({ names }: FoundAttachment) => names[0] ?? '');

export function rule(given: Partial<Rule>): Rule {
  return {
    ...{ name: 'rule', type: 'Intercept', attachments: [], subject: [], from: [], to: [], header: [] },
    action: { does: 'quarantine' },
    ...given,
  };
}

export function examined(mail: string | Uint8Array | Body, recipients: string[] = ['anna@firma.example']): Examined {
  const body = typeof mail === 'string' ? bodyOf(octets(mail)) : mail instanceof Uint8Array ? bodyOf(mail) : mail;
  const start = typeof mail === 'string' ? octets(mail) : mail instanceof Uint8Array ? mail : new Uint8Array(0);
  const headerOctets = headerBlockOf(start.subarray(0, LONGEST_HEADER_BLOCK));
  return { body, headerOctets, header: readHeader(headerOctets), account: 'sales', recipients };
}

export async function readAll(body: Body): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of body.chunks()) pieces.push(Buffer.from(chunk));
  return Buffer.concat(pieces).toString('latin1');
}

/** Any UTF-16 units, controls and lone surrogates too. */
export const anything = (longest: number): fc.Arbitrary<string> =>
  fc.array(fc.nat(0xffff), { maxLength: longest }).map((units) => String.fromCharCode(...units));
