/**
 * The ladder of S73, for a message that breaks the session: each step says what it ran and what it saw, and the verdict tells our
 * fault, this machine's, the firewall's and the provider's apart. What only a person can do is said with the command to type.
 */
import type { DoctorStep } from '../../protocol/model.ts';
import type { ListedMessage, OpenMailbox, Pop3Failure, Pop3Server } from '../pop3/mailbox.ts';
import type { Opinion } from './second-opinion.ts';

/** What our own client made of the message. */
export type Download =
  | { is: 'whole'; octets: number }
  | { is: 'refused'; reply: string }
  | { is: 'broken'; failure: Pop3Failure };

/** Downloads one message with our own client, and throws it away. */
export async function download(mailbox: OpenMailbox, { number }: ListedMessage): Promise<Download> {
  for await (const retrieved of mailbox.retrieve([number], { maxBytes: 0 })) {
    switch (retrieved.kind) {
      case 'message': {
        await using body = retrieved.body;
        return { is: 'whole', octets: body.bytes };
      }
      case 'refused':
        return { is: 'refused', reply: retrieved.reply };
      case 'oversize':
        return { is: 'refused', reply: 'it is longer than any message may be' };
      case 'broken':
        return { is: 'broken', failure: retrieved.failure };
    }
  }
  return { is: 'broken', failure: { kind: 'protocol', message: 'The server gave no answer to RETR' } };
}

/** Step 1 of S73: by our own client. `ended`: the last of the dialogue. */
export function ownStep(message: ListedMessage, download: Download, ended: string[]): DoctorStep {
  const ran = `RETR ${message.number} on this machine, with MailGate's own POP3 client`;
  switch (download.is) {
    case 'whole':
      return {
        ...{ step: '1 RETR here', ran, verdict: 'ok' },
        saw: `All ${download.octets} octets came, up to the final dot.`,
        advice: 'It downloads now: mailgate mailbox fetch takes it.',
      };
    case 'refused':
      return {
        ...{ step: '1 RETR here', ran, verdict: 'fault' },
        saw: download.reply,
        advice: 'The server says itself why it does not give the message out: ask who runs it.',
      };
    case 'broken':
      return {
        ...{ step: '1 RETR here', ran, verdict: 'fault' },
        saw: [download.failure.message, ...ended].join(' · '),
        advice: '',
      };
  }
}

/** Step 1 again, by other code on the same machine. */
export function secondStep(message: ListedMessage, opinion: Opinion): DoctorStep {
  const ran = `RETR ${message.number} on this machine, with an independent client (node-pop3)`;
  const step = '1b RETR here, another client';
  switch (opinion.is) {
    case 'whole':
      return { step, ran, saw: `All ${opinion.octets} octets came.`, verdict: 'ok', advice: '' };
    case 'failed':
      return { step, ran, saw: `After ${opinion.octets} octets: ${opinion.why}`, verdict: 'fault', advice: '' };
    case 'impossible':
      return { step, ran: 'nothing', saw: `This client cannot: ${opinion.why}.`, verdict: 'unknown', advice: '' };
  }
}

/** Programs that stand between a POP3 client and the network, by the names of their processes; a clamd alone waits to be asked. */
export const SCANNERS: readonly string[] = [
  ...['p3scan', 'pop3vscan', 'pop3proxy', 'popfile', 'havp', 'kav', 'kavehost', 'klnagent', 'avast', 'avgd'],
  ...['avguard', 'drwebd', 'esets_proxy', 'esets', 'savd', 'bdscan', 'fsavd'],
];

/** Steps 2 to 5: where the scanner may sit, and how to tell. `encrypted`: TLS, verified, from here to the server. */
export function suspects(
  server: Pop3Server,
  message: ListedMessage,
  { running, encrypted }: { running: readonly string[]; encrypted: boolean },
): DoctorStep[] {
  const sealed =
    'The connection is encrypted and its certificate was verified: whoever stands between cannot look into the message.';
  const line = commandFor(server, message.number);
  return [
    {
      step: '2 antivirus on this machine',
      ran: 'a look at the processes of this machine',
      saw: running.length === 0 ? 'No scanner that is known here runs.' : `These run: ${running.join(', ')}.`,
      verdict: running.length === 0 ? (encrypted ? 'ok' : 'unknown') : 'fault',
      advice: running.length === 0 ? '' : 'Stop it for a moment, and run this doctor again.',
    },
    {
      step: '3 antivirus in the firewall',
      ran: encrypted ? 'a look at the TLS of the connection' : 'nothing: only a person can',
      saw: encrypted ? sealed : 'The connection is in clear: a firewall can look into it, and cut it.',
      verdict: encrypted ? 'ok' : 'unknown',
      advice: encrypted
        ? ''
        : 'Switch off its POP3 scan for a moment and run this doctor again; or use TLS (port 995), which it cannot scan.',
    },
    {
      step: '4 another machine, the same line',
      ran: 'nothing: only a person can',
      saw: '',
      verdict: 'unknown',
      advice: `On another machine here: ${line} — if the message comes whole there, look for the fault on this machine.`,
    },
    {
      step: '5 another Internet access',
      ran: 'nothing: only a person can',
      saw: '',
      verdict: 'unknown',
      advice: `On a machine elsewhere, the same. If it comes whole there, it is the firewall here; if it is cut there too, it is the server: ask who runs ${server.host}.`,
    },
  ];
}

function commandFor({ host, port, security, user }: Pop3Server, number: number): string {
  const reach =
    security === 'none'
      ? `nc -C ${host} ${port}`
      : `openssl s_client -quiet -crlf ${security === 'stls' ? '-starttls pop3 ' : ''}-connect ${host}:${port}`;
  return `${reach}, then USER ${user}, PASS …, RETR ${number}, QUIT`;
}

export interface Judgement {
  verdict: DoctorStep['verdict'];
  summary: string;
}

/** Whose fault it is, as far as this machine can tell. Pure (S73). */
export function judge(own: Download, other: Opinion, encrypted: boolean, scanners: readonly string[]): Judgement {
  if (own.is === 'whole')
    return { verdict: 'ok', summary: 'The message comes whole now. What broke the session before was passing.' };
  if (own.is === 'refused')
    return { verdict: 'fault', summary: `The server's fault: it refuses this message (${own.reply}).` };
  if (other.is === 'whole')
    return {
      verdict: 'fault',
      summary:
        'Our fault: another client on this machine has the message whole, ours has not. Please report it, with the POP3 trace.',
    };
  if (other.is === 'impossible')
    return { verdict: 'unknown', summary: 'No second opinion could be had here: go on with steps 4 and 5.' };
  if (scanners.length > 0)
    return {
      verdict: 'fault',
      summary: `Not our fault: both clients break on it. A scanner on this machine is the first suspect (${scanners.join(', ')}).`,
    };
  if (encrypted)
    return {
      verdict: 'fault',
      summary:
        "The server's fault, or the line's: both clients break on it, and nobody between can look into the encrypted connection.",
    };
  return {
    verdict: 'fault',
    summary:
      'Not our fault: both clients break on it. A scanner in the firewall, or the server: steps 3 to 5 tell them apart.',
  };
}
