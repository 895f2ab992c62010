/** An SMTP server that takes mail and writes down what it was given, and at which the test can hold the gateway back. */
import { type SmtpClient, startMisbehavingSmtp } from '../kit/misbehaving-smtp.ts';
import type { History, Place } from './history.ts';
import { type Holds, openHolds } from './holds.ts';
import { readCopy } from './letters.ts';

/** Before the greeting, the reply to RCPT, the 354; after it, with most of a long message unread; before the reply to the final dot. */
type Point = 'greeting' | 'recipient' | 'data' | 'body' | 'dot';

export interface Sink extends AsyncDisposable {
  readonly port: number;
  readonly connections: number;
  readonly holds: Holds<Point>;
  /** Resolves once no client is connected any more. */
  quiet(): Promise<void>;
}

/** Recipients at this domain are refused for good. */
export const NOBODY = 'nobody.example';

export async function startSink(at: Place, history: History): Promise<Sink> {
  const holds = openHolds<Point>();
  const server = await startMisbehavingSmtp((client) => converse(client, { at, history, holds }), { forgetful: true });

  return {
    port: server.port,
    get connections() {
      return server.connections;
    },
    holds,
    quiet: () => server.quiet(),
    async [Symbol.asyncDispose]() {
      holds.releaseAll();
      await server[Symbol.asyncDispose]();
    },
  };
}

interface Hall {
  readonly at: Place;
  readonly history: History;
  readonly holds: Holds<Point>;
}

async function converse(client: SmtpClient, hall: Hall): Promise<void> {
  await hall.holds.pass('greeting');
  await client.say('220 sink.example ESMTP');
  let recipients = 0;
  for (;;) {
    const line = await client.line();
    switch (line.slice(0, 4).toUpperCase()) {
      case 'EHLO':
        await client.say('250-sink.example\r\n250-8BITMIME\r\n250 PIPELINING');
        break;
      case 'MAIL':
        recipients = 0;
        await client.say('250 2.1.0 Ok');
        break;
      case 'RCPT': {
        await hall.holds.pass('recipient');
        const nobody = line.includes(`@${NOBODY}>`);
        if (!nobody) recipients += 1;
        await client.say(nobody ? '550 5.1.1 Nobody here' : '250 2.1.5 Ok');
        break;
      }
      case 'DATA':
        if (recipients === 0) await client.say('554 5.5.1 No valid recipients');
        else await take(client, hall);
        break;
      case 'QUIT':
        await client.say('221 2.0.0 Bye');
        client.close();
        return;
      default:
        await client.say('250 2.0.0 Ok');
    }
  }
}

async function take(client: SmtpClient, { at, history, holds }: Hall): Promise<void> {
  await holds.pass('data');
  await client.say('354 Go ahead');
  if (holds.holds('body')) {
    await client.some();
    client.deafen();
    await holds.pass('body');
    client.reset(); // who does not read does not see the end of the connection either
  }

  const copy = readCopy(await client.message());
  history.tell({ kind: 'delivered', at, ...copy });
  await holds.pass('dot');
  await client.say('250 2.0.0 Ok: taken');
  history.tell({ kind: 'acknowledged', at, id: copy.id });
}
