/** The inbound walk against a POP3 server that plays a script: one list of acts for each session. */
import { type Act, hears, says, sends, startMisbehavingPop3 } from '../kit/misbehaving-pop3.ts';
import { inboundWorld, type InboundWorldOptions, recipient } from './world.ts';

/** From the greeting to the listing of messages by UIDL; the octets of each are those of its text. */
export function opening(...texts: [uidl: string, text: string][]): Act[] {
  return listing(texts.map(([uidl, text]) => [uidl, text.length]));
}

/** The same with sizes that LIST makes up. */
export function listing(messages: [uidl: string, bytes: number][]): Act[] {
  const lines = (of: (uidl: string, bytes: number) => string | number) =>
    `+OK\r\n${messages.map(([uidl, bytes], at) => `${at + 1} ${of(uidl, bytes)}\r\n`).join('')}.\r\n`;
  return [
    ...loggingIn(messages.length),
    ...[hears('LIST'), sends(lines((_uidl, bytes) => bytes)), hears('UIDL'), sends(lines((uidl) => uidl))],
  ];
}

const loggingIn = (messages = 1): Act[] => [
  ...[says('+OK ready'), hears('CAPA'), says('-ERR'), hears('USER office'), says('+OK')],
  ...[hears('PASS secret-1'), says('+OK'), hears('STAT'), says(`+OK ${messages} 100`)],
];

export const fetching = (text: string, number = 1): Act[] => [hears(`RETR ${number}`), sends(`+OK\r\n${text}.\r\n`)];
export const topping = (text: string, number = 1): Act[] => [
  hears(`TOP ${number} 0`),
  sends(`+OK\r\n${text.split('\r\n\r\n')[0]}\r\n\r\n.\r\n`),
];
export const deleting = (number = 1): Act[] => [hears(`DELE ${number}`), says('+OK')];
export const leaving: Act[] = [hears('QUIT'), says('+OK')];

export async function scripted(sessions: Act[][], more: Omit<InboundWorldOptions, 'elsewhere' | 'mailboxes'> = {}) {
  await using stack = new AsyncDisposableStack();
  const pop3 = stack.use(await startMisbehavingPop3(sessions));
  const elsewhere = { port: pop3.port, accounts: ['office'] };
  const world = stack.use(await inboundWorld({ elsewhere, ini: recipient('anna'), ...more }));
  const everything = stack.move();
  return { world, pop3, problems: pop3.problems, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

export const subjects = (received: readonly { bytes: Buffer }[]) =>
  received.map(({ bytes }) => /Subject: (.*)\r/.exec(bytes.toString())?.[1]);
