/** Where a secret of the configuration is to be found: in the file itself, sealed or plain, or elsewhere. */
import { isAbsolute } from 'node:path';
import { bad, good, type Kind } from './key.ts';
import { hasControl } from './kinds/plain.ts';
import { Secret } from '../base/secret.ts';

export type SecretSource =
  /** Typed into the file as it is. */
  | { readonly from: 'plain'; readonly secret: Secret }
  /** Sealed under `secret.key`. */
  | { readonly from: 'enc'; readonly sealed: Secret }
  /** In a variable of the environment. */
  | { readonly from: 'env'; readonly variable: string }
  /** In a file of its own, without the line end that closes it. */
  | { readonly from: 'file'; readonly path: string };

/**
 * The value of a password's key; null when it is empty. An error names neither the value nor a part of it: a
 * password that happens to begin with `env:` is still a password.
 */
export const secret: Kind<SecretSource | null> = {
  expects: 'empty, or a password, enc:…, env:NAME or file:/path',
  verbatim: true,
  secret: true,
  read(value) {
    if (value === '') return good(null);
    if (value.startsWith('enc:')) return good({ from: 'enc', sealed: new Secret(value.slice('enc:'.length)) });
    if (value.startsWith('env:')) return variableOf(value.slice('env:'.length));
    if (value.startsWith('file:')) return fileOf(value.slice('file:'.length));

    // A line end inside would be a second command to the server that is told the password.
    return hasControl(value)
      ? bad({ hint: 'It holds a control character.' })
      : good({ from: 'plain', secret: new Secret(value) });
  },
};

const variableOf = (variable: string) =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)
    ? good<SecretSource>({ from: 'env', variable })
    : bad({ hint: 'After "env:" stands the name of a variable: letters, digits and _.' });

const fileOf = (path: string) =>
  isAbsolute(path) && !hasControl(path)
    ? good<SecretSource>({ from: 'file', path })
    : bad({ hint: 'After "file:" stands a path that begins with "/".' });
