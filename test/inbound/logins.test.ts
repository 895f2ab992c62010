/** What an account logs in with is what stands in the configuration, letter for letter (S61). */
import { expect, test } from 'vitest';
import { hears, says, sends, startMisbehavingPop3 } from '../kit/misbehaving-pop3.ts';
import { inboundWorld } from './world.ts';

test.each([
  ['letters of both cases', 'Anna.Ä', 'SeCret-1'],
  ['blanks inside', 'anna b', 'a b  c'],
  ['signs that mean something elsewhere', 'a+b%c=d', 'x#y;z"\'\\=[1]'],
  ['letters of other alphabets', 'анна', 'пароль-ß-密'],
])('S61: %s', async (_what, user, password) => {
  const wire = (text: string) => Buffer.from(text).toString('latin1'); // UTF-8 (RFC 6856), as the scripted server reads octets
  await using pop3 = await startMisbehavingPop3([
    [
      ...[says('+OK ready'), hears('CAPA'), says('-ERR'), hears(wire(`USER ${user}`)), says('+OK')],
      ...[hears(wire(`PASS ${password}`)), says('+OK'), hears('STAT'), says('+OK 0 0')],
      ...[hears('LIST'), sends('+OK\r\n.\r\n'), hears('UIDL'), sends('+OK\r\n.\r\n'), hears('QUIT'), says('+OK')],
    ],
  ]);
  const ini = `[POP3 account: one]\nHost=127.0.0.1\nPort=${pop3.port}\nSecurity=none\nUser=${user}\nPassword=${password}\nPoll every minutes=0\n`;
  await using world = await inboundWorld({ mailboxes: {}, ini });

  expect((await world.session()).errors).toEqual([]);
  expect(pop3.problems).toEqual([]);
  expect(JSON.stringify(world.events)).not.toContain(password);
});
