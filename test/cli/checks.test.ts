/** `mailgate test` and `doctor`: the dialogues and the steps, as they come. */
import { describe, expect, test } from 'vitest';
import type { ResultOf } from '../../src/protocol/commands.ts';
import type { DoctorStep } from '../../src/protocol/model.ts';
import { samples } from '../control/answers.ts';
import { until } from '../kit/until.ts';
import { startGateway } from './gateway.ts';
import { start } from './mailgate.ts';

describe('test', () => {
  test('S69: mail-server prints the dialogue and the largest message that is taken', async () => {
    await using gw = await startGateway();

    expect(await gw.ask('test', 'mail-server', '--host', 'mx.company.com', '--port', '2525')).toMatchObject({
      code: 0,
      out: `< 220 ready
> EHLO gw1
It works.
The server takes messages of up to 10485760 octets (10.0 Mb).
`,
    });
    expect(gw.asked()).toEqual([
      { method: 'test.mail-server', with: { host: 'mx.company.com', port: 2_525, by: 'anna' } },
    ]);
    expect((await gw.ask('test', 'mail-server', '--json')).json()).toEqual([samples['test.mail-server']]);
  });

  test('S108 S109: relay names a relay, and gives the advice when it does not work', async () => {
    await using gw = await startGateway();
    const dialogue = ['< 220 ready', '> MAIL FROM:<a@b.c>', '< 550 5.7.1 \u001b[2JRelaying denied'];
    gw.answer('test.relay', { ok: false, sizeLimit: null, dialogue, advice: "Use the ISP's relay.\nAuthenticate." });

    expect(await gw.ask('test', 'relay', '--relay', 'partner', '--lang', 'fr')).toMatchObject({
      code: 1,
      out: `< 220 ready
> MAIL FROM:<a@b.c>
< 550 5.7.1 \\x1b[2JRelaying denied
Cela ne fonctionne pas.
Conseil : Use the ISP's relay.
Authenticate.
`,
    });
    expect(gw.asked()[0]?.with).toEqual({ relay: 'partner', by: 'anna' });
  });

  test('S103: listener prints its lines', async () => {
    await using gw = await startGateway();

    expect(await gw.ask('test', 'listener')).toMatchObject({
      code: 0,
      out: '220 PYTHEAS MailGate ESMTP server ready\n',
    });
    expect(await gw.ask('test', 'notice')).toMatchObject({
      ...{ code: 0, out: "The program's own text.\n\nSubject: Too large: Plans\n\nIt stays.\n" },
    });
    const faults = ['{colour} is no placeholder'];
    gw.answer('test.notice', { ...samples['test.notice'], template: 'oversize-sender.fr.txt', faults });
    expect(await gw.ask('test', 'notice', 'sender', '--lang', 'fr')).toMatchObject({
      code: 1,
      out: expect.stringContaining(
        "D'après templates/oversize-sender.fr.txt.\nÀ corriger : {colour} is no placeholder.\n\nObjet : Too large: Plans",
      ),
    });
    expect((await gw.ask('test', 'notice', 'everybody')).code).toBe(2);
    expect((await gw.ask('test', 'relay', '--port', 'smtp')).code).toBe(2);
    expect((await gw.ask('test', 'pop3')).code).toBe(2);
  });
});

const connect: DoctorStep = { step: 'connect', ran: 'TCP pop.isp.com:995', saw: '', verdict: 'ok', advice: '' };
const retrieve: DoctorStep = {
  step: 'retrieve',
  ran: 'RETR 4',
  saw: '< +OK\n< -ERR \u001b[2Jno',
  verdict: 'fault',
  advice: 'Ask the provider.',
};
const found: ResultOf<'doctor'> = {
  steps: [connect, retrieve],
  verdict: 'fault',
  summary: 'The fault is with the server.',
};
const printed = `[ok] connect: TCP pop.isp.com:995
[fault] retrieve: RETR 4
  < +OK
  < -ERR \\x1b[2Jno
  Advice: Ask the provider.
fault: The fault is with the server.
`;

describe('doctor', () => {
  test('S73: prints each step as it is done, once, then the verdict; exit 1 on a fault', async () => {
    await using gw = await startGateway();
    const answer = Promise.withResolvers<ResultOf<'doctor'>>();
    gw.gateway.replies.doctor = () => answer.promise;
    const child = start(['doctor', 'sales', '4', '--home', gw.home]);
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const { run } = (await until('the call', () => gw.asked()[0]?.with)) as { run: string };
    gw.bus.tell({ type: 'doctor.step', run: 'somebody-elses', ...retrieve });
    gw.bus.tell({ type: 'doctor.step', run, ...connect });
    await until('the first step', () => (out.includes('\n') ? true : undefined));
    expect(out).toBe('[ok] connect: TCP pop.isp.com:995\n');

    answer.resolve(found); // its second step comes with the answer before any event of it
    gw.bus.tell({ type: 'doctor.step', run, ...retrieve });
    expect({ code: await ended, out }).toEqual({ code: 1, out: printed });
    expect(gw.asked()).toMatchObject([{ method: 'doctor', with: { run, account: 'sales', number: 4 } }]);
  });

  test('of the whole gateway, without a fault, exits 0; so does a verdict that is open', async () => {
    await using gw = await startGateway();

    expect(await gw.ask('doctor')).toMatchObject({
      code: 0,
      out: '[ok] connect: TCP pop.isp.com:995\n  connected\nok: Nothing is wrong.\n',
    });
    gw.answer('doctor', { steps: [], verdict: 'unknown', summary: 'Try it from another machine.' });
    expect(await gw.ask('doctor', '--lang', 'fr')).toMatchObject({
      code: 0,
      out: 'inconnu : Try it from another machine.\n',
    });
  });

  test('--json is one step a line', async () => {
    await using gw = await startGateway();
    gw.answer('doctor', found);
    const { code, json } = await gw.ask('doctor', 'sales', '--json');

    expect({ code, steps: json() }).toEqual({ code: 1, steps: found.steps });
    expect((await gw.ask('doctor', 'nobody')).code).toBe(76);
    expect((await gw.ask('doctor', 'sales', '0')).code).toBe(2);
  });
});
