/** `mailgate alerts`: what is wrong now and was said once, and that somebody has seen it. */
import { formatDate } from '../protocol/lines.ts';
import { type Commands, family } from './commands.ts';
import { exits } from './exits.ts';
import { withLink } from './link.ts';
import { tableOf } from './table.ts';
import { watchingTexts } from './texts/watching.ts';
import { type Globals, remark, say, sayJson, type World } from './world.ts';

export function addAlerts(commands: Commands): void {
  const { run, world } = commands;
  const alerts = family(commands, 'alerts', 'What is wrong now and needs somebody.', 'mailgate alerts list');
  alerts
    .command('list')
    .description('The alerts that stand.')
    .addHelpText('after', '\nExample:\n  $ mailgate alerts list --json')
    .action(run((options: Globals) => list(world, options)));
  alerts
    .command('ack')
    .description('Says that alerts were seen: each stands until it is over, and is not said again.')
    .argument('<key...>', 'keys of alerts, as the list has them')
    .addHelpText('after', '\nExample:\n  $ mailgate alerts ack login:sales')
    .action(run((keys: string[], options: Globals) => acknowledge(world, keys, options)));
}

function list(world: World, options: Globals): Promise<number> {
  return withLink(world, options, async ({ call, language }) => {
    const { alerts } = await call('alerts.list', {});
    const { alertColumns, noAlert } = watchingTexts[language];
    if (options.json) for (const alert of alerts) sayJson(world, alert);
    else if (alerts.length === 0) say(world, noAlert);
    else {
      const rows = alerts.map(({ key, at, about, acknowledgedBy, message }) => [
        ...[key, formatDate(at, language), about, acknowledgedBy ?? '', message],
      ]);
      for (const line of tableOf(alertColumns, rows)) say(world, line);
    }
    return exits.done;
  });
}

function acknowledge(world: World, words: string[], options: Globals): Promise<number> {
  const keys = [...new Set(words)];
  return withLink(world, options, async ({ call, language }) => {
    const result = await call('alerts.ack', { keys });
    const own = watchingTexts[language];
    const missing = keys.filter((key) => !result.acknowledged.includes(key));
    if (options.json) sayJson(world, result);
    else {
      say(world, own.acknowledged(result.acknowledged.length));
      for (const key of missing) remark(world, own.noSuchAlert(key));
    }
    if (missing.length === 0) return exits.done;
    return result.acknowledged.length === 0 ? exits.notFound : exits.errors;
  });
}
