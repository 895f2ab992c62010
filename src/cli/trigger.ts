/** `mailgate trigger`: a download session on demand (S50), and how far it is. */
import type { SessionReport } from '../protocol/commands.ts';
import type { GatewayEvent } from '../protocol/events.ts';
import { linesOf } from '../protocol/lines.ts';
import type { Language } from '../protocol/model.ts';
import type { Commands } from './commands.ts';
import { exits } from './exits.ts';
import { PATIENT, withLink } from './link.ts';
import { createProgress } from './progress.ts';
import { type Globals, languageWished, say, sayJson, type World } from './world.ts';
import { texts } from './texts.ts';

interface TriggerOptions extends Globals {
  wait?: boolean;
  force?: boolean;
}

export function addTrigger({ program, run, world }: Commands): void {
  program
    .command('trigger')
    .description('Starts a download session, of all accounts or of those named, or joins the running one.')
    .argument('[account...]', 'names of POP3 accounts')
    .option('--wait', 'wait for its end; exit 1 when it had errors')
    .option('--force', 'try an account too that is locked out by a refused login')
    .addHelpText('after', '\nExample:\n  $ mailgate trigger sales --wait')
    .action(run((accounts: string[], options: TriggerOptions) => trigger(world, accounts, options)));
}

async function trigger(world: World, accounts: string[], options: TriggerOptions): Promise<number> {
  const { wait = false, force = false } = options;
  const progress = wait ? createProgress(world) : null;
  const counted = { messages: 0, of: 0 };
  const heard = progress && {
    topics: ['session' as const],
    events(events: GatewayEvent[]) {
      for (const event of events) {
        if (event.type === 'mailbox.connected') counted.of += event.messages;
        if (event.type === 'message.delivered' && event.final) counted.messages += 1;
      }
      progress.show(texts[languageWished(world, options) ?? 'en'].progress(counted.messages, counted.of));
    },
  };
  return await withLink(
    world,
    options,
    async ({ call, hello, language, texts }) => {
      const params = { wait, force, ...(accounts.length > 0 ? { accounts } : {}) };
      const { session, joined, report } = await call('trigger', params, PATIENT).finally(() => progress?.clear());
      if (report === null) {
        if (options.json) sayJson(world, { session, joined });
        else say(world, texts.triggered(session, joined));
        return exits.done;
      }
      if (options.json) sayJson(world, report);
      else for (const line of reportLines(report, language, hello.now)) say(world, line);
      return report.errors.length > 0 ? exits.errors : exits.done;
    },
    heard ?? undefined,
  );
}

/** The line that the session log ends with, and what went wrong. */
export function reportLines(
  { session, messages, bytes, errors }: SessionReport,
  language: Language,
  at: string,
): string[] {
  const finished = { type: 'session.finished', seq: 0, at, session, messages, bytes, errors: errors.length } as const;
  const end = linesOf(finished, language).map((line) => line.slice(line.indexOf(' ') + 1));
  return [...end, ...errors.map(({ account, message }) => `  ${account}: ${message}`)];
}
