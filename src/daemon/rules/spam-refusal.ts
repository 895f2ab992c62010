/** A refusal of the internal server that means "this is spam" (S74-S77). Pure. */
import type { RefusalSettings } from './settings.ts';

/** A shorter text would match by chance: it is off (S76). In characters. */
const SHORTEST_TEXT = 4;

/** True for a reply with the configured code that contains the configured text, whatever its case. */
export function createSpamRefusal({
  code,
  text,
}: RefusalSettings): (said: { code: number | null; reply: string }) => boolean {
  const wanted = wantedOf(text);
  if (wanted === null) return () => false;
  return (said) => said.code === code && said.reply.toLowerCase().includes(wanted);
}

/** Whether such refusals are recognised, and by what (S77): a sentence for whoever looks at the content rules. */
export function spamRefusalInWords({ code, text }: RefusalSettings): string {
  if (wantedOf(text) === null)
    return 'Refusals as spam are not recognised: "Rejected as spam SMTP response" in [Rules] has less than 4 characters.';
  return `Refusals as spam are recognised: what the internal server refuses with ${code} and "${text.trim()}" is put into quarantine.`;
}

/** Null: it is off. */
function wantedOf(text: string): string | null {
  const wanted = text.trim().toLowerCase();
  return wanted.length < SHORTEST_TEXT ? null : wanted;
}
