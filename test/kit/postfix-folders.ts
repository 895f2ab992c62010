/** The folders of a private Postfix, and the names that this machine's build of it uses. */
import { chown, mkdir } from 'node:fs/promises';
import { createMaildir } from './maildir.ts';
import type { PostfixBuild, PostfixFiles } from './postfix-config.ts';
import { run } from './process.ts';
import type { ScratchFolder } from './scratch.ts';

/** What this machine's Postfix was built with. */
export async function askBuild(): Promise<PostfixBuild> {
  const names = ['daemon_directory', 'command_directory', 'mail_owner', 'setgid_group'] as const;
  const { code, output } = await run(['postconf', '-d', '-h', ...names]);
  const [daemons = '', commands = '', owner = '', setgidGroup = ''] = output.split('\n');
  if (code !== 0) throw new Error(`postconf ended with ${code}:\n${output}`);

  return { daemons, commands, owner, setgidGroup };
}

// As the list postfix-files(5) has them; master(8) finds them, and does not make them.
const OWNERS_QUEUES = [
  'active',
  'bounce',
  'corrupt',
  'defer',
  'deferred',
  'flush',
  'hold',
  'incoming',
  'private',
  'saved',
  'trace',
];
const SHARED_QUEUES = { maildrop: 0o730, public: 0o710 };

/** Makes the folders that a Postfix expects to find, with the owners that it insists on. */
export async function layOut(scratch: ScratchFolder, build: PostfixBuild): Promise<PostfixFiles> {
  const [config, queue, data, mail] = [
    scratch.file('etc'),
    scratch.file('queue'),
    scratch.file('data'),
    scratch.file('mail'),
  ];
  const owner = await userId(build.owner);
  const group = await groupId(build.setgidGroup);
  for (const folder of [config, queue, mail, `${queue}/pid`]) await mkdir(folder);
  for (const folder of [data, ...OWNERS_QUEUES.map((name) => `${queue}/${name}`)]) {
    await mkdir(folder, { mode: 0o700 });
    await chown(folder, owner, 0);
  }
  for (const [name, mode] of Object.entries(SHARED_QUEUES)) {
    await mkdir(`${queue}/${name}`, { mode });
    await chown(`${queue}/${name}`, owner, group);
  }
  await createMaildir(`${mail}/Maildir`);

  return { config, queue, data, mail, log: scratch.file('mail.log'), all: scratch.path };
}

async function userId(name: string): Promise<number> {
  return Number((await database('passwd', name))[2]);
}

async function groupId(name: string): Promise<number> {
  return Number((await database('group', name))[2]);
}

/** The fields of an entry of the system's user or group database: name, password, id, … */
async function database(which: 'passwd' | 'group', name: string): Promise<string[]> {
  const { code, output } = await run(['getent', which, name]);
  if (code !== 0) throw new Error(`${which} has no entry ${name}`);
  return output.split(':');
}
