/** A refusal of the internal server that means "this is spam" (S74-S77). Pure. */
import type { RefusalSettings } from './settings.ts';

/** A shorter text would match by chance: it is off (S76). In characters. */
const SHORTEST_TEXT = 4;

/** True for a reply with the configured code that contains the configured text, whatever its case. */
export function createSpamRefusal({
  code,
  text,
}: RefusalSettings): (said: { code: number | null; reply: string }) => boolean {
  const wanted = text.trim().toLowerCase();
  if (wanted.length < SHORTEST_TEXT) return () => false;
  return (said) => said.code === code && said.reply.toLowerCase().includes(wanted);
}
