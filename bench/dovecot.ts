/** A private Dovecot on a port of 127.0.0.1: the POP3 server that everybody drains. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { mailOwner } from './mailboxes.ts';
import { type Child, listening, startChild } from './processes.ts';

export interface Dovecot extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
}

/** The mailboxes are Maildirs in `mail`, each with the name of its user; the password of `u07` is `pw07`. */
export async function startDovecot(
  folder: string,
  { mail, port, users }: { mail: string; port: number; users: readonly string[] },
): Promise<Dovecot> {
  await rm(folder, { recursive: true, force: true });
  for (const part of ['run', 'state']) await mkdir(join(folder, part), { recursive: true, mode: 0o755 });
  await writeFile(join(folder, 'passwords'), users.map((user) => `${user}:{PLAIN}${passwordOf(user)}\n`).join(''));
  const configuration = join(folder, 'dovecot.conf');
  await writeFile(configuration, configurationText(folder, mail, port));

  const child: Child = await startChild(['dovecot', '-F', '-c', configuration], { logFile: join(folder, 'out') });
  await listening(port, child);
  return { pid: child.pid, port, [Symbol.asyncDispose]: () => child.stop() };
}

export const passwordOf = (user: string): string => user.replace('u', 'pw');

function configurationText(folder: string, mail: string, port: number): string {
  const { uid, gid } = mailOwner();
  return `base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
${runsAs()}
protocols = pop3
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${folder}/passwords
}
userdb {
  driver = static
  args = uid=${uid} gid=${gid} home=${mail}/%u
}
mail_location = maildir:~/
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 200
service anvil {
  chroot =
}
service pop3-login {
  chroot =
  # The server is not what is measured: its login processes stay, where by default each connection starts one.
  service_count = 0
  process_min_avail = 2
  client_limit = 200
  inet_listener pop3 {
    port = ${port}
  }
  inet_listener pop3s {
    port = 0
  }
}
`;
}

/** As root, Dovecot changes to users of its own; anybody else is all of them. */
function runsAs(): string {
  if (process.getuid?.() === 0) return '';
  const [user, group] = ['-un', '-gn'].map((flag) => execFileSync('id', [flag], { encoding: 'utf8' }).trim());
  return `default_internal_user = ${user}\ndefault_login_user = ${user}\ndefault_internal_group = ${group}`;
}
