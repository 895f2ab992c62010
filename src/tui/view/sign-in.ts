/** The dialog of a device sign-in (G06): where to go, the code on a line of its own to be read and copied, how long it holds, what came of it. */
import type { Prompt, Shown, SignInStage, Waiting } from '../store/model.ts';
import { type AccountsText, accountsTexts } from '../text/accounts.ts';
import { duration } from './format.ts';
import { rule } from './header.ts';
import { keyNames } from './key-names.ts';
import { blank, fill, type Row, span } from './row.ts';
import { remote, wrap } from './width.ts';

type SignInPrompt = Extract<Prompt, { is: 'signin' }>;

/** Rows that lie over the lower end of the page: the richest drawing that fits its `height`. */
export function signInRows(shown: Shown, prompt: SignInPrompt, height: number): Row[] {
  const { columns } = shown.size;
  const title = fill(
    [span(`   ${accountsTexts[shown.look.language].signIn.title(remote(prompt.account, shown.look))}`, 'strong')],
    columns,
  );
  const { roomy, tight } = stageRows(shown, prompt.account, prompt.stage);
  const drawings = [
    [rule(shown), title, blank(columns), ...roomy, blank(columns)],
    [rule(shown), title, ...tight],
    [title, ...tight],
  ];
  // On the smallest screen address and code are worth more than the title.
  return drawings.find((rows) => rows.length <= height) ?? tight.slice(0, height);
}

type Drawings = { roomy: Row[]; tight: Row[] };

function stageRows(shown: Shown, account: string, stage: SignInStage): Drawings {
  const own = accountsTexts[shown.look.language].signIn;
  switch (stage.is) {
    case 'asking':
      return both(textRows(shown, own.asking));
    case 'waiting':
      return waitingRows(shown, account, stage, own);
    case 'over': {
      const name = remote(account, shown.look);
      const user = stage.user === null || stage.user === '' ? null : remote(stage.user, shown.look);
      const outcome = stage.signedIn
        ? textRows(shown, `● ${own.done(name, user)}`, 'good')
        : textRows(shown, `✗ ${own.failed(name, remote(stage.why, shown.look))}`, 'wrong');
      const close = textRows(shown, own.close(keyNames(['esc'], shown.look)), 'dim');
      return { roomy: [...outcome, blank(shown.size.columns), ...close], tight: outcome };
    }
  }
}

function waitingRows(shown: Shown, account: string, code: Waiting, own: AccountsText['signIn']): Drawings {
  const { columns } = shown.size;
  // Whole, on rows of their own: an address or a code with something beside it, or cut, is copied wrongly.
  const page = textRows(shown, remote(code.uri, shown.look), 'strong');
  const standing = standingRows(shown, code, own);
  if (code.code === '') {
    const how = textRows(shown, own.byBrowser(remote(account, shown.look)));
    return { roomy: [...textRows(shown, own.goTo), ...page, blank(columns), ...how], tight: [...page, ...how] };
  }

  const codeRows = (indent: string): Row[] =>
    wrap(remote(code.code, shown.look), Math.max(8, columns - indent.length - 4)).map((piece) =>
      fill([span(indent), { text: ` ${piece} `, tone: 'strong', reverse: true }], columns),
    );
  const whole =
    code.complete === null
      ? []
      : [...textRows(shown, own.orWhole), ...textRows(shown, remote(code.complete, shown.look))];
  return {
    roomy: [
      ...textRows(shown, own.goTo),
      ...page,
      ...whole,
      blank(columns),
      ...textRows(shown, own.typeCode),
      blank(columns),
      ...codeRows('      '),
      blank(columns),
      ...standing,
    ],
    tight: [...page, ...codeRows('   '), ...standing],
  };
}

/** `waiting …   14:32 left`; without a link that the sign-in goes on all the same. */
function standingRows(shown: Shown, { expiresAt }: Waiting, own: AccountsText['signIn']): Row[] {
  const { now, world } = shown;
  const left = expiresAt - now;
  // The last second is shown as one, not as none.
  const until = new Date(now + Math.ceil(left / 1_000) * 1_000);
  const time = left > 0 ? own.left(duration(new Date(now).toISOString(), until.getTime())) : own.runOut;
  return world.link.is === 'live'
    ? textRows(shown, `${own.waiting}   ${time}`)
    : textRows(shown, `${time}   ${own.lost}`, 'warn');
}

function textRows(
  { size }: Shown,
  text: string,
  tone: 'plain' | 'strong' | 'dim' | 'good' | 'wrong' | 'warn' = 'plain',
): Row[] {
  return wrap(text, Math.max(8, size.columns - 4)).map((line) => fill([span('   '), span(line, tone)], size.columns));
}

const both = (rows: Row[]): Drawings => ({ roomy: rows, tight: rows });
