import { describe, expect, test } from 'vitest';
import { createMailServer } from '../../src/daemon/delivery/mail-server.ts';
import { bodyOf } from '../../src/daemon/mail/body.ts';
import type { Abilities, Envelope, SmtpConversation, SmtpPeer } from '../../src/daemon/smtp/conversation.ts';

const peer = { name: 'inside', host: 'inside' } as SmtpPeer;
const bare: Abilities = {
  ...{ esmtp: true, login: false, maxSize: null, dsn: false },
  ...{ pipelining: true, eightBitMime: true, smtpUtf8: false },
};
const never = new AbortController().signal;

/** An internal server with these abilities, and what it was told. */
function server(abilities: Partial<Abilities>, sizeLimit: number | null = null) {
  const envelopes: Envelope[] = [];
  const conversation: SmtpConversation = {
    abilities: { ...bare, ...abilities },
    usable: true,
    async send(envelope) {
      envelopes.push(envelope);
      const recipients = envelope.recipients.map(({ address }) => ({
        ...{ address, outcome: 'sent' as const, reply: '250 ok', code: 250 },
      }));
      return { recipients, outcomeUnknown: false };
    },
    quit: async () => {},
    destroy() {},
  };
  const mailServer = createMailServer({ peer, sizeLimit }, async (_peer, work) => ({
    ok: true,
    value: await work(conversation),
  }));
  const deliver = (sender: string) =>
    mailServer.deliver(
      {
        ...{ sender, body: bodyOf(Buffer.from('x')), headerOctets: Buffer.from('') },
        ...{ addresses: ['anna@company.example'], subjectPrefix: null },
      },
      never,
    );
  return { mailServer, deliver, envelopes };
}

describe('the internal server', () => {
  test.each([
    ['grüße@kunde.example', false, ''],
    ['grüße@kunde.example', true, 'grüße@kunde.example'],
    ['anna@kunde.example', false, 'anna@kunde.example'],
    ['', false, ''],
  ])('gets a sender that it can take: %j, SMTPUTF8 %j', async (sender, smtpUtf8, expected) => {
    const { deliver, envelopes } = server({ smtpUtf8 });
    expect(await deliver(sender)).toMatchObject({ unreached: null, results: [{ outcome: 'sent' }] });
    expect(envelopes).toMatchObject([{ sender: expected, smtpUtf8: smtpUtf8 && sender.includes('ü') }]);
  });

  test.each([
    [null, null, 0],
    [5_000, null, 5_000],
    [null, 4_000, 4_000],
    [5_000, 4_000, 4_000],
    [4_000, 5_000, 4_000],
  ])(
    'S64: takes what the limit of the configuration (%j) and its own (%j) allow: %j octets',
    async (own, said, limit) => {
      const { mailServer } = server({ maxSize: said }, own);
      expect(await mailServer.meet()).toBeNull();
      expect(mailServer.sizeLimit()).toBe(limit);
    },
  );

  test('that cannot be reached, or is not configured, is no refusal of the message', async () => {
    const failure = { kind: 'unreachable' as const, message: 'nobody there', reply: null };
    const away = createMailServer({ peer, sizeLimit: null }, async () => ({ ok: false, failure }));
    expect(await away.meet()).toBe('nobody there');
    const none = createMailServer({ peer: null, sizeLimit: null }, async () => ({ ok: false, failure }));
    expect(await none.meet()).toContain('set Host in [Mail server]');
    const delivery = { sender: '', body: bodyOf(Buffer.from('')), headerOctets: Buffer.from('') };
    expect(await away.deliver({ ...delivery, addresses: ['a@b.c'], subjectPrefix: null }, never)).toEqual({
      results: [],
      unreached: 'nobody there',
      transcript: [],
    });
  });
});
