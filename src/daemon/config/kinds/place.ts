/** Places on the disk. */
import { resolve } from 'node:path';
import { bad, good, type Kind } from '../key.ts';
import { hasControl } from './plain.ts';

/** A file or a folder; a relative path begins in the home. Read as an absolute path. */
export const path: Kind<string> = {
  expects: 'a path; a relative one begins in the home',
  verbatim: true,
  read: (value, home) => (value === '' || hasControl(value) ? bad() : good(resolve(home, value))),
};

/** The name of a file in the home, without any path (S28). */
export const fileName: Kind<string> = {
  expects: 'the plain name of a file, without a path',
  verbatim: true,
  read(value) {
    const plain = !/[/\\:]/.test(value) && value !== '.' && value !== '..' && value !== '' && !hasControl(value);
    return plain ? good(value) : bad();
  },
};
