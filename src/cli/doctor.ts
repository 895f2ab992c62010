/** `mailgate doctor`: climbs the ladders of S70, S73, S104, S105 and S109, and prints each step as it is done. */
import { randomUUID } from 'node:crypto';
import type { GatewayEvent } from '../protocol/events.ts';
import type { DoctorStep, Language } from '../protocol/model.ts';
import { type Commands, integer } from './commands.ts';
import { exits } from './exits.ts';
import { PATIENT, withLink } from './link.ts';
import { createProgress } from './progress.ts';
import { tryTexts } from './texts/tries.ts';
import { type Globals, say, sayJson, type World } from './world.ts';

export function addDoctor({ program, run, world }: Commands): void {
  program
    .command('doctor')
    .description('Looks for what is wrong, step by step; exit 1 when it has found a fault.')
    .argument('[account]', 'a POP3 account; without it, the whole gateway')
    .argument('[n]', 'the message that does not come through, by its number in the mailbox', integer(1))
    .addHelpText('after', '\nExample:\n  $ mailgate doctor sales 4')
    .action(
      run((account: string | undefined, number: number | undefined, options: Globals) =>
        doctor(world, account, number, options),
      ),
    );
}

async function doctor(
  world: World,
  account: string | undefined,
  number: number | undefined,
  options: Globals,
): Promise<number> {
  const id = randomUUID();
  const progress = createProgress(world);
  const told = teller(world, options, () => progress?.hide());
  const heard = {
    topics: ['audit' as const],
    events: (events: GatewayEvent[]) => {
      for (const event of events) if (event.type === 'doctor.step' && event.run === id) told.step(event);
    },
  };
  return await withLink(
    world,
    options,
    async ({ call, language, texts }) => {
      told.speak(language);
      progress?.show(texts.waiting);
      const where = { ...(account === undefined ? {} : { account }), ...(number === undefined ? {} : { number }) };
      const asked = call('doctor', { run: id, ...where }, PATIENT);
      const { steps, verdict, summary } = await asked.finally(() => progress?.clear());
      told.rest(steps);
      const own = tryTexts[language];
      if (!options.json) say(world, own.summary(own.step[verdict], summary));
      return verdict === 'fault' ? exits.errors : exits.done;
    },
    heard,
  );
}

/** Prints each step once: as its event comes, or else from the answer, which has them all. */
function teller(world: World, { json }: Globals, before: () => void) {
  let printed = 0;
  let over = false;
  let language: Language = 'en';
  function print(step: DoctorStep): void {
    printed += 1;
    before();
    if (json) sayJson(world, bare(step));
    else for (const line of stepLines(step, language)) say(world, line);
  }
  return {
    speak(chosen: Language) {
      language = chosen;
    },
    step(step: DoctorStep) {
      if (!over) print(step);
    },
    rest(steps: DoctorStep[]) {
      over = true;
      for (const step of steps.slice(printed)) print(step);
    },
  };
}

/** Without what makes it an event. */
const bare = ({ step, ran, saw, verdict, advice }: DoctorStep): DoctorStep => ({ step, ran, saw, verdict, advice });

function stepLines({ step, ran, saw, verdict, advice }: DoctorStep, language: Language): string[] {
  const own = tryTexts[language];
  const title = ran === '' ? step : `${step}: ${ran}`;
  const rest = [...(saw === '' ? [] : saw.split('\n')), ...(advice === '' ? [] : own.advice(advice).split('\n'))];
  return [`[${own.step[verdict]}] ${title}`, ...rest.map((line) => `  ${line.trimEnd()}`)];
}
