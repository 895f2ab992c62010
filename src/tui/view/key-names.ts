/** How a key is called on the screen. */
import type { Look } from '../look.ts';
import { texts } from '../text/texts.ts';

/** Words for arrows where there are no arrows. */
const asciiNames: Record<string, string> = { up: 'Up', down: 'Down', left: 'Left', right: 'Right' };

export function keyNames(keys: readonly string[], { language, ascii }: Pick<Look, 'language' | 'ascii'>): string {
  const names = texts[language].keyNames;
  return keys.map((key) => (ascii ? asciiNames[key] : undefined) ?? names[key] ?? key).join(', ');
}
