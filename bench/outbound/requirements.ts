/** What the outbound benchmark needs of this machine, and how to get what is missing. */
import { execFileSync } from 'node:child_process';
import { isInstalled, missing } from '../requirements.ts';
import { EXIM_USER } from './exim.ts';

/** Null, or what to do first. */
export function lacking({ exim }: { exim: string | null }): string | null {
  const programs = missing([{ programs: ['smtp-source', 'smtp-sink', 'postfix'], packages: ['postfix'] }]);
  const texts = [programs, exim === null ? null : withoutExim(exim), asRoot()].filter((text) => text !== null);
  return texts.length === 0 ? null : texts.join('\n');
}

function withoutExim(program: string): string | null {
  if (!isInstalled(program))
    return (
      `There is no ${program} here. Debian's packages of Exim and Postfix exclude one another; unpack Exim beside it:\n` +
      '  apt-get download exim4-daemon-light && dpkg -x exim4-daemon-light_*.deb DIR\n' +
      'and say --exim DIR/usr/sbin/exim4, or leave it out: --only mailgate,postfix,bare'
    );
  if (!isUser(EXIM_USER))
    return `Exim runs as ${EXIM_USER}, whom there is not:\n  useradd -r -U -M -s /usr/sbin/nologin ${EXIM_USER}`;
  return null;
}

function isUser(name: string): boolean {
  try {
    execFileSync('getent', ['passwd', name], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Both change to users of their own. */
function asRoot(): string | null {
  return process.getuid?.() === 0 ? null : 'Postfix and Exim have to be started by root.';
}
