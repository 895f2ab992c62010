/** Which gateway a command means: the home, and the socket in it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { exits, Failure } from './exits.ts';
import type { Globals, World } from './world.ts';

export interface Target {
  /** The path of the control socket. */
  socket: string;
  /** Null when only a socket was named. */
  home: string | null;
}

/** `--home`, else `MAILGATE_HOME`, else the place of the user (root: of the system). */
export function homeOf({ env, user }: World, { home }: Globals): string {
  const named = home ?? env['MAILGATE_HOME'] ?? '';
  if (named !== '') return resolve(named);
  if (user.uid === 0) return '/var/lib/mailgate';

  return join(env['XDG_DATA_HOME'] || join(user.home, '.local', 'share'), 'mailgate');
}

/** The gateway that `--gateway`, or else the home, names. Throws a Failure for one that this version cannot reach. */
export function targetOf(world: World, globals: Globals, named = globals.gateway): Target {
  if (named === undefined) {
    const home = homeOf(world, globals);
    return { socket: socketIn(home), home };
  }
  const scheme = /^([a-z+]+):\/\//i.exec(named)?.[1];
  if (scheme !== undefined)
    throw new Failure(exits.usage, `${scheme}:// is not in this version: name the path of a control socket.`);

  return { socket: resolve(named), home: null };
}

/** A word that can only mean a gateway, not a command: a path, a socket's name or a URL. */
export function looksLikeTarget(word: string): boolean {
  return word.includes('/') || word.endsWith('.sock');
}

const SOCKET = 'control.sock';
/** Octets; what is larger is not read for one key. */
const LARGEST_INI = 4_194_304;

/** `[Remote control] Socket` of the home's PMailGat.ini, as far as it can be read; the daemon is the one to complain about the file. */
function socketIn(home: string): string {
  return resolve(home, configured(home) || SOCKET);
}

/** The path of the configuration, in whatever case it is written (S19). */
export function iniOf(home: string): string {
  try {
    const found = readdirSync(home).find((name) => name.toLowerCase() === 'pmailgat.ini');
    return join(home, found ?? 'PMailGat.ini');
  } catch {
    return join(home, 'PMailGat.ini');
  }
}

function configured(home: string): string {
  let text: string;
  try {
    const path = iniOf(home);
    if (statSync(path).size > LARGEST_INI) return '';
    text = readFileSync(path, 'utf8');
  } catch {
    return '';
  }
  let section = '';
  for (const line of text.split(/\r\n|\r|\n/)) {
    section = /^[\s\ufeff]*\[([^\]]*)\]/.exec(line)?.[1]?.trim().toLowerCase() ?? section;
    const value = section === 'remote control' ? /^\s*socket\s*=\s*(.*?)\s*$/i.exec(line)?.[1] : undefined;
    if (value !== undefined) return value;
  }
  return '';
}
