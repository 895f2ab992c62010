/** A private spamd (SpamAssassin) on a free port of 127.0.0.1: the rules that it comes with, local tests only, nothing learnt. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { freePort } from './ports.ts';
import { scratchFolder } from './scratch.ts';
import { type RealServer, startServer } from './server.ts';

export interface SpamdServer extends RealServer {
  readonly host: '127.0.0.1';
  readonly port: number;
}

/** Any SpamAssassin gives a message with this line 1,000 points (https://spamassassin.apache.org/gtube/). */
export const GTUBE = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';

/** Those that its own rules of a message's text and header need; none of them asks anybody. */
const plugins = ['Check', 'BodyEval', 'HeaderEval', 'HTMLEval', 'MIMEEval', 'RelayEval', 'WLBLEval', 'MIMEHeader'];
const loaded = (plugin: string) => `loadplugin Mail::SpamAssassin::Plugin::${plugin}\n`;

export async function startSpamd(): Promise<SpamdServer> {
  await using parts = new AsyncDisposableStack();
  const scratch = parts.use(await scratchFolder('spamd'));
  const [site, state, logFile] = [scratch.file('site'), scratch.file('state'), scratch.file('spamd.log')];
  await mkdir(site);
  await mkdir(state);
  await chmod(state, 0o777); // as root its children change to nobody
  await writeFile(scratch.file('site', 'init.pre'), plugins.map(loaded).join(''));
  await writeFile(scratch.file('site', 'local.cf'), 'use_bayes 0\nskip_rbl_checks 1\n');
  await writeFile(logFile, '');
  await chmod(logFile, 0o666);

  const port = await freePort();
  const server = parts.use(
    await startServer({
      name: 'spamd',
      command: [
        'spamd',
        '--local',
        '--nouser-config',
        '--max-children=2',
        `--siteconfigpath=${site}`,
        `--helper-home-dir=${state}`,
        `--listen=127.0.0.1:${port}`,
        `--syslog=${logFile}`,
      ],
      ports: [port],
      logFile,
    }),
  );

  const owned = parts.move();
  return { ...server, host: '127.0.0.1', port, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
