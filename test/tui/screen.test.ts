/** The screen as a program on a terminal: what it writes, what it leaves, what keys and resizes do to it. */
import { describe, expect, test } from 'vitest';
import { CallError } from '../../src/protocol/errors.ts';
import { accountNamed, renumbered } from './kit/accounts.ts';
import { ago, endedSession, firstMinute, HOSTILE, queueOf } from './kit/facts.ts';
import { key, startScreen } from './kit/screen.ts';

const control = (text: string): string[] => text.match(/\x1b\[[?\d;]*[a-zA-Z]/g) ?? []; // oxlint-disable-line no-control-regex -- it is what is looked for

describe('T02 the terminal afterwards', () => {
  test.for([
    ['q', 'q'],
    ['Ctrl-C', key.ctrlC],
  ] as const)('%s leaves it as it was', async ([, pressed]) => {
    await using screen = startScreen();
    await screen.sees('● live');
    screen.type(pressed);
    expect(await screen.screen.ended).toEqual({ failed: undefined });
    await screen.sees('before');
    expect(screen.terminal.isAlternate).toBe(false);
    expect(screen.terminal.lines().slice(0, 3)).toEqual(['$ echo before', 'before', '$ mailgate']);
    expect(screen.terminal.cursor).toEqual({ x: 0, y: 3 });
    expect(screen.terminal.written.slice(screen.terminal.written.lastIndexOf('\x1b[?1049l'))).toContain('\x1b[?25h');
    expect(screen.keyboard.isRaw).toBe(false);
    expect(screen.gateway.closed).toBe(true);
  });

  test('a bug gives it back and is told to who waits', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    const bug = new Error('a bug');
    screen.screen.end(bug);
    expect(await screen.screen.ended).toEqual({ failed: bug });
    expect(screen.terminal.isAlternate).toBe(false);
  });

  test('TTY11 a keyboard that is gone ends it, and so does a terminal that takes nothing more', async () => {
    await using one = startScreen();
    await one.sees('● live');
    one.keyboard.end();
    expect(await one.screen.ended).toEqual({ failed: undefined });
    await using other = startScreen();
    await other.sees('● live');
    other.terminal.emit('error', Object.assign(new Error('write EIO'), { code: 'EIO' }));
    expect(await other.screen.ended).toEqual({ failed: undefined });
  });

  test('TTY11 a terminal that cannot be put in order any more keeps nobody from ending', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    screen.keyboard.setRawMode = () => {
      throw Object.assign(new Error('setRawMode EIO'), { code: 'EIO' });
    };
    screen.screen.end();
    expect(await screen.screen.ended).toEqual({ failed: undefined });
    expect(screen.gateway.closed).toBe(true);
  });

  test('T46 the window has no title from here', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    expect(screen.terminal.written).not.toMatch(/\x1b\]/); // oxlint-disable-line no-control-regex -- it is what is looked for
  });
});

describe('what is written', () => {
  test('T03 T44 T14 nothing but places, attributes of the 16 colours, and text', async () => {
    await using screen = startScreen({ size: [80, 24] });
    await screen.sees('● live');
    for (const page of '234561') {
      screen.type(page);
      screen.terminal.resize(80 + Number(page), 20 + Number(page));
      await screen.sees('● live');
    }
    const { written } = screen.terminal;
    expect(written).not.toContain('\x1b[3J');
    expect(written).not.toContain('\x1b[2J');
    expect(written).not.toContain(HOSTILE);
    for (const sequence of control(written)) {
      expect(sequence).toMatch(/\x1b\[(\d*[ABCDEGHJK]|\d+;\d+H|\?(25|1049|2004|2026)[hl]|[\d;]*m)$/); // oxlint-disable-line no-control-regex -- it is what is looked for
      if (sequence.endsWith('m')) expect(sequence).not.toMatch(/[34]8;/);
    }
    const left = written.replaceAll(/\x1b\[[?\d;]*[a-zA-Z]/g, ''); // oxlint-disable-line no-control-regex -- it is what is looked for
    expect(left).not.toMatch(/(?![\r\n])[\p{Cc}\p{Bidi_Control}]/u);
  });

  test('T13 without colour there is not one colour in it, on any page', async () => {
    await using screen = startScreen({ look: { color: false } });
    await screen.sees('● live');
    for (const page of '23456?1') screen.type(page);
    await screen.sees('Alerts');
    const codes = control(screen.terminal.written).filter((sequence) => sequence.endsWith('m'));
    expect(codes.length).toBeGreaterThan(0);
    for (const code of codes) expect(code).not.toMatch(/\b([34]\d|9\d|10\d)\b/);
  });

  test('T17 in ASCII no byte is above 0x7e', async () => {
    await using screen = startScreen({ look: { ascii: true, language: 'fr' } });
    await screen.sees('* en direct');
    for (const page of ['2', '3', '4', key.enter, '5', '6', '?', '1']) screen.type(page);
    await screen.sees('Alertes');
    expect(screen.terminal.written).toMatch(/^[\x00-\x7e]*$/); // oxlint-disable-line no-control-regex -- it is what is looked for
  });

  test('T04 an idle gateway: nothing', async () => {
    await using screen = startScreen({ told: firstMinute(), queue: [] });
    await screen.sees('Nothing needs you.');
    await screen.clock.advance(1_000);
    const before = screen.terminal.written.length;
    await screen.clock.advance(60_000);
    expect(screen.terminal.written.length - before).toBe(0);
  });

  test('T05 a counter that changes each second: less than 1 KB a second', async () => {
    await using screen = startScreen({ told: firstMinute(), queue: [], size: [100, 30] });
    await screen.sees('Nothing needs you.');
    const before = screen.terminal.written.length;
    for (let second = 1; second <= 20; second += 1) {
      screen.gateway.tell({
        type: 'queue.counted',
        waiting: second,
        sending: 0,
        deferred: 0,
        held: 0,
        bytes: 0,
        oldestAt: null,
      });
      await screen.clock.advance(1_000);
      await screen.sees(`queue ${second} `);
    }
    expect(screen.terminal.written.length - before).toBeLessThan(20_000);
  });
});

describe('sizes', () => {
  test('T12 no row is wider than the screen, on terminals that draw emoji narrow and on those that draw them wide', async () => {
    for (const widths of ['old', 'wide'] as const) {
      await using screen = startScreen({ size: [80, 24], widths });
      await screen.sees('● live');
      for (const page of ['2', '3', '4', key.enter, '5', '1']) {
        screen.type(page);
        await screen.sees('● live');
        expect(screen.terminal.brokenRows()).toBe(0);
      }
    }
  });

  test('T10 a storm of sizes ends with the right frame', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    for (let step = 0; step < 100; step += 1) screen.terminal.resize(1 + ((step * 37) % 150), 1 + ((step * 13) % 50));
    screen.terminal.resize(1, 1);
    screen.terminal.resize(500, 200);
    screen.terminal.resize(80, 24);
    screen.type('4');
    await screen.sees('Pmg1F7B');
    await using fresh = startScreen({ size: [80, 24] });
    await fresh.sees('● live');
    fresh.type('4');
    await fresh.sees('Pmg1F7B');
    expect(screen.terminal.text()).toBe(fresh.terminal.text());
  });

  test('T09 too small a screen recovers when it is enlarged, and q quits there too', async () => {
    await using screen = startScreen({ size: [30, 5] });
    await screen.sees('30x5: MailGate needs 40x10');
    screen.terminal.resize(80, 24);
    await screen.sees('● live');
    screen.terminal.resize(20, 3);
    await screen.sees('20x3');
    screen.type('q');
    expect(await screen.screen.ended).toEqual({ failed: undefined });
  });

  test('T11 selection, filter and scroll position survive a resize', async () => {
    await using screen = startScreen({ size: [120, 40] });
    await screen.sees('● live');
    screen.type('4');
    await screen.sees('Pmg1F7B');
    screen.type('jjj');
    await screen.sees('▸ Pmg1F7E');
    screen.terminal.resize(60, 12);
    await screen.sees('▸ Pmg1F7E');
    screen.type('2');
    screen.type('kkkkkkkkkk');
    const held = (await screen.sees('G follows')).split('\n')[4] ?? '';
    screen.terminal.resize(100, 30);
    await screen.sees(held.trim().replace('…', ''));
  });
});

describe('keys on a real keyboard', () => {
  test('T25 an arrow whose bytes come 60 ms apart over SSH is an arrow', async () => {
    await using screen = startScreen({ env: { SSH_TTY: '/dev/pts/1' } });
    await screen.sees('● live');
    screen.type('4');
    await screen.sees('▸ Pmg1F7B');
    screen.type('\x1b');
    await screen.clock.advance(60);
    screen.type('[B');
    await screen.sees('▸ Pmg1F7C');
  });

  test('T24 Esc, pressed again and again, quits nothing', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    for (let times = 0; times < 20; times += 1) screen.type(key.esc);
    screen.type('4');
    await screen.sees('Pmg1F7B');
  });

  test('T26 a bracketed paste does nothing in a list', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    expect(screen.terminal.written).toContain('\x1b[?2004h');
    screen.type(`\x1b[200~${'tqDy\r'.repeat(200)}\x1b[201~`);
    screen.type('4');
    await screen.sees('Pmg1F7B');
    expect(screen.gateway.calls.map(({ method }) => method)).not.toContain('trigger');
    expect(screen.gateway.calls.map(({ method }) => method)).not.toContain('queue.drop');
  });

  test('TTY08 TTY09 answers that nobody asked for, focus and mouse reports are swallowed', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    screen.type('\x1b[?62;c\x1b[12;40R\x1b[I\x1b[O\x1b[<0;10;10M\x1b[<0;10;10m');
    screen.type('4');
    await screen.sees('Pmg1F7B');
    expect(screen.terminal.text()).toContain(' 4 Queue ');
  });

  test('T27 three tagged messages are dropped when their number was typed', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    screen.type('4');
    await screen.sees('Pmg1F7B');
    screen.type('   ');
    await screen.sees('3 tagged');
    screen.type('D');
    await screen.sees('Drop 3 messages (30 kB, 3 recipients)?');
    screen.type('3');
    screen.type(key.enter);
    await screen.sees('Dropped: 3 messages.');
    const drop = screen.gateway.calls.find(({ method }) => method === 'queue.drop');
    expect(drop?.params).toEqual({ ids: ['Pmg1F7B', 'Pmg1F7C', 'Pmg1F7D'] });
  });

  test('t triggers a session, and the answer is on the screen', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    screen.type('t');
    await screen.sees('Session 13 started.');
    expect(screen.gateway.calls.map(({ method }) => method)).toContain('trigger');
  });

  test('a trace is switched on from its page', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    screen.type('6');
    await screen.sees('PmgInboundSMTPTrace.txt');
    screen.type(key.down);
    screen.type(' ');
    await screen.sees('The inbound SMTP trace is on.');
    expect(screen.gateway.calls.at(-1)).toEqual({ method: 'trace.set', params: { trace: 'smtp-in', on: true } });
  });

  test('T22 a filter asks the gateway, and says how many of how many', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    screen.type('4');
    await screen.sees('Pmg1F7B');
    screen.type('/Pmg1F8');
    await screen.sees('/Pmg1F8');
    await screen.clock.advance(300);
    await screen.sees('filter: Pmg1F8');
    await screen.lacks('Pmg1F7B');
    expect(await screen.sees('of 14')).toMatch(/Queue {3}9 of 14/);
    screen.type(key.esc);
    await screen.lacks('filter: Pmg1F8');
    await screen.clock.advance(300);
    // The selected message stays selected, and the page is full.
    expect(await screen.sees('Pmg1F7B')).toContain('▸ Pmg1F80');
  });
});

describe('the page Accounts on a real keyboard', () => {
  const begun = {
    subject: 'compta',
    verificationUri: 'https://microsoft.com/devicelogin',
    verificationUriComplete: null,
    userCode: 'E8KQ-9H3U',
    expiresAt: ago(-15),
  };

  test('an alert leads to the account that it is about', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    screen.type(key.enter);
    await screen.sees('▸ support');
    await screen.sees('Last error     Login refused: -ERR [AUTH] invalid password');
  });

  test('S50 G01 t and space are for the selected account', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    screen.type('5');
    await screen.sees('▸ sales');
    screen.type(key.down);
    await screen.sees('▸ info');
    screen.type('t');
    await screen.sees('Session 13 started for info.');
    screen.type(' ');
    await screen.sees('The POP3 trace for info is on.');
    expect(screen.gateway.calls.slice(-2)).toEqual([
      { method: 'trigger', params: { accounts: ['info'] } },
      { method: 'trace.set', params: { trace: 'pop3', on: true, account: 'info' } },
    ]);
  });

  test('what changes of an account is on the screen, and the rest is asked for again', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    screen.type('5');
    await screen.sees('20 MB, set by the internal server');
    screen.gateway.accounts = screen.gateway.accounts.map((account) => ({
      ...account,
      limit: { bytes: 1_048_576, setBy: 'configuration' as const },
      limits: { account: 0, mailServer: 20_971_520, configuration: 1_048_576, disk: 0 },
    }));
    screen.gateway.tell({
      type: 'mailbox.finished',
      session: 12,
      account: 'sales',
      messages: 0,
      left: 7,
      errors: 0,
      oversize: 7,
      stuck: 0,
    });
    await screen.sees('On the server  7 messages, 7 too large');
    await screen.clock.advance(1_000);
    await screen.sees('1.0 MB, set by the configuration');
  });

  test('G06 an account is signed in: the code, its time, and who signed in', async () => {
    await using screen = startScreen({ size: [80, 24] });
    const ended = Promise.withResolvers<unknown>();
    screen.gateway.answer('signin.start', () => begun);
    screen.gateway.answer('signin.wait', () => ended.promise);
    await screen.sees('● live');
    screen.type('5');
    await screen.sees('▸ sales');
    screen.type(key.end);
    await screen.sees('s sign in');
    screen.type('s');
    await screen.sees('E8KQ-9H3U');
    await screen.sees(/1[45]:\d\d left/);
    await screen.clock.advance(60_000);
    await screen.sees(/1[34]:\d\d left/);
    ended.resolve({ signedIn: true, user: 'compta@company.com', why: '' });
    await screen.sees('● compta is signed in as compta@company.com.');
    screen.type(key.esc);
    await screen.lacks('Sign compta in');
    expect(screen.gateway.calls.map(({ method }) => method)).not.toContain('signin.cancel');
  });

  test('G06 Esc cancels it at the gateway, and the answer is on the screen', async () => {
    await using screen = startScreen({ size: [80, 24] });
    screen.gateway.answer('signin.start', () => begun);
    screen.gateway.answer('signin.wait', () => Promise.withResolvers<unknown>().promise);
    await screen.sees('● live');
    screen.type('5');
    await screen.sees('▸ sales');
    screen.type(key.end);
    await screen.sees('s sign in');
    screen.type('s');
    await screen.sees('E8KQ-9H3U');
    screen.type(key.esc);
    await screen.lacks('E8KQ-9H3U');
    await screen.sees('The sign-in of compta is cancelled.');
  });

  test('G06 T33 it survives a lost link, and what came of it meanwhile is told when the link is back', async () => {
    await using screen = startScreen({ size: [80, 24] });
    const waits = [Promise.withResolvers<unknown>(), Promise.withResolvers<unknown>()];
    let asked = 0;
    screen.gateway.answer('signin.start', () => begun);
    screen.gateway.answer('signin.wait', () => waits[asked++]?.promise);
    await screen.sees('● live');
    screen.type('5');
    await screen.sees('▸ sales');
    screen.type(key.end);
    await screen.sees('s sign in');
    screen.type('s');
    await screen.sees('E8KQ-9H3U');
    screen.gateway.lose('The network is away.', screen.clock.now() + 60_000);
    waits[0]?.reject(new CallError('unreachable', 'The network is away.'));
    const lost = await screen.sees('No link now');
    expect(lost).toContain('E8KQ-9H3U');
    screen.gateway.goLive();
    await screen.clock.advance(4_000);
    await screen.sees('waiting …');
    waits[1]?.resolve({ signedIn: false, user: null, why: 'It was declined: access_denied' });
    await screen.sees('✗ compta is not signed in: It was declined: access_denied');
  });

  test('I06 a renumbered mailbox is answered for', async () => {
    await using screen = startScreen();
    screen.gateway.accounts = [accountNamed('sales', renumbered)];
    await screen.sees('● live');
    screen.type('5');
    await screen.sees('A answer');
    screen.type('A');
    await screen.sees('Has the server renumbered the mailbox of sales?');
    screen.type('adopt');
    await screen.sees('adopt_');
    screen.type(key.enter);
    await screen.sees('The messages of sales are taken for the known ones.');
    expect(screen.gateway.calls.at(-1)).toEqual({
      method: 'renumbered.answer',
      params: { account: 'sales', answer: 'adopt' },
    });
  });

  test('T04 an idle gateway: nothing is written there either, and nothing is asked', async () => {
    await using screen = startScreen({ told: firstMinute(), queue: [] });
    await screen.sees('● live');
    screen.type('5');
    await screen.sees('20 MB, set by the internal server');
    await screen.clock.advance(2_000);
    await screen.stands();
    const before = screen.terminal.written.length;
    const asked = screen.gateway.calls.length;
    await screen.clock.advance(60_000);
    expect(screen.terminal.written.length - before).toBe(0);
    expect(screen.gateway.calls.length).toBe(asked);
  });
});

describe('following live', () => {
  test('what happens is on the screen', async () => {
    await using screen = startScreen({ told: firstMinute(), queue: [] });
    await screen.sees('No download session yet');
    screen.gateway.tellAll(endedSession(1, 0));
    await screen.sees('Download session 1   12:00   8 messages, 1 error');
    screen.type('2');
    await screen.sees('Session 1 finished');
    screen.gateway.tellAll(endedSession(2, 0));
    await screen.sees('Session 2 finished');
  });

  test('T37 a reader who scrolled up stays on the line while others come, and G follows again', async () => {
    await using screen = startScreen({ size: [80, 16] });
    await screen.sees('● live');
    screen.type('2');
    await screen.sees('following');
    screen.type(key.pageUp);
    const before = (await screen.sees('G follows')).split('\n').slice(4, 13);
    screen.gateway.tellAll(endedSession(13, 0));
    const after = (await screen.sees('+21 new')).split('\n').slice(4, 13);
    expect(after).toEqual(before);
    screen.type('G');
    await screen.sees('Session 13 finished');
  });

  test('T33 a gateway that goes away: the data stay, stamped; r tries now; when it is back the screen is live', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    screen.gateway.lose('The gateway is stopping.', screen.clock.now() + 3_000);
    const lost = await screen.sees('✗ reconnecting in 3 s');
    expect(lost).toContain('as of 12:00:00');
    expect(lost).toContain('Login refused: -ERR [AUTH] invalid password');
    expect(lost).toContain('No link to the gateway: The gateway is stopping.');
    await screen.clock.advance(1_000);
    await screen.sees('✗ reconnecting in 2 s');
    screen.type('r');
    await screen.sees('r reconnect now');
    expect(screen.gateway.retries).toBe(1);
    screen.gateway.goLive();
    await screen.sees('● live');
    await screen.lacks('as of');
  });

  test('T33 it is there before the gateway is, and never ends by itself', async () => {
    await using screen = startScreen({ live: false });
    await screen.sees('○ connecting');
    for (let times = 0; times < 50; times += 1) {
      screen.gateway.lose(
        'Nobody listens on the control socket: the daemon does not run any more.',
        screen.clock.now() + 1_000,
      );
      await screen.clock.advance(1_000);
    }
    await screen.sees('The gateway does not answer.');
    screen.gateway.goLive();
    await screen.sees('● live');
  });
});

describe('T30 Ctrl-Z', () => {
  test('gives the terminal back; going on draws everything again and keys work', async () => {
    await using screen = startScreen();
    const before = await screen.sees('● live');
    screen.type(key.ctrlZ);
    await screen.sees('before');
    expect(screen.stops).toBe(1);
    expect(screen.terminal.isAlternate).toBe(false);
    expect(screen.keyboard.isRaw).toBe(false);
    screen.screen.continued();
    expect(await screen.sees('● live')).toBe(before);
    expect(screen.keyboard.isRaw).toBe(true);
    screen.type('4');
    await screen.sees('Pmg1F7B');
  });

  test('a stop from outside is repaired too', async () => {
    await using screen = startScreen();
    const before = await screen.sees('● live');
    screen.terminal.write('\x1b[H\x1b[Jgarbage of a shell');
    await screen.sees('garbage');
    screen.screen.continued();
    expect(await screen.sees('● live')).toBe(before);
  });

  test('where nobody can be stopped the screen comes back by itself', async () => {
    await using screen = startScreen();
    await screen.sees('● live');
    screen.type(key.ctrlZ);
    await screen.sees('before');
    await screen.clock.advance(1_000);
    await screen.sees('● live');
  });
});

test('only what is visible is drawn, of a queue of 100,000', async () => {
  await using screen = startScreen({ queue: queueOf(100_000), size: [80, 24] });
  await screen.sees('● live');
  screen.type('4');
  await screen.sees('▸ Pmg1F7B');
  screen.type('G');
  await screen.clock.advance(300);
  await screen.sees('▸ Pmg1A61A');
  const listed = screen.gateway.calls.filter(({ method }) => method === 'queue.list');
  expect(listed.every(({ params }) => Number(params['limit']) <= 60)).toBe(true);
});
