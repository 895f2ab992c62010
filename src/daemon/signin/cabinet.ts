/** Where sign-ins are kept: in the store, under the subject's key, sealed with the home's secret.key; never in clear. */
import { Secret } from '../base/secret.ts';
import type { Vault } from '../config/secrets.ts';
import { LONGEST_MEMO, type Memos } from '../store/store.ts';
import type { SignedSubject } from './subject.ts';
import { clientOf, NOBODY, read, type Standing, written } from './tokens.ts';

export type Keep = Pick<Memos, 'get' | 'put'>;

export interface Cabinet {
  /** How the subject stood last. Rejects when the store does. */
  load(subject: SignedSubject): Promise<Standing>;
  /** Durable when it resolves. Rejects when the store or secret.key does. */
  save(subject: SignedSubject, standing: Standing): Promise<void>;
  forget(subject: SignedSubject): Promise<void>;
}

const SEALED = 'enc:';

const memoOf = ({ key }: SignedSubject): string => `signin:${key}`;

export function openCabinet(keep: Keep, vault: Pick<Vault, 'find' | 'seal'>): Cabinet {
  return {
    async load(subject) {
      const memo = await keep.get(memoOf(subject));
      if (memo === null) return NOBODY;

      const opened = await vault.find({ from: 'enc', sealed: new Secret(memo.slice(SEALED.length)) });
      if (!opened.ok) return { is: 'signed out', why: 'The kept tokens do not open with this secret.key.' };

      const standing = read(opened.secret, clientOf(subject.source.provider));
      return typeof standing === 'string' ? { is: 'signed out', why: standing } : standing;
    },

    async save(subject, standing) {
      const sealed = await vault.seal(written(standing, clientOf(subject.source.provider)));
      if (sealed.length > LONGEST_MEMO) throw new Error('The tokens are too large to be kept.');
      await keep.put(memoOf(subject), sealed);
    },

    forget: async (subject) => await keep.put(memoOf(subject), null),
  };
}
