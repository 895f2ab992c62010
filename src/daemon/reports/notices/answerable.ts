/** Whom no machine may answer (RFC 3834 §2, RFC 5321 §6.1; MSG13). Pure. */
import type { Header } from '../../mail/header-block.ts';

/** Why the sender of a message is not written to; null when it may be. */
export function unanswerable(sender: string, header: Header): string | null {
  if (sender === '') return 'the null sender';
  if (isMachine(sender)) return 'an address of a machine';

  const first = (name: string): string => header.text(name).trim().toLowerCase();
  if (!['', 'no'].includes(first('auto-submitted').replace(/[\s;(].*$/s, ''))) return 'an automatic message';
  if (['bulk', 'junk', 'list'].includes(first('precedence'))) return 'bulk mail';
  if (LIST_FIELDS.some((name) => header.values(name).length > 0)) return 'mail of a mailing list';
  if (header.values('return-path').some((path) => path.trim().startsWith('<>'))) return 'the null sender';
  if (/\b(all|autoreply)\b/.test(first('x-auto-response-suppress'))) return 'it asks for no automatic answer';
  return null;
}

/** RFC 2369, RFC 2919. */
const LIST_FIELDS = ['list-id', 'list-post', 'list-unsubscribe', 'list-help', 'list-subscribe', 'list-owner'];

function isMachine(sender: string): boolean {
  const local = sender.slice(0, sender.lastIndexOf('@')).toLowerCase();
  return (
    /^(mailer-daemon|postmaster|owner-.*|.*-(request|owner|bounces?)|bounces?([+=-].*)?)$/.test(local) ||
    /^(no|do-?not)[-_.]?reply([+-].*)?$/.test(local)
  );
}
