/** The internal mail server: hands a fetched message over by SMTP, and knows how large a message it takes (S64, S69). */
import type { Body } from '../mail/body.ts';
import { withSubjectPrefix } from '../mail/subject-prefix.ts';
import type { Abilities, RecipientResult, SmtpConversation, SmtpFailure, SmtpPeer } from '../smtp/conversation.ts';

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
  /** Answers for every address; a server that cannot be reached defers all of them. */
  deliver(delivery: Delivery, stop: AbortSignal): Promise<RecipientResult[]>;
  /** Octets: the configured limit, else what its EHLO said last; 0: not known, or none. */
  sizeLimit(): number;
}

export interface MailServerSettings {
  /** Null: none is configured, and inbound mail stays where it is. */
  peer: SmtpPeer | null;
  /** Octets; null: learnt from EHLO SIZE. */
  sizeLimit: number | null;
}

const NOT_CONFIGURED = 'No internal mail server is configured: set Host in [Mail server].';

export function createMailServer({ peer, sizeLimit }: MailServerSettings, converse: Converse): MailServer {
  let learnt: number | null = null;

  async function deliver(delivery: Delivery, stop: AbortSignal): Promise<RecipientResult[]> {
    if (!peer) return delivery.addresses.map((address) => deferred(address, NOT_CONFIGURED));

    const handed = await converse(peer, (conversation) => {
      learnt = conversation.abilities.maxSize;
      return conversation.send(envelope(delivery, conversation.abilities), marked(delivery), stop);
    });
    if (handed.ok) return handed.value.recipients;
    return delivery.addresses.map((address) => deferred(address, handed.failure.message));
  }

  return { deliver, sizeLimit: () => sizeLimit ?? learnt ?? 0 };
}

/** BODY=8BITMIME is said where the peer offers it: most fetched mail is 8-bit, and its octets travel as they are (RFC 6152). */
function envelope({ sender, addresses }: Delivery, abilities: Abilities) {
  const recipients = addresses.map((address) => ({ address, notify: [], orcpt: null }));
  const smtpUtf8 = abilities.smtpUtf8 && [sender, ...addresses].some((address) => /[^\p{ASCII}]/u.test(address));
  return { sender, recipients, ret: null, envid: null, eightBit: abilities.eightBitMime, smtpUtf8 };
}

function marked({ body, headerOctets, subjectPrefix }: Delivery): Body {
  return subjectPrefix === null ? body : withSubjectPrefix(body, headerOctets, subjectPrefix);
}

function deferred(address: string, reply: string): RecipientResult {
  return { address, outcome: 'deferred', reply, code: null };
}
