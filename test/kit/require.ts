/**
 * Which real peers this machine has. A missing one skips its tests aloud on a developer's machine; with
 * MAILGATE_NO_SKIP=1 (CI) it is an error, so that no green run ever left them out.
 */
import { accessSync, constants, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { spawnSync } from 'node:child_process';

interface Requirement {
  /** The Debian package to install, or what else to do. */
  readonly remedy: string;
  readonly met: () => boolean;
}

const requirements = {
  dovecot: {
    remedy: 'apt-get install dovecot-pop3d',
    met: () => hasProgram('dovecot') && hasFile(['/usr/lib/dovecot/pop3', '/usr/libexec/dovecot/pop3']),
  },
  postfix: {
    remedy: 'apt-get install postfix, and run as root: its master changes to the users postfix and nobody',
    met: () => hasProgram('postconf') && process.getuid?.() === 0,
  },
  exim: { remedy: 'apt-get install exim4-daemon-light', met: () => hasProgram('exim4') && process.getuid?.() === 0 },
  swaks: { remedy: 'apt-get install swaks', met: () => hasProgram('swaks') },
  // Without these Perl modules swaks runs, but refuses every TLS option.
  'swaks with TLS': {
    remedy: 'apt-get install swaks libnet-ssleay-perl',
    met: () => hasProgram('swaks') && succeeds('perl', '-MNet::SSLeay', '-e', '1'),
  },
  spamd: { remedy: 'apt-get install spamd', met: () => hasProgram('spamd') },
  tmux: { remedy: 'apt-get install tmux', met: () => hasProgram('tmux') },
  strace: { remedy: 'apt-get install strace', met: () => hasProgram('strace') },
  'a disk of its own': { remedy: 'run as root, where mount is allowed', met: canMount },
  gpg: { remedy: 'apt-get install gpg gpg-agent', met: () => hasProgram('gpg') && hasProgram('gpg-agent') },
  openssl: { remedy: 'apt-get install openssl', met: () => hasProgram('openssl') },
  python3: { remedy: 'apt-get install python3', met: () => hasProgram('python3') },
} as const satisfies Record<string, Requirement>;

export type Peer = keyof typeof requirements;

/**
 * True if all of them can be used here: `describe.runIf(peersInstalled(['dovecot']))(…)`.
 * Else says on stderr what is missing, or throws if MAILGATE_NO_SKIP=1.
 */
export function peersInstalled(peers: readonly Peer[]): boolean {
  const missing = peers.filter((peer) => !requirements[peer].met());
  if (missing.length === 0) return true;

  const remedies = missing.map((peer) => `${peer} (${requirements[peer].remedy})`).join('; ');
  if (process.env['MAILGATE_NO_SKIP'] === '1')
    throw new Error(`Needed here, where no test may be skipped: ${remedies}`);

  process.stderr.write(`\n*** SKIPPED: tests against real peers. Missing: ${remedies} ***\n\n`);
  return false;
}

function hasProgram(name: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return hasFile(folders.map((folder) => join(folder, name)));
}

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'mailgate-mount-'));
  const mounted = succeeds('mount', '-t', 'tmpfs', '-o', 'size=1m', 'mailgate-test', folder);
  if (mounted) succeeds('umount', folder);
  rmdirSync(folder);
  return mounted;
}

function succeeds(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

function hasFile(candidates: readonly string[]): boolean {
  return candidates.some((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
