/**
 * The lines of the log of each event, as session log, `tail` and the remote control show them: one wording for all three, English
 * and French. Remote text is made safe here, so that nothing that a stranger wrote can steer a terminal or break a line.
 */
import type { EventOf, GatewayEvent } from './events.ts';
import type { Language, Priority } from './model.ts';
import { type Phrases, phrases } from './phrases.ts';
import { safe } from './safe.ts';

export interface LineOptions {
  /** An IANA time zone, for example `Europe/Paris`; the system's by default. */
  readonly zone?: string;
}

/** Every line that the log has for an event, each with its `[HH:MM] ` (S48); none for an event that only the screen needs. */
export function linesOf(event: GatewayEvent, language: Language, { zone }: LineOptions = {}): string[] {
  // Those who hear an event ask one after the other; the words are the same for all, and nobody changes them.
  if (last?.event === event && last.language === language && last.zone === zone) return last.lines;

  const words = wordsOf(event, { language, zone, say: phrases[language] });
  const stamp = words.length > 0 ? `[${formatClock(event.at, zone)}] ` : '';
  const lines = words.map((line) => stamp + safe(line).trimEnd());
  last = { event, language, zone, lines };
  return lines;
}

let last: { event: GatewayEvent; language: Language; zone: string | undefined; lines: string[] } | null = null;

interface Voice {
  readonly language: Language;
  readonly zone: string | undefined;
  readonly say: Phrases;
}

function wordsOf(event: GatewayEvent, voice: Voice): string[] {
  const { say } = voice;
  switch (event.type) {
    case 'gateway.started':
      return [say.started(event.version)];
    case 'gateway.stopping':
      return [say.stopping(event.reason)];
    case 'problem.raised':
      // The listener tells its own trouble with the words of S104; a problem of that name only keeps it in the state.
      return event.key.startsWith('listener') ? [] : [say.error(event.message)];
    case 'session.started':
      return [say.sessionStarted(event.session, event.accounts.length)];
    case 'session.finished':
      return [say.sessionFinished(event.session, event.messages, event.errors)];
    case 'mailbox.connected': {
      const holds = `(${say.messages(event.messages)}, ${formatSize(event.bytes, voice.language)})`;
      return inMailbox(event, `${say.connecting(event.host, event.login)} ${holds}`);
    }
    case 'mailbox.failed':
      return inMailbox(event, say.error(say.reason(event.reason)));
    case 'mailbox.warned':
      return inMailbox(event, say.warning(event.warning));
    case 'message.fetched': {
      const size = formatSize(event.bytes, voice.language);
      return inMailbox(event, say.message(event.number, size, event.from, event.subject));
    }
    case 'message.delivered':
      return event.recipients.flatMap(({ address, reply }) => inMailbox(event, say.delivered(address, reply)));
    case 'message.failed': {
      const who = event.recipient === '' ? '' : `<${event.recipient}> `;
      return inMailbox(event, say.error(say.stays(event.number, who + event.reason)));
    }
    case 'message.unroutable':
      return inMailbox(event, say.error(say.noRecipient(event.number)));
    case 'mailbox.renumbered':
      return inMailbox(event, say.error(say.renumbered(event.account, event.known, event.gone, event.fresh)));
    case 'message.refused':
      return inMailbox(event, say.refused(event.number, event.by, event.rule, event.why, event.quarantine));
    case 'message.changed':
      return inMailbox(event, say.reworked(event.number, event.change));
    case 'message.oversize': {
      const [size, limit] = [formatSize(event.bytes, voice.language), formatSize(event.limit, voice.language)];
      const words = say.warning(say.oversize(event.number, { size, limit, setBy: event.setBy, from: event.from }));
      return [
        ...inMailbox(event, words),
        ...event.told.flatMap((address) => inMailbox(event, say.noticeFor(event.number, address))),
      ];
    }
    case 'message.stuck':
      return inMailbox(event, say.error(say.stuck(event.number, event.reason)));
    case 'message.deleted':
      // What was delivered is deleted without a word; anything else is a decision that the log has to show (I03).
      return event.why === 'delivered' ? [] : inMailbox(event, say.deleted(event.uidl, event.why));
    case 'quarantine.changed':
      return [say.quarantine(event.ids.length === 1 ? (event.ids[0] ?? '') : event.ids.length, event.change, event.by)];
    case 'report.mailed':
      return [say.mailed(event.report, event.to, event.reply)];
    case 'report.failed':
      return [say.error(say.notMailed(event.report, event.to, event.reason))];
    case 'signin.changed':
      return [
        event.signedIn
          ? say.signedIn(event.subject, event.user)
          : say.error(say.signedOut(event.subject, event.reason)),
      ];
    case 'listener.opened':
      return [say.listening(event.folder, event.port)];
    case 'listener.failed':
      return [say.error(event.taken ? say.portTaken(event.port) : say.notListening(event.port, event.reason))];
    case 'queue.connected':
    case 'queue.accepted':
    case 'queue.refused':
    case 'queue.disconnected':
      return acceptance(event);
    case 'queue.changed':
      return [say.changed(event.total === 1 ? file(event.ids[0]) : event.total, event)];
    case 'queue.silenced':
      return [say.silenced(file(event.id), event.prefix, event.sender, event.subject)];
    case 'queue.unrecognised':
      return [`Queue: ${say.warning(say.unrecognised(event.sender, event.subject))}`];
    case 'queue.warned':
      return [say.warned(file(event.id), event.to, file(event.report))];
    case 'queue.confirmed':
      return [say.confirmed(file(event.id), event.to, file(event.report))];
    case 'queue.damaged':
      return [`Queue: ${say.error(say.damaged(file(event.id), event.reason, event.file))}`];
    case 'queue.purged':
      return [say.purged(event.total, event.why, event.by, event.reason)];
    case 'queue.frozen':
      return [say.frozen(event.frozen !== null, event.by, event.reason)];
    case 'transfer.paused':
      return [say.paused(event.paused !== null, event.by, event.reason)];
    case 'queue.returned':
      return [say.returned(file(event.id), event.to, file(event.report))];
    case 'queue.unreported':
      return [`Queue: ${say.error(say.unreported(event.sender, event.subject, event.why))}`];
    case 'transfer.connected':
    case 'transfer.unconnected':
    case 'transfer.started':
    case 'transfer.sent':
    case 'transfer.deferred':
    case 'transfer.failed':
    case 'transfer.closed':
      return sending(event, voice).map((words) => `Send: ${words}`);
    case 'trace.switched':
      return switched(event, say);
    case 'trace.activated':
      return [say.traceOn(event.trace, event.account)];
    case 'trace.line':
      return [`${say.traceLine(event.trace)} [${event.scope}] ${ARROWS[event.direction]}${event.line}`];
    case 'alert.raised':
      return [say.alert((event.about === '' ? '' : `${event.about}: `) + say.reason(event.message))];
    case 'command.done':
      return [say.command(event.method, event.by, event.what, event.result)];
    // Facts for the state and the ring: a line of theirs would only repeat another's, or tell of no mail.
    case 'gateway.ready':
    case 'accounts.configured':
    case 'problem.cleared':
    case 'session.scheduled':
    case 'mailbox.connecting':
    case 'mailbox.planned':
    case 'mailbox.finished':
    case 'account.noted':
    case 'session.logged':
    case 'doctor.step':
    case 'listener.closed':
    case 'queue.counted':
    case 'queue.removed':
    case 'alert.cleared':
    case 'alert.kept':
      return [];
  }
}

/** S100, S101: the words stay English in both languages. */
function acceptance(
  event: EventOf<'queue.connected' | 'queue.accepted' | 'queue.refused' | 'queue.disconnected'>,
): string[] {
  const queue = `Queue [${event.connection}]`;
  switch (event.type) {
    case 'queue.connected':
      return [`${queue} ${event.esmtp ? 'ESMTP' : 'SMTP'} Connection accepted from: ${event.peer}`];
    case 'queue.accepted': {
      const size = event.size === null ? '' : ` SIZE=${event.size}`;
      return [
        `${queue} ${mailFrom(event.sender)}${size} (${file(event.id)}${PRIORITY[event.priority]})`,
        ...event.recipients.map((address) => `${queue} Rcpt To: <${address}>`),
        `${queue} Subject: ${event.subject}`,
      ];
    }
    case 'queue.refused':
      return [`${queue} *** Error: ${event.what}: ${event.reply}`];
    case 'queue.disconnected':
      return [`${queue} Connection closed.`];
  }
}

type Sending = Exclude<Extract<GatewayEvent, { type: `transfer.${string}` }>, { type: 'transfer.paused' }>;

/** S110: the words stay English in both languages, sizes and dates follow it (S111). */
function sending(event: Sending, { language, zone }: Voice): string[] {
  switch (event.type) {
    case 'transfer.connected': {
      const abilities = [
        event.esmtp ? 'ESMTP' : 'SMTP',
        ...(event.maxSize === null ? [] : [`Max size: ${event.maxSize}`]),
        ...(event.dsn ? ['DSN'] : []),
      ];
      const login = event.login ? 'Login successful...' : '';
      return [`Connecting to ${event.relay}...${login}done. (${abilities.join(', ')})`];
    }
    case 'transfer.unconnected':
      return [`Connecting to ${event.relay}...*** Error: ${event.reason}`];
    case 'transfer.started': {
      const size = formatSize(event.bytes, language);
      return [
        `${mailFrom(event.sender)} (${file(event.id)}, ${size}, queued: ${formatDate(event.queuedAt, language, zone)})`,
        ...event.recipients.map((address) => `Rcpt To: <${address}>`),
        `Subject: ${event.subject}`,
      ];
    }
    case 'transfer.sent': {
      // Where others of the same message wait or were refused, the line says who has had it.
      const who = event.final ? '' : ` to ${event.recipients.map(({ address }) => `<${address}>`).join(', ')}`;
      return [`Message sent (${formatSize(event.bytes, language)})${who}.`];
    }
    case 'transfer.deferred': {
      const next = `next attempt ${formatNext(event.at, event.nextAttemptAt, language, zone)}`;
      const reason = event.reason.replace(/\.$/, '');
      if (event.recipients.length === 0) return [`*** Error: ${file(event.id)}: ${reason}; ${next}.`];
      return event.recipients.map((address) => `*** Error: <${address}> ${reason}; ${next}.`);
    }
    case 'transfer.failed':
      return event.recipients.map(({ address, reply }) => `*** Error: <${address}> refused: ${reply}`);
    case 'transfer.closed':
      return ['Outbound connection closed.'];
  }
}

function switched(event: EventOf<'trace.switched'>, say: Phrases): string[] {
  // A trace that counts its sessions is told anew after each; the state has changed, the log has nothing new.
  if (event.on) return event.by === 'expiry' ? [] : [say.traceOn(event.trace, event.account)];
  // At its start the gateway tells of every trace; that one is off is worth a line only when somebody, or time, did it.
  return event.by === 'configuration' ? [] : [say.traceOff(event.trace)];
}

function inMailbox({ account }: { account: string }, words: string): string[] {
  return [`POP3 [${account}] ${words}`];
}

/** S120: the null sender stands out, for some relays refuse it. */
function mailFrom(sender: string): string {
  return sender === '' ? 'MAIL FROM: <>' : `Mail From: <${sender}>`;
}

const file = (id: string | undefined): string => `${id ?? ''}.tmp`;
const PRIORITY: Record<Priority, string> = { high: ', Priority: High', normal: '', low: ', Priority: Low' };
const ARROWS = { '>': '>>', '<': '<<', '*': '** ' }; // S92: `>>PASS XXXX`

const KB = 1_024;
const MB = 1_048_576;

/** `7.4 kb`, from 1 Mb on `3.1 Mb`; in French with a comma. */
export function formatSize(octets: number, language: Language): string {
  const [value, unit] = octets >= MB ? [octets / MB, 'Mb'] : [octets / KB, 'kb'];
  const digits = value.toFixed(1);
  return `${language === 'fr' ? digits.replace('.', ',') : digits} ${unit}`;
}

/** `2015-01-01 10:09:54`, in French `01/01/2015 10:09:54`; `-` for what is no instant. */
export function formatDate(instant: string, language: Language, zone?: string): string {
  const at = partsOf(instant, zone);
  if (at === null) return '-';

  const day = language === 'fr' ? `${at.day}/${at.month}/${at.year}` : `${at.year}-${at.month}-${at.day}`;
  return `${day} ${at.hour}:${at.minute}:${at.second}`;
}

/** `10:09`, the wall clock of the place (S48). */
export function formatClock(instant: string, zone?: string): string {
  // Thousands of lines have the same minute, and no zone has ever changed within one.
  const minute = instant.length === INSTANT ? instant.slice(0, MINUTE) : instant;
  if (minute === lastClock.minute && zone === lastClock.zone) return lastClock.shown;

  const at = partsOf(instant, zone);
  const shown = at === null ? '-' : `${at.hour}:${at.minute}`;
  lastClock = { minute, zone, shown };
  return shown;
}

/** Characters of `2026-11-24T10:09` and of `2026-11-24T10:09:54.000Z`. */
const MINUTE = 16;
const INSTANT = 24;
let lastClock: { minute: string; zone: string | undefined; shown: string } = {
  minute: '',
  zone: undefined,
  shown: '-',
};

/** The clock alone on the same day, else with the date. */
function formatNext(from: string, to: string, language: Language, zone: string | undefined): string {
  const today = formatDate(from, language, zone).slice(0, 10) === formatDate(to, language, zone).slice(0, 10);
  return today ? formatClock(to, zone) : formatDate(to, language, zone);
}

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

function partsOf(instant: string, zone: string | undefined): Record<Part, string> | null {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return null;
  if (zone !== undefined) return zoned(date, zone);

  return {
    year: padded(date.getFullYear(), 4),
    month: padded(date.getMonth() + 1),
    day: padded(date.getDate()),
    hour: padded(date.getHours()),
    minute: padded(date.getMinutes()),
    second: padded(date.getSeconds()),
  };
}

const padded = (value: number, width = 2): string => String(value).padStart(width, '0');

// Making one costs more than a thousand uses of it.
const formats = new Map<string, Intl.DateTimeFormat>();

function zoned(date: Date, zone: string): Record<Part, string> {
  let format = formats.get(zone);
  if (format === undefined) {
    const two = '2-digit';
    const shape = { year: 'numeric', month: two, day: two, hour: two, minute: two, second: two } as const;
    format = new Intl.DateTimeFormat('en-GB', { ...shape, hourCycle: 'h23', timeZone: zone });
    formats.set(zone, format);
  }
  return Object.fromEntries(format.formatToParts(date).map(({ type, value }) => [type, value])) as Record<Part, string>;
}
