/** A server that is not well fails its own account with its reason, and no other (POP02-POP06, POP10, POP11, POP19, POP24). Real parts. */
import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/daemon/base/clock.ts';
import { manualClock } from '../kit/clock.ts';
import { type Act, closes, hears, resets, says, sends, stalls, startMisbehavingPop3 } from '../kit/misbehaving-pop3.ts';
import { inboundWorld, mail, recipient } from './world.ts';

const anna = 'anna@company.example';

const greeted: Act[] = [says('+OK ready'), hears('CAPA'), says('-ERR')];
const named: Act[] = [...greeted, hears('USER odd'), says('+OK')];
const inside: Act[] = [...named, hears('PASS secret-1'), says('+OK'), hears('STAT')];
const flood = (octet: string): Act[] => Array.from({ length: 40 }, () => sends(octet.repeat(1_000_000)));
const block = (from: number) => Array.from({ length: 10_000 }, (_, n) => `${from + n} ${from + n}\r\n`).join('');
const endlessLines: Act[] = Array.from({ length: 101 }, (_, n) => sends(block(n * 10_000 + 1)));

/** An odd server beside a good one; what its account is then, and whether the other one was served. */
async function besideAnother(acts: Act[], security = 'none') {
  await using pop3 = await startMisbehavingPop3([acts]);
  await using world = await inboundWorld({
    mailboxes: { good: [mail(anna, 'good')] },
    ini: `${recipient('anna')}[POP3 account: odd]\nHost=127.0.0.1\nPort=${pop3.port}\nSecurity=${security}\nUser=odd\nPassword=secret-1\nPoll every minutes=0\n`,
  });
  const { messages, errors } = await world.session();
  const said = JSON.stringify(world.events);
  return {
    ...{ messages, errors, problems: pop3.problems, heard: pop3.heard, sent: pop3.sent },
    failed: world.told('mailbox.failed').map(({ reason, locked }) => ({ reason, locked })),
    deleted: world.told('message.deleted').map(({ account }) => account),
    leaked: said.includes('secret-1'),
  };
}

describe('an account whose server', () => {
  test.each<[string, Act[], RegExp, boolean]>([
    ['POP02: greets with -ERR', [says('-ERR go away')], /^The POP3 server does not serve this mailbox now/, false],
    ['POP02: greets with [SYS/TEMP]', [says('-ERR [SYS/TEMP] disk')], /\[SYS\/TEMP\] disk$/, false],
    ['POP02: greets with [SYS/PERM]', [says('-ERR [SYS/PERM] gone')], /^The POP3 server refused the session/, false],
    [
      'POP02: says that the mailbox is in use',
      [...named, hears('PASS secret-1'), says('-ERR [IN-USE] locked')],
      /^Mailbox in use/,
      false,
    ],
    [
      'POP02: says that it is too soon',
      [...named, hears('PASS secret-1'), says('-ERR [LOGIN-DELAY] wait')],
      /\[LOGIN-DELAY\] wait$/,
      false,
    ],
    [
      'POP03: refuses the password with its code',
      [...named, hears('PASS secret-1'), says('-ERR [AUTH] no')],
      /^Login refused: -ERR \[AUTH\] no$/,
      true,
    ],
    [
      'POP03: refuses the password, and repeats it',
      [...named, hears('PASS secret-1'), says('-ERR "secret-1" is wrong')],
      /^Login refused: -ERR "XXXX" is wrong$/,
      true,
    ],
    ['POP04: greets without an end', [sends('+OK '), ...flood('x')], /longer than 8192 octets/, false],
    ['POP05: is a web server', [says('HTTP/1.1 400 Bad Request')], /\(that is a web server\)$/, false],
    ['POP05: sends octets of no protocol', [sends('\x00\xff\x01')], /^Not a POP3 reply/, false],
    ['POP10: counts five million messages', [...inside, says('+OK 5000000 1')], /5000000 messages/, false],
    ['POP10: counts less than nothing', [...inside, says('+OK -1 0')], /cannot count its messages/, false],
    ['POP10: counts in words', [...inside, says('+OK many')], /cannot count its messages/, false],
    [
      'POP11: lists without an end',
      [...inside, says('+OK 1 1'), hears('LIST'), says('+OK'), ...endlessLines, stalls],
      /more than 1000000 messages/,
      false,
    ],
    [
      'POP11: names without an end',
      [
        ...[...inside, says('+OK 1 1'), hears('LIST'), sends('+OK\r\n1 1\r\n.\r\n')],
        ...[hears('UIDL'), says('+OK'), ...endlessLines, stalls],
      ],
      /more than 1000000 messages/,
      false,
    ],
    [
      'POP11: lists one line without an end',
      [...inside, says('+OK 1 1'), hears('LIST'), says('+OK'), ...flood('1'), stalls],
      /line in a listing/,
      false,
    ],
    [
      'POP24: answers more than was asked',
      [...inside, sends('+OK 1 1\r\n+OK\r\n'), stalls],
      /^Out of step with the POP3 server/,
      false,
    ],
    ['POP26: hangs up in the middle of the login', [...named, closes], /^Unexpected disconnection/, false],
    ['POP19: resets the connection', [...inside, resets], /^Unexpected disconnection/, false],
  ])('%s: fails with that reason, nothing of it is deleted, and the other account is served', async (...row) => {
    const [, acts, reason, locked] = row;
    const it = await besideAnother(acts);

    expect(it.failed).toEqual([{ reason: expect.stringMatching(reason) as string, locked }]);
    expect(it.messages).toBe(1);
    expect(it.deleted).toEqual(['good']);
    expect(it.errors).toMatchObject([{ account: 'odd' }]);
    expect(it.heard.filter((line) => /^(?:RETR|DELE|QUIT)/.test(line))).toEqual([]);
    expect(it.problems.filter((problem) => !problem.endsWith('hung up'))).toEqual([]);
    expect(it.leaked).toBe(false);
    // What nobody reads waits at the server: 40 MB were to come.
    expect(it.sent).toBeLessThan(25_000_000);
  });

  test('POP02: says that it is too soon, and had announced its delay: has its next turn no sooner, whatever its interval', async () => {
    const tooSoon: Act[] = [
      ...[
        says('+OK ready'),
        hears('CAPA'),
        sends('+OK\r\nUSER\r\nLOGIN-DELAY 900\r\n.\r\n'),
        hears('USER odd'),
        says('+OK'),
      ],
      ...[hears('PASS secret-1'), says('-ERR [LOGIN-DELAY] minimum time between mail checks violation')],
    ];
    await using pop3 = await startMisbehavingPop3([tooSoon, [...inside, says('+OK 0 0'), closes]]);
    const clock = manualClock();
    const ini = `[POP3 account: odd]\nHost=127.0.0.1\nPort=${pop3.port}\nSecurity=none\nUser=odd\nPassword=secret-1\nPoll every minutes=10\n`;
    await using world = await inboundWorld({ mailboxes: {}, ini, clock });
    await world.session();
    expect(world.walk.poller.nextAt('odd')).toBe(clock.now() + minutes(15));
    expect(world.told('mailbox.failed')).toMatchObject([{ locked: false }]);
    await world.session(); // who asks for it has it sooner
    expect(world.walk.poller.nextAt('odd')).toBe(clock.now() + minutes(10));
  });

  test('POP06: offers no STLS where that is required: no user name and no password is said', async () => {
    const it = await besideAnother([says('+OK ready'), hears('CAPA'), sends('+OK\r\nUSER\r\n.\r\n')], 'stls');
    expect(it.failed).toEqual([{ reason: 'TLS required: the server does not offer STLS', locked: false }]);
    expect(it.heard).toEqual(['CAPA']);
    expect(it.messages).toBe(1);
  });
});
