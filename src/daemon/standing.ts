/** What is wrong, or rests, by the configuration alone: said as problems when the daemon starts, and by `mailgate check`. */
import type { Problem } from '../protocol/model.ts';
import type { Config } from './config/config.ts';

/** Passwords that cannot be had, parts that have nothing to work with. */
export function standingProblems(config: Config): Problem[] {
  const problems: Problem[] = [];
  const say = (key: string, message: string) => problems.push({ key, message });

  for (const { name, enabled, problem } of config.accounts)
    if (enabled && problem !== null) say(`account.${name}`, `POP3 account ${name} rests: ${problem}`);
  for (const { name, problem } of config.relays)
    if (problem !== null) say(`relay.${name}.secret`, `Relay ${name || '(default)'} rests: ${problem}`);
  if (config.mailServer?.problem)
    say('mail-server.secret', `The internal mail server rests: ${config.mailServer.problem}`);
  if (config.accounts.some(({ enabled }) => enabled) && config.mailServer === null)
    say('mail-server.none', 'No internal mail server is configured: nothing is downloaded. Set Host in [Mail server].');
  return problems;
}

/** Keys that are read and checked, but have no effect in this version: said aloud, so that nobody relies on them. */
export function notYet(config: Config): string[] {
  const { remoteControl, store } = config;
  const used: [boolean, string][] = [
    [
      remoteControl.listen !== null || remoteControl.metricsListen !== null,
      'Listen and Metrics listen of [Remote control]',
    ],
    [store.url !== null, '[Store] Url'],
  ];
  return used.filter(([is]) => is).map(([, what]) => `Not in this version yet, and without effect: ${what}.`);
}
