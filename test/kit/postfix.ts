/**
 * A private Postfix on free ports of 127.0.0.1, as the internal mail server or as the relay. Whatever it takes it
 * delivers into a Maildir of its own, so that the bytes can be read back. It needs root, and never touches /etc/postfix.
 */
import { utimes, writeFile } from 'node:fs/promises';
import type { Certificate } from './certificate.ts';
import { type SaslService, startSaslService } from './dovecot.ts';
import { readMessages } from './maildir.ts';
import { freePort } from './ports.ts';
import { mainConfig, masterConfig, recipientTable, type Refusals } from './postfix-config.ts';
import { askBuild, layOut } from './postfix-folders.ts';
import { scratchFolder } from './scratch.ts';
import { type RealServer, startServer } from './server.ts';
import { type Patience, until } from './until.ts';

export type PostfixOptions = Refusals & {
  /** With it, `port` offers STARTTLS (and AUTH only after it), and `tlsPort` speaks TLS from the first byte. */
  readonly tls?: Pick<Certificate, 'certFile' | 'keyFile'>;
} & (
    | {
        /** Takes mail for the given domains only. */
        readonly mode: 'internal';
        readonly domains: readonly string[];
      }
    | {
        /** Takes mail for everybody; with `auth`, only from who has logged in. */
        readonly mode: 'relay';
        readonly auth?: { readonly user: string; readonly password: string };
      }
    | {
        /** Takes mail for everybody, and hands it to the SMTP server on this port: a mail server with us as its smart host. */
        readonly mode: 'client';
        readonly smartHost: number;
      }
  );

interface Delivery {
  /** Of the envelope; empty for a bounce. */
  readonly sender: string;
  readonly recipient: string;
  /** The Received field that Postfix put on top: HELO name, address and protocol of the client. */
  readonly received: string;
  /** What came with DATA: Postfix stores line ends as LF, and they are CRLF again here. */
  readonly content: Buffer;
}

export interface PostfixServer extends RealServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Nobody listens there without a certificate. */
  readonly tlsPort: number;
  /** All that was delivered so far, one for each recipient, oldest first. */
  deliveries(): Promise<Delivery[]>;
  /** The contents that this recipient has got so far. */
  received(address: string): Promise<Buffer[]>;
  /** Delivery comes after the 250: waits until there are at least `count`, and returns all there are. */
  delivered(count: number, patience?: Patience): Promise<Delivery[]>;
  /** Restarts it, with other recipients refused than before. */
  refuse(refusals: Refusals): Promise<void>;
}

export async function startPostfix(options: PostfixOptions): Promise<PostfixServer> {
  await using parts = new AsyncDisposableStack();
  const sasl = parts.use(await saslService(options));
  const scratch = parts.use(await scratchFolder('smtp'));
  const build = await askBuild();
  const files = await layOut(scratch, build);
  const refuse = async (refusals: Refusals) =>
    await writeSettled(`${files.config}/recipients`, recipientTable(refusals));
  await refuse(options);

  const [port, tlsPort] = [await freePort(), await freePort()];
  const domains = options.mode === 'internal' ? options.domains : undefined;
  const smartHost = options.mode === 'client' ? options.smartHost : undefined;
  const service = { port, tlsPort, domains, smartHost, tls: options.tls, saslPort: sasl?.port };
  await writeSettled(`${files.config}/main.cf`, mainConfig(files, build, service));
  await writeSettled(`${files.config}/master.cf`, masterConfig(service));
  const server = parts.use(
    await startServer({
      name: 'Postfix',
      // Its `postfix start-fg` takes two seconds for checks of files that were made just now.
      command: [`${build.daemons}/master`, '-c', files.config, '-s'],
      ports: options.tls === undefined ? [port] : [port, tlsPort],
      logFile: files.log,
    }),
  );

  const deliveries = async () => (await readMessages(`${files.mail}/Maildir`)).map(parseDelivery);
  const owned = parts.move();
  return {
    ...server,
    host: '127.0.0.1',
    port,
    tlsPort,
    deliveries,
    async received(address) {
      return (await deliveries()).filter(({ recipient }) => recipient === address).map(({ content }) => content);
    },
    async delivered(count, patience) {
      const enough = async () => {
        const all = await deliveries();
        return all.length >= count ? all : undefined;
      };
      return await until(`Postfix to deliver ${count} messages`, enough, patience);
    },
    async refuse(refusals) {
      await refuse(refusals);
      await server.restart();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The fields that virtual(8) and smtpd(8) put above a message, in this order; the Received field is folded. */
const ENVELOPE = /^Return-Path: <(.*)>\nX-Original-To: (.*)\nDelivered-To: (.*)\nReceived: (.*\n(?:[ \t].*\n)*)/;

function parseDelivery(stored: Buffer): Delivery {
  const text = stored.toString('latin1');
  const [envelope, sender = '', , recipient = '', received = ''] = ENVELOPE.exec(text) ?? [];
  if (envelope === undefined) throw new Error(`Not as Postfix delivers:\n${text.slice(0, 1000)}`);

  const content = Buffer.from(text.slice(envelope.length).replaceAll('\n', '\r\n'), 'latin1');
  return { sender, recipient, received: received.replaceAll(/\s+/g, ' ').trim(), content };
}

/** Postfix reads a file that was written just now again and again, for a second and more, until it trusts it: make it older. */
async function writeSettled(path: string, text: string): Promise<void> {
  const aMinuteAgo = Date.now() / 1000 - 60;
  await writeFile(path, text);
  await utimes(path, aMinuteAgo, aMinuteAgo);
}

async function saslService(options: PostfixOptions): Promise<SaslService | undefined> {
  if (options.mode !== 'relay' || options.auth === undefined) return undefined;
  return await startSaslService({ [options.auth.user]: options.auth.password });
}
