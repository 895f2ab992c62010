/**
 * `mailgate test`: tries a connection and prints the dialogue, as the buttons of the Control Panel did (S69, S103, S108); or shows a
 * notice as it would be mailed (S68).
 */
import { Argument, type Command } from 'commander';
import type { ResultOf } from '../protocol/commands.ts';
import { formatSize } from '../protocol/lines.ts';
import type { Language } from '../protocol/model.ts';
import { asking } from './asking.ts';
import { type Commands, family, wholeNumber } from './commands.ts';
import { exits } from './exits.ts';
import { type Link, PATIENT } from './link.ts';
import { tryTexts } from './texts/tries.ts';
import type { Globals, World } from './world.ts';

interface Place extends Globals {
  host?: string;
  port?: number;
  relay?: string;
}

type Party = 'recipient' | 'sender';

interface Tried {
  ok: boolean;
  sizeLimit?: number | null;
  dialogue: string[];
  advice: string;
}

export function addConnectionTests(commands: Commands): void {
  const { run, world } = commands;
  const tests = family(
    commands,
    'test',
    'Tries a connection and prints the dialogue, or shows a notice.',
    'mailgate test relay',
  );
  const placed = (command: Command) =>
    command
      .option('--host <host>', 'instead of the one in the configuration')
      .addOption(wholeNumber('--port <port>', 'likewise', 1));
  placed(
    tests
      .command('mail-server')
      .description('The internal server: can it be reached, and what is the largest message that it takes?')
      .addHelpText('after', '\nExample:\n  $ mailgate test mail-server --host 192.168.1.5'),
  ).action(
    run((options: Place) => test(world, options, ({ call }) => call('test.mail-server', placeOf(options), PATIENT))),
  );
  placed(
    tests
      .command('relay')
      .description('A relay: can it be reached, and does it let the gateway in?')
      .option('--relay <name>', 'one of several, by the name of its section')
      .addHelpText('after', '\nExample:\n  $ mailgate test relay --relay partner'),
  ).action(
    run((options: Place) => {
      const relay = options.relay === undefined ? {} : { relay: options.relay };
      return test(world, options, ({ call }) => call('test.relay', { ...placeOf(options), ...relay }, PATIENT));
    }),
  );
  tests
    .command('listener')
    .description('The listener for outgoing mail: does it answer?')
    .addHelpText('after', '\nExample:\n  $ mailgate test listener')
    .action(run((options: Globals) => listener(world, options)));
  tests
    .command('notice')
    .description('Shows a notice on a message over the size limit as it would be mailed; exit 1 for a faulty template.')
    .addArgument(new Argument('[party]', 'to whom').choices(['recipient', 'sender']).default('recipient'))
    .addHelpText('after', '\nExample:\n  $ mailgate test notice sender')
    .action(run((party: Party, options: Globals) => notice(world, party, options)));
}

function placeOf({ host, port }: Place): { host?: string; port?: number } {
  return { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) };
}

function test(world: World, globals: Globals, ask: (link: Link) => Promise<Tried>): Promise<number> {
  return asking(world, globals, {
    ask,
    lines: (tried, { language }) => triedLines(tried, language),
    code: ({ ok }) => (ok ? exits.done : exits.errors),
  });
}

/** S103 gives the lines of the answer to the letter: where all is well nothing stands beside them. */
function listener(world: World, globals: Globals): Promise<number> {
  return asking(world, globals, {
    ask: ({ call }) => call('test.listener', {}, PATIENT),
    lines: (tried, { language }) => (tried.ok ? tried.dialogue : triedLines(tried, language)),
    code: ({ ok }) => (ok ? exits.done : exits.errors),
  });
}

/** The templates are edited in the gateway's home: this is how they look filled in (S68). */
function notice(world: World, party: Party, globals: Globals): Promise<number> {
  return asking(world, globals, {
    ask: ({ call }) => call('test.notice', { party }),
    lines: (shown, { language }) => noticeLines(shown, language),
    code: ({ faults }) => (faults.length === 0 ? exits.done : exits.errors),
  });
}

function noticeLines({ subject, text, template, faults }: ResultOf<'test.notice'>, language: Language): string[] {
  const own = tryTexts[language];
  return [
    own.template(template),
    ...faults.map((fault) => own.fault(fault)),
    '',
    own.subject(subject),
    '',
    ...text.trimEnd().split(/\r?\n/),
  ];
}

function triedLines({ ok, sizeLimit = null, dialogue, advice }: Tried, language: Language): string[] {
  const own = tryTexts[language];
  return [
    ...dialogue,
    ok ? own.works : own.fails,
    ...(sizeLimit === null ? [] : [own.sizeLimit(sizeLimit, formatSize(sizeLimit, language))]),
    ...(advice === '' ? [] : own.advice(advice).split('\n')),
  ];
}
