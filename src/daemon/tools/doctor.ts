/**
 * The doctor: climbs the ladders of the description one step after the other, each with what it ran and what it saw (S70, S73, S104,
 * S105, S109). It changes nothing: nothing is delivered, deleted or written.
 */
import { CallError } from '../../protocol/errors.ts';
import type { ParsedParamsOf, ResultOf } from '../../protocol/commands.ts';
import type { DoctorStep } from '../../protocol/model.ts';
import type { Bus } from '../base/bus.ts';
import { type Clock, type Duration, seconds, wait } from '../base/clock.ts';
import type { Dialogue } from '../base/dialogue.ts';
import type { MailboxGate } from '../base/gate.ts';
import { domainOf } from '../mail/address.ts';
import type { ListedMessage, OpenMailbox, Pop3Opened, Pop3Server } from '../pop3/mailbox.ts';
import { recordDialogue } from './dialogue-record.ts';
import { download, type Judgement, judge, ownStep, SCANNERS, secondStep, suspects } from './doctor-message.ts';
import { mailServersOf, type Names } from './doctor-names.ts';
import {
  addressStep,
  clientStep,
  type Listening,
  listenerStep,
  mailServerStep,
  relayStep,
  startStep,
} from './doctor-outgoing.ts';
import { holderOf, processNames } from './port-holder.ts';
import { type Opinion, secondOpinion } from './second-opinion.ts';
import type { ListenerTried } from './try-listener.ts';
import type { SmtpTried } from './try-smtp.ts';

/** An account as the doctor sees it. */
export interface Patient {
  name: string;
  server: Pop3Server;
}

export interface DoctorParts {
  accounts(): readonly Patient[];
  /** Opens a mailbox with this dialogue. */
  open(account: string, dialogue: Dialogue, stop: AbortSignal): Promise<Pop3Opened>;
  /** The UIDLs that broke a session of the account, the latest first (G03). */
  broken(account: string): Promise<string[]>;
  gate: MailboxGate;
  names: Names;
  /** Addresses of the recipients: their domains are looked up. */
  addresses(): readonly string[];
  tryMailServer(): Promise<SmtpTried | null>;
  tryListener(): Promise<ListenerTried>;
  /** The relays by name, and each one's try. */
  relays: readonly { name: string; try(): Promise<SmtpTried> }[];
  /** What relays said last about messages that wait. */
  lastReplies(): Promise<string[]>;
  listening(): Omit<Listening, 'holder'>;
  /** Null: outgoing mail is switched off. */
  outgoing: boolean;
  bus: Bus;
  clock: Clock;
  stop: AbortSignal;
}

const UNLOCKED_AFTER: Duration = seconds(3);

/** Domains of recipients that are looked up. */
const MOST_DOMAINS = 5;

export function createDoctor(parts: DoctorParts) {
  return async (params: ParsedParamsOf<'doctor'>): Promise<ResultOf<'doctor'>> => {
    const { run, account, number } = params;
    const steps: DoctorStep[] = [];
    const tell = (step: DoctorStep) => {
      steps.push(step);
      parts.bus.tell({ type: 'doctor.step', run, ...step });
    };
    if (account === undefined) {
      await wholeGateway(parts, tell);
      return { steps, ...summed(steps) };
    }
    const patient = parts.accounts().find(({ name }) => name.toLowerCase() === account.toLowerCase());
    if (!patient) {
      const known = parts.accounts().map(({ name }) => name);
      throw new CallError('not_found', `There is no account "${account}".`, { name: account, known });
    }
    const judgement = await oneAccount(parts, patient, number, tell);
    return { steps, ...(judgement ?? summed(steps)) };
  };
}

function summed(steps: readonly DoctorStep[]): Judgement {
  const faults = steps.filter(({ verdict }) => verdict === 'fault');
  if (faults.length > 0)
    return { verdict: 'fault', summary: `Something is wrong: ${faults.map(({ step }) => step).join('; ')}.` };
  const open = steps.filter(({ verdict }) => verdict === 'unknown');
  if (open.length > 0)
    return {
      verdict: 'unknown',
      summary: `No fault was found; for a person to look at: ${open.map(({ step }) => step).join('; ')}.`,
    };
  return { verdict: 'ok', summary: 'Everything that could be tried works.' };
}

async function wholeGateway(parts: DoctorParts, tell: (step: DoctorStep) => void): Promise<void> {
  const domains = [...new Set(parts.addresses().map(domainOf))].slice(0, MOST_DOMAINS);
  for (const domain of domains) tell(await mailServersOf(domain, parts.names));
  for (const { name, server } of parts.accounts()) {
    const { step } = await inMailbox(parts, { name, server }, async () => null);
    tell(step);
  }
  const inside = await parts.tryMailServer();
  if (inside !== null) tell(mailServerStep(inside));
  if (!parts.outgoing) return;

  const listening: Listening = { ...parts.listening(), holder: null };
  tell(listenerStep(await parts.tryListener()));
  tell(
    startStep(
      listening.listener === null ? { ...listening, holder: await holderOf(listening.wanted.port) } : listening,
    ),
  );
  tell(addressStep(listening));
  tell(clientStep(listening));
  const replies = await parts.lastReplies();
  for (const relay of parts.relays) tell(relayStep(relay.name, await relay.try(), replies));
}

/** S73: up to the message that breaks the session; null when there is none to look at. */
async function oneAccount(
  parts: DoctorParts,
  patient: Patient,
  number: number | undefined,
  tell: (step: DoctorStep) => void,
): Promise<Judgement | null> {
  const dialogue = recordDialogue();
  const visit = await inMailbox(
    parts,
    patient,
    async (mailbox, listing) => {
      const message = await chosen(parts, patient, listing, number);
      return message && { message, own: await download(mailbox, message) };
    },
    dialogue,
  );
  tell(visit.step);
  if (visit.value === null) {
    if (visit.reached && number !== undefined) tell(noSuchMessage(patient, number));
    return null;
  }

  const { message, own } = visit.value;
  tell(ownStep(message, own, dialogue.lines.slice(-3)));
  if (own.is !== 'broken') return judge(own, { is: 'impossible', why: '' }, false, []);

  const other = await otherOpinion(patient.server, message.number, parts);
  tell(secondStep(message, other));
  const encrypted = patient.server.security !== 'none' && own.failure.kind !== 'tls';
  const names = await processNames();
  const running = SCANNERS.filter((scanner) => names.includes(scanner));
  if (other.is !== 'whole') for (const step of suspects(patient.server, message, { running, encrypted })) tell(step);
  return judge(own, other, encrypted, running);
}

/** A server may hold the mailbox locked for a while after the cut: a client that had nothing at all is given another chance. */
async function otherOpinion(server: Pop3Server, number: number, parts: DoctorParts): Promise<Opinion> {
  const first = await secondOpinion(server, number, parts);
  if (first.is !== 'failed' || first.octets > 0) return first;

  await wait(parts.clock, UNLOCKED_AFTER, parts.stop).catch(() => {});
  return await secondOpinion(server, number, parts);
}

async function chosen(
  parts: DoctorParts,
  { name }: Patient,
  listing: readonly ListedMessage[],
  number: number | undefined,
): Promise<ListedMessage | null> {
  if (number !== undefined) return listing.find((message) => message.number === number) ?? null;
  for (const uidl of await parts.broken(name)) {
    const found = listing.find((message) => message.uidl === uidl);
    if (found) return found;
  }
  return null;
}

function noSuchMessage({ name }: Patient, number: number): DoctorStep {
  return {
    step: `message ${number}`,
    ran: 'LIST',
    saw: 'The mailbox has no message of that number.',
    verdict: 'unknown',
    advice: `mailgate mailbox list ${name} shows what is there.`,
  };
}

interface Visited<T> {
  step: DoctorStep;
  value: T | null;
  reached: boolean;
}

/** Connects, logs in, lists, lets `work` look, and leaves without deleting. */
async function inMailbox<T>(
  { open, gate, stop }: DoctorParts,
  { name, server }: Patient,
  work: (mailbox: OpenMailbox, listing: ListedMessage[]) => Promise<T | null>,
  dialogue = recordDialogue(),
): Promise<Visited<T>> {
  const asked = { step: `mailbox ${name}`, ran: `connect to ${server.host}:${server.port}, log in, LIST and UIDL` };
  const place = gate.enterForBrowser(name, () => false);
  if (place === null)
    return {
      step: {
        ...asked,
        saw: 'A session, or an operator, is in this mailbox.',
        verdict: 'unknown',
        advice: 'Try again when it is out.',
      },
      value: null,
      reached: false,
    };
  try {
    const opened = await open(name, dialogue, stop);
    if (!opened.ok)
      return {
        step: { ...asked, saw: opened.failure.message, verdict: 'fault', advice: adviceFor(opened.failure.kind) },
        value: null,
        reached: false,
      };
    const { mailbox } = opened;
    try {
      const listed = await mailbox.list();
      if (!listed.ok)
        return {
          step: { ...asked, saw: listed.failure.message, verdict: 'fault', advice: '' },
          value: null,
          reached: false,
        };

      const value = await work(mailbox, listed.value);
      await mailbox.quit();
      const saw = `It lets us in, and lists ${listed.value.length} messages.`;
      return { step: { ...asked, saw, verdict: 'ok', advice: '' }, value, reached: true };
    } finally {
      mailbox.destroy();
    }
  } finally {
    place.leave();
  }
}

function adviceFor(kind: string): string {
  switch (kind) {
    case 'unreachable':
    case 'timeout':
      return 'Check Host and Port, and that the firewall lets this machine reach them.';
    case 'tls':
      return 'Check Security; name the CA file, or pin the fingerprint, if the certificate is a private one.';
    case 'login':
      return 'Correct User and Password; the password is case-sensitive.';
    case 'in-use':
      return 'Another client has the mailbox open: wait, or find it.';
    default:
      return '';
  }
}
