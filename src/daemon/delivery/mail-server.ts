/** The internal mail server: hands a fetched message over by SMTP, and knows how large a message it takes (S64, S69). */
import type { Body } from '../mail/body.ts';
import { withSubjectPrefix } from '../mail/subject-prefix.ts';
import type {
  Abilities,
  Envelope,
  RecipientResult,
  SmtpConversation,
  SmtpFailure,
  SmtpPeer,
} from '../smtp/conversation.ts';

/** A message to hand over. */
export interface Delivery {
  sender: string;
  body: Body;
  headerOctets: Uint8Array;
  addresses: string[];
  /** Put in front of the subject (S89); null: the message goes as it came. */
  subjectPrefix: string | null;
}

/** Borrows a conversation with a peer for as long as `work` takes; the composition root keeps the conversations. */
export type Converse = <T>(
  peer: SmtpPeer,
  work: (conversation: SmtpConversation) => Promise<T>,
) => Promise<{ ok: true; value: T } | { ok: false; failure: SmtpFailure }>;

export interface MailServer {
  /** Speaks to it, so that its size limit is known; why that was not possible, or null. */
  meet(): Promise<string | null>;
  /** Answers for every address; or says, in `unreached`, why nothing was said to the server at all. */
  deliver(delivery: Delivery, stop: AbortSignal): Promise<Delivered>;
  /** Octets: the smaller of the configured limit and what its EHLO said last; 0: not known, or none. */
  sizeLimit(): number;
  /** The two of them apart, for whoever says whose limit it is (G13). Octets; 0: none, or not known. */
  limits(): { configuration: number; mailServer: number };
}

export interface Delivered {
  results: RecipientResult[];
  unreached: string | null;
  /** What was said for this message, to be kept with it when it failed (G02). */
  transcript: string[];
}

export interface MailServerSettings {
  /** Null: none is configured, and inbound mail stays where it is. */
  peer: SmtpPeer | null;
  /** Octets; null: learnt from EHLO SIZE. */
  sizeLimit: number | null;
}

const NOT_CONFIGURED = 'No internal mail server is configured: set Host in [Mail server].';

/** `linesOf`: the dialogue about an envelope, kept by whoever opens the conversations. */
export function createMailServer(
  { peer, sizeLimit }: MailServerSettings,
  converse: Converse,
  linesOf: (envelope: Envelope) => string[] = () => [],
): MailServer {
  let learnt: number | null = null;

  return {
    async meet() {
      if (!peer) return NOT_CONFIGURED;
      const met = await converse(peer, async ({ abilities }) => {
        learnt = abilities.maxSize;
      });
      return met.ok ? null : met.failure.message;
    },

    async deliver(delivery, stop) {
      if (!peer) return { results: [], unreached: NOT_CONFIGURED, transcript: [] };
      const handed = await converse(peer, async (conversation) => {
        learnt = conversation.abilities.maxSize;
        const envelope = envelopeOf(delivery, conversation.abilities);
        const { recipients } = await conversation.send(envelope, marked(delivery), stop);
        return { results: recipients, transcript: linesOf(envelope) };
      });
      if (!handed.ok) return { results: [], unreached: handed.failure.message, transcript: [] };
      return { ...handed.value, unreached: null };
    },

    sizeLimit() {
      const limits = [sizeLimit, learnt].filter((limit) => limit !== null);
      return limits.length === 0 ? 0 : Math.min(...limits);
    },

    limits: () => ({ configuration: sizeLimit ?? 0, mailServer: learnt ?? 0 }),
  };
}

/**
 * BODY=8BITMIME is said where the peer offers it: most fetched mail is 8-bit, and its octets travel as they are (RFC 6152). An
 * international sender that the peer cannot take gives way to the null one: who wrote stands in the message, and it arrives.
 */
function envelopeOf({ sender, addresses }: Delivery, abilities: Abilities): Envelope {
  const recipients = addresses.map((address) => ({ address, notify: [], orcpt: null }));
  const utf8 = { sender: needsUtf8(sender), recipients: addresses.some(needsUtf8) };
  return {
    sender: utf8.sender && !abilities.smtpUtf8 ? '' : sender,
    ...{ recipients, ret: null, envid: null },
    eightBit: abilities.eightBitMime,
    smtpUtf8: abilities.smtpUtf8 && (utf8.sender || utf8.recipients),
  };
}

function needsUtf8(address: string): boolean {
  return /[^\p{ASCII}]/u.test(address);
}

function marked({ body, headerOctets, subjectPrefix }: Delivery): Body {
  return subjectPrefix === null ? body : withSubjectPrefix(body, headerOctets, subjectPrefix);
}
