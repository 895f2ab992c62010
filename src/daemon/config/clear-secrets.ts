/** CFG06: a password in clear in a file that others can read is everybody's password. */
import type { Draft } from './draft.ts';
import type { Findings, Place } from './problem.ts';
import { placeOf } from './read-section.ts';
import type { SecretSource } from './secret-source.ts';
import type { Exposure } from './small-file.ts';

/** One problem a file, at the first password: a list of a thousand says nothing more. */
export function clearSecrets(draft: Draft, exposures: ReadonlyMap<string, Exposure>, findings: Findings): void {
  for (const [file, exposure] of exposures) {
    const first = secretsOf(draft).find(({ place, source }) => place.file === file && source?.from === 'plain');
    if (!first) continue;

    const message = `stands in clear in a file that ${exposure}. chmod 600 ${file}, owned by who runs mailgate.`;
    findings.problems.push({ ...first.place, message });
  }
}

function secretsOf(draft: Draft): { place: Place; source: SecretSource | null }[] {
  const { mailServer, relay, relays, relayLogins, accounts, oauth2, outgoingUsers, store } = draft;
  const logins = [mailServer, relay, ...relays, ...relayLogins, ...accounts].filter((part) => part !== null);
  return [
    ...logins.map((part) => ({ place: placeOf(part, 'password'), source: part.values.password })),
    ...oauth2.map((part) => ({ place: placeOf(part, 'clientSecret'), source: part.values.clientSecret })),
    ...outgoingUsers.map(({ place, value }) => ({ place, source: value })),
    { place: placeOf(store, 'url'), source: store.values.url },
  ];
}
