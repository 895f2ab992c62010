/** Certificates with their keys, tried as TLS will use them: a wrong file is told at the start, with its key in the INI. */
import { createSecureContext } from 'node:tls';
import type { Draft } from './draft.ts';
import type { Findings } from './problem.ts';
import { placeOf } from './read-section.ts';
import { readSmallFile } from './small-file.ts';

/** Octets: a chain of a thousand certificates is smaller. */
const LARGEST_PEM = 4_194_304;

/** Files that cannot be read are passed over: that is told elsewhere. */
export async function certificatesUsable({ outgoing, remoteControl }: Draft, { problems }: Findings): Promise<void> {
  for (const part of [outgoing, remoteControl]) {
    const { tlsCertificate, tlsKey } = part.values;
    const [cert, key] = [await pem(tlsCertificate), await pem(tlsKey)];
    if (cert === null || key === null) continue;

    const bad = whyUnusable({ cert });
    if (bad !== null) {
      const message = `${tlsCertificate} holds no certificate in PEM that can be used (${bad}).`;
      problems.push({ ...placeOf(part, 'tlsCertificate'), message });
      continue;
    }
    const unfit = whyUnusable({ cert, key });
    if (unfit === null) continue;

    const message = `${tlsKey} holds no private key in PEM that fits the certificate (${unfit}).`;
    problems.push({ ...placeOf(part, 'tlsKey'), message });
  }
}

async function pem(path: string | null): Promise<Buffer | null> {
  const file = path === null ? null : await readSmallFile(path, LARGEST_PEM);
  return file?.ok ? Buffer.from(file.bytes) : null;
}

/** OpenSSL's reason; null when it takes them. Never what is in the files. */
function whyUnusable(files: { cert: Buffer; key?: Buffer }): string | null {
  try {
    createSecureContext(files);
    return null;
  } catch (error) {
    const { reason, code } = error as NodeJS.ErrnoException & { reason?: string };
    return reason ?? code ?? 'unknown error';
  }
}
