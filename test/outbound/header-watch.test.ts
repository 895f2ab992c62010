import { describe, expect, test } from 'vitest';
import { watchHeader } from '../../src/daemon/outbound/header-watch.ts';

function factsOf(text: string, pieces = 1_000) {
  const watch = watchHeader();
  const octets = Buffer.from(text);
  for (let at = 0; at < octets.length; at += pieces) watch.feed(octets.subarray(at, at + pieces));
  return watch.end();
}

describe('what the queue shows of a message', () => {
  test.each([1, 2, 3, 7, 1_000])(
    'is read from its header, in pieces of %i octets, and from no line of its body',
    (pieces) => {
      const text =
        'Received: from a by b\r\nReceived: from b\r\n\tby c\r\nMessage-ID: <1@x.example>\r\n' +
        'Subject: =?utf-8?q?Un_mod=C3=A8le?=\r\nX-Priority: 1 (Highest)\r\n\r\nReceived: no\r\nSubject: no\r\n\r\n';
      expect(factsOf(text, pieces)).toEqual({
        subject: 'Un modèle',
        messageId: '<1@x.example>',
        from: '',
        priority: 'high',
        received: 2,
        returned: false,
      });
    },
  );

  test('S101: the priority is that of X-Priority, else of Importance, else of Priority', () => {
    const of = (...lines: string[]) => factsOf(`${lines.join('\r\n')}\r\n\r\n`).priority;
    expect(of('X-Priority: 2')).toBe('high');
    expect(of('X-Priority: 5', 'Importance: high')).toBe('low');
    expect(of('X-Priority: 3', 'Importance: high')).toBe('normal');
    expect(of('Importance: High')).toBe('high');
    expect(of('Priority: urgent')).toBe('high');
    expect(of('Priority: non-urgent')).toBe('low');
    expect(of('Subject: x')).toBe('normal');
  });

  test('a body without a header, and a message without an octet, have no facts', () => {
    const none = { subject: '', messageId: '', from: '', priority: 'normal', received: 0, returned: false };
    expect(factsOf('\r\nSubject: of the body\r\n')).toEqual(none);
    expect(factsOf('')).toEqual(none);
  });

  test('MSG05: a header without an end is looked at up to a limit', () => {
    expect(factsOf(`Subject: first\r\n${'X: y\r\n'.repeat(40_000)}Message-ID: <late@x.example>\r\n`)).toMatchObject({
      subject: 'first',
      messageId: '',
    });
  });
});
