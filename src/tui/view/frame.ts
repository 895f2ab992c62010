/** The whole screen as rows: exactly as many as it has, each exactly as wide. Everything that is drawn passes here. */
import { isTooSmall, pageRows } from '../layout.ts';
import type { Shown } from '../store/model.ts';
import { placeOf } from '../store/moment.ts';
import { texts } from '../text/texts.ts';
import { accountPage } from './account.ts';
import { accountsPage } from './accounts.ts';
import { answerRows } from './answer.ts';
import { confirmRows } from './confirm.ts';
import { dashboard } from './dashboard.ts';
import { footer } from './footer.ts';
import { header } from './header.ts';
import { helpPage } from './help.ts';
import { logLines, logStanding } from './log.ts';
import { sessionTitle } from './mailboxes.ts';
import { messagePage } from './message.ts';
import { count } from './format.ts';
import { queuePage } from './queue.ts';
import { signInRows } from './sign-in.ts';
import { filledUp, dimmed, fill, type Row, span, spread } from './row.ts';
import { tracesPage } from './traces.ts';
import { remote, wrap } from './width.ts';

export type Frame = {
  rows: readonly Row[];
  /** Where the terminal's cursor stands, for input methods; null: hidden. */
  cursor: { x: number; y: number } | null;
};

export function drawFrame(shown: Shown): Frame {
  const { size, look } = shown;
  if (isTooSmall(size)) return { rows: tooSmall(shown), cursor: null };
  const above = header(shown);
  const below = footer(shown);
  const page = overlaid(shown, filledUp(pageOf(shown), pageRows(size), size.columns));
  const rows = [...above, ...page, ...below.rows].map((row) => fill(row, size.columns));
  const cursor = below.cursor === null ? null : { x: below.cursor.x, y: above.length + page.length + below.cursor.row };
  return { rows: look.plain ? rows.map(unruled) : rows, cursor };
}

function tooSmall({ size, look }: Shown): Row[] {
  const line = fill([span(texts[look.language].tooSmall(size.columns, size.rows), 'strong')], size.columns);
  return filledUp([line], size.rows, size.columns);
}

function pageOf(shown: Shown): readonly Row[] {
  const { world, ui } = shown;
  if (ui.help !== null) return helpPage(shown);
  if (world.gateway === null) return unknownPage(shown);
  if (world.link.is === 'live') return livePage(shown);
  // The last data stay, dimmed, and as old as they were when they were told (T33).
  return livePage({ ...shown, now: world.heardAt ?? shown.now }).map(dimmed);
}

function livePage(shown: Shown): readonly Row[] {
  const { gateway } = shown.world;
  if (gateway === null) return [];
  const say = texts[shown.look.language];
  const { columns } = shown.size;
  switch (shown.ui.page) {
    case 'dashboard':
      return dashboard(shown, gateway);
    case 'session': {
      const { running } = gateway.session;
      const progress = running === null ? '' : `   ${say.messagesOf(running.messages, running.of)}`;
      const failed = gateway.mailboxes.filter(({ error }) => error !== null).length;
      const errors = running === null || failed === 0 ? '' : `   ${say.errors(failed)}`;
      const title = [...sessionTitle(shown, gateway), span(errors, 'wrong'), span(progress)];
      return [spread(title, logStanding(shown, 'session'), columns), ...logLines(shown, 'session', say.noLines)];
    }
    case 'outbound': {
      const { transfers, listener, connected } = gateway;
      const where = listener === null ? `✗ ${say.notListening}` : say.listening(`${listener.address}:${listener.port}`);
      const title = [
        span(` ${say.places.outbound}`, 'strong'),
        span(`   ${say.queueCounts.sending} ${count(transfers.length, shown.look.language)}`),
        span(`   ${say.clients(connected)}`),
        span(`   ${where}`, listener === null ? 'wrong' : 'dim'),
      ];
      return [spread(title, logStanding(shown, 'outbound'), columns), ...logLines(shown, 'outbound', say.noLines)];
    }
    case 'queue':
      return placeOf({ ...shown.ui, prompt: null }) === 'message' ? messagePage(shown) : queuePage(shown);
    case 'accounts':
      return shown.ui.account === null ? accountsPage(shown) : accountPage(shown);
    case 'traces':
      return tracesPage(shown, gateway);
  }
}

/** Before the first answer: what is being tried, why it failed, what to do. */
function unknownPage({ world, look, size }: Shown): Row[] {
  const say = texts[look.language];
  const lines =
    world.link.is === 'lost'
      ? [say.noAnswer, remote(world.link.why, look), say.isItRunning]
      : [say.connectingTo(remote(world.target, look))];
  const width = size.columns - 4;
  return [
    fill([], size.columns),
    ...lines.flatMap((line) => wrap(line, width)).map((line) => fill([span(`   ${line}`)], size.columns)),
  ];
}

function overlaid(shown: Shown, page: Row[]): Row[] {
  const question = overlay(shown, page.length);
  if (question === null) return page;
  return [...page.slice(0, Math.max(0, page.length - question.length)), ...question].slice(-page.length);
}

/** What is asked over the page; null: nothing, or in a field of the footer. */
function overlay(shown: Shown, height: number): Row[] | null {
  const { prompt } = shown.ui;
  switch (prompt?.is) {
    case undefined:
    case 'filter':
      return null;
    case 'confirm':
      return confirmRows(shown, prompt);
    case 'answer':
      return answerRows(shown, prompt, height);
    case 'signin':
      return signInRows(shown, prompt, height);
  }
}

/** What a screen reader would spell out; the words beside these signs say the same (T19). */
const spoken: Record<string, string> = { '▸': '>', '←': '<', '→': '>', '·': ',' };

function unruled(row: Row): Row {
  return row.map((piece) => ({
    ...piece,
    text: piece.text.replaceAll(/[─█░●○✗▸·←→]/g, (sign) => spoken[sign] ?? ' '),
  }));
}
