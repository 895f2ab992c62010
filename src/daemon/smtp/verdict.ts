/** What a reply means for a message or a recipient (RFC 5321 §4.2, §4.3.2). Pure. */
import type { Reply } from './reply.ts';

export type Verdict = 'accepted' | 'deferred' | 'failed' | 'nonsense';

/** The command that was answered; `message` is the final dot. */
export type Asked = 'mail' | 'rcpt' | 'data' | 'message';

/** They speak of us (no login, no TLS, commands in a wrong order), not of the message: nobody's mail comes back for that (REL06). */
const ABOUT_US = [503, 530, 534, 535, 538];

/** RFC 5321 §4.5.3.1.10: some peers say it for a recipient too many, where they mean 452. */
const TOO_MANY_RECIPIENTS = 552;

export function verdictOn(reply: Reply, asked: Asked): Verdict {
  const { code } = reply;
  if (code >= 500) {
    if (ABOUT_US.includes(code) || (asked === 'rcpt' && code === TOO_MANY_RECIPIENTS)) return 'deferred';
    return 'failed';
  }
  if (code >= 400) return 'deferred';
  if (asked === 'data') return code === 354 ? 'accepted' : 'nonsense';

  // x5z is the mail system's (RFC 5321 §4.2.1). A 220 or 221 here answers something else: replies out of step (REL17).
  return code >= 250 && code <= 259 ? 'accepted' : 'nonsense';
}

/** RFC 5321 §3.8: whatever it answers, the peer ends the conversation with it (REL19). */
export const isGoodbye = (reply: Reply): boolean => reply.code === 421;
