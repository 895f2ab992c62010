/** The texts of the screen by language. */
import type { Language } from '../../protocol/model.ts';
import { english } from './en.ts';
import { french } from './fr.ts';
import type { Text } from './text.ts';

export const texts: Record<Language, Text> = { en: english, fr: french };
