/**
 * The mail of the benchmark, the same for the same seed: a median of about 12 KB, one in twenty with 0.2 to 1 MB attached. Text in
 * UTF-8 and quoted-printable HTML, header blocks as mail has them after a provider's hops, lines that begin with a dot.
 */

/** The next number of a sequence, 0 to below 1. */
export type Random = () => number;

/** A seeded sequence (mulberry32): 32 bits of state are plenty for mail that nobody reads. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const USUAL = 12_000; // octets
const [SMALLEST, LARGEST] = [4_000, 40_000]; // octets, without what is attached
const SPREAD = 0.7; // of the logarithm
const WITH_ATTACHMENT = 0.05;
const [SMALLEST_ATTACHMENT, LARGEST_ATTACHMENT] = [200_000, 1_000_000]; // octets, before base64
const PLAIN = 0.25; // the others are text and HTML

const WORDS =
  `invoice meeting delivery order customer please report regards schedule Grüße project offer the of and to in that is for
  with on this from have not are at by be as or an we you your our all there which one would been when who will more if out so said
  what about into than them can only other time new some could these two may first then any like over such Straße naïve résumé
  €50`.split(/\s+/);

/** One message for `user`, with CRLF line ends. */
export function letter(random: Random, user: string, number: number): Buffer {
  const size = between(USUAL * Math.exp(SPREAD * normal(random)), SMALLEST, LARGEST);
  const header = headerLines(random, user, number);
  const room = Math.max(1_500, size - 2_200); // the header block is about that long
  const text = random() < PLAIN ? plainPart(random, room) : alternativePart(random, room);
  const body = random() < WITH_ATTACHMENT ? withAttachment(random, text, number) : text;
  return Buffer.from([...header, ...body, ''].join('\r\n'), 'utf8');
}

function headerLines(random: Random, user: string, number: number): string[] {
  const sender = `sender${below(random, 1_000)}@example${below(random, 50)}.test`;
  const at = `Mon, 23 Nov 2026 10:${two(below(random, 60))}:${two(below(random, 60))} +0100`;
  const hops = Array.from({ length: 3 + below(random, 3) }, (_, hop) => [
    `Received: from relay${hop}.example.test (relay${hop}.example.test [192.0.2.${below(random, 250)}])`,
    `\tby mx${hop}.pop.test (Postfix) with ESMTPS id ${hexadecimal(random, 12)}`,
    `\tfor <${user}@pop.test>; ${at}`,
  ]);
  return [
    `Return-Path: <${sender}>`,
    `Delivered-To: ${user}@pop.test`,
    ...hops.flat(),
    'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.test; s=s1;',
    `\th=from:to:subject:date:message-id; bh=${base64(random, 44)};`,
    ...base64(random, 344)
      .replace(/(.{70})/g, '$1\n')
      .split('\n')
      .map((line, at) => (at === 0 ? `\tb=${line}` : `\t ${line}`)),
    `From: "Sender ${below(random, 1_000)}" <${sender}>`,
    `To: <${user}@pop.test>`,
    `Subject: =?utf-8?Q?${['order', 'Gr=C3=BC=C3=9Fe', 'report', 'offer'][below(random, 4)]}_${number}?=`,
    `Date: ${at}`,
    `Message-ID: <${hexadecimal(random, 24)}.${user}.${number}@example.test>`,
    'MIME-Version: 1.0',
  ];
}

function plainPart(random: Random, room: number): string[] {
  return ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit', '', ...lines(random, room)];
}

function alternativePart(random: Random, room: number): string[] {
  const boundary = `----=_alt${hexadecimal(random, 16)}`;
  const html = lines(random, room * 0.55).map(
    (line) => `<p class=3D"MsoNormal" style=3D"color:#${hexadecimal(random, 6)}">${quotedPrintable(line)}</p>`,
  );
  return [
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    ...plainPart(random, room * 0.25),
    `--${boundary}`,
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    ...html.flatMap((line) => line.match(/.{1,75}/g) ?? []).map((line) => `${line}=`),
    '',
    `--${boundary}--`,
  ];
}

function withAttachment(random: Random, text: string[], number: number): string[] {
  const boundary = `----=_mix${hexadecimal(random, 16)}`;
  const octets = SMALLEST_ATTACHMENT + below(random, LARGEST_ATTACHMENT - SMALLEST_ATTACHMENT);
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    ...text,
    `--${boundary}`,
    `Content-Type: application/pdf; name="a${number}.pdf"`,
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename="a${number}.pdf"`,
    '',
    ...noiseLines(random, octets),
    `--${boundary}--`,
  ];
}

/** Lines of prose, some of which begin with a dot or with `>From `. */
function lines(random: Random, room: number): string[] {
  const found: string[] = [];
  for (let octets = 0; octets < room; ) {
    let line = random() < 0.03 ? '.' : random() < 0.02 ? '>From ' : '';
    while (line.length < 66) line += `${WORDS[below(random, WORDS.length)] ?? ''} `;
    found.push(random() < 0.12 ? '' : line.trimEnd());
    octets += line.length + 2;
  }
  return found;
}

let noise: string[] = [];

/** Base64 of noise that is made once: every attachment begins at another line of it. */
function noiseLines(random: Random, octets: number): string[] {
  const wanted = Math.ceil(octets / 57);
  if (noise.length === 0) {
    const bytes = Buffer.alloc(57 * 20_000);
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(Math.floor(random() * 4_294_967_296), at);
    noise = bytes.toString('base64').match(/.{76}/g) ?? [];
  }
  const from = below(random, Math.max(1, noise.length - wanted));
  return noise.slice(from, from + wanted);
}

const quotedPrintable = (text: string): string =>
  text.replace(/[^\x20-\x3c\x3e-\x7e]/gu, (character) =>
    [...Buffer.from(character)].map((octet) => `=${octet.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );

const below = (random: Random, limit: number): number => Math.floor(random() * limit);
const between = (value: number, least: number, most: number): number =>
  Math.round(Math.min(most, Math.max(least, value)));
const two = (value: number): string => String(value).padStart(2, '0');

/** Box and Muller: of two even numbers, one that is normally distributed. */
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

function pick(random: Random, letters: string, length: number): string {
  return Array.from({ length }, () => letters[below(random, letters.length)]).join('');
}
const hexadecimal = (random: Random, length: number): string => pick(random, '0123456789abcdef', length);
const base64 = (random: Random, length: number): string =>
  pick(random, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', length);
