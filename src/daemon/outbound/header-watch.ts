/** Looks at a message's header block while the body streams by: what the queue shows of it, and how often it was relayed. */
import type { Priority } from '../../protocol/model.ts';
import { LONGEST_HEADER_BLOCK } from '../base/limits.ts';
import { type Header, readHeader } from '../mail/header-block.ts';
import { labelOf } from '../mail/message.ts';
import { bearsToken } from './loop.ts';

export interface HeaderFacts {
  subject: string;
  messageId: string;
  /** The first address of its From field; empty when there is none. */
  from: string;
  priority: Priority;
  /** Received fields, ours not counted: each hop adds one (RFC 5321 §6.3). */
  received: number;
  /** It was here before: one of them is ours (CLI24). */
  returned: boolean;
}

export interface HeaderWatch {
  feed(chunk: Uint8Array): void;
  /** Null until the header block is complete (or as long as is looked at). */
  facts(): HeaderFacts | null;
  /** The body ended: what there was is the header block. */
  end(): HeaderFacts;
}

const END_OF_HEADER = '\r\n\r\n';
const FIRST_ROOM = 4_096; // octets: most headers fit
const NOTHING = Buffer.alloc(0);

/** `feed` wants octets whose line ends are CRLF. `token` is that of loop.ts. */
export function watchHeader(token = ''): HeaderWatch {
  let kept: Buffer = NOTHING;
  let length = 0;
  let facts: HeaderFacts | null = null;

  function keep(chunk: Uint8Array): void {
    const part = chunk.subarray(0, LONGEST_HEADER_BLOCK - length);
    // Doubled when it is full: a client may send octet by octet.
    let room = Math.max(kept.length, FIRST_ROOM);
    while (length + part.length > room) room *= 2;
    if (room > kept.length) {
      const larger = Buffer.allocUnsafe(room);
      larger.set(kept.subarray(0, length));
      kept = larger;
    }
    kept.set(part, length);
    length += part.length;
  }

  return {
    feed(chunk) {
      if (facts) return;
      if (length === 0) {
        // Nearly every header comes whole with the first octets: it is read where it lies.
        const whole = Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(chunk.length, LONGEST_HEADER_BLOCK));
        const end = endOf(whole, 0);
        if (end >= 0) {
          facts = factsOf(whole.subarray(0, end), token);
          return;
        }
      }
      // The end may lie across two chunks, so three octets of the last one are looked at again.
      const from = Math.max(0, length - 3);
      keep(chunk);
      const end = endOf(kept.subarray(0, length), from);
      if (end < 0 && length < LONGEST_HEADER_BLOCK) return;
      facts = factsOf(kept.subarray(0, end < 0 ? length : end), token);
      kept = NOTHING;
    },
    facts: () => facts,
    end() {
      facts ??= factsOf(kept.subarray(0, length), token);
      return facts;
    },
  };
}

/** Where the empty line stands, an empty header's too; -1: not yet. */
function endOf(text: Buffer, from: number): number {
  const end = text.indexOf(END_OF_HEADER, from);
  return from === 0 && text.indexOf('\r\n') === 0 ? 0 : end;
}

function factsOf(block: Uint8Array, token: string): HeaderFacts {
  const header = readHeader(block);
  const received = header.values('received');
  return {
    ...labelOf(header),
    priority: priorityOf(header),
    received: received.length,
    returned: bearsToken(received, token),
  };
}

/** commands.md: X-Priority 1, 2 high and 4, 5 low; else Importance, else Priority. */
function priorityOf(header: Header): Priority {
  const number = /^\s*([1-5])/.exec(header.text('x-priority'))?.[1];
  if (number === '1' || number === '2') return 'high';
  if (number === '4' || number === '5') return 'low';
  if (number === '3') return 'normal';

  switch ((header.text('importance') || header.text('priority')).trim().toLowerCase()) {
    case 'high':
    case 'urgent': // RFC 2156 §5.3.6: Priority is normal, urgent or non-urgent
      return 'high';
    case 'low':
    case 'non-urgent':
      return 'low';
    default:
      return 'normal';
  }
}
