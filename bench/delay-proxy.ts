/**
 * A program: `delay-proxy.ts LISTEN TARGET MILLISECONDS`. A TCP proxy on 127.0.0.1 that holds all octets back for so long in each
 * direction, and limits nothing else: as a long and wide road does. The three-way handshake counts: the target is dialled after
 * three times that long, so that a greeting comes two round trips after the connect. It knows no slow start and no bandwidth.
 */
import { connect, createServer, type Socket } from 'node:net';

const [listen = 0, target = 0, delay = 0] = process.argv.slice(2).map(Number);

/** Octets on their way in one direction: far more than what a window of RETRs asks for. */
const ON_THE_ROAD = 16 * 1_048_576;

/** Carries from one end to the other, the end of the stream too. */
function carry(from: Socket, to: Socket): void {
  const road: { due: number; octets: Buffer | null }[] = [];
  let onTheRoad = 0;
  let timer: NodeJS.Timeout | null = null;

  function arrive(): void {
    timer = null;
    const now = performance.now();
    to.cork();
    for (let next = road[0]; next !== undefined && next.due <= now; next = road[0]) {
      road.shift();
      if (next.octets === null) to.end();
      else {
        to.write(next.octets);
        onTheRoad -= next.octets.length;
      }
    }
    to.uncork();
    if (onTheRoad < ON_THE_ROAD && !to.writableNeedDrain) from.resume();
    waitForNext(now);
  }

  function waitForNext(now: number): void {
    const next = road[0];
    if (next !== undefined) timer ??= setTimeout(arrive, next.due - now);
  }

  function set(octets: Buffer | null): void {
    const now = performance.now();
    road.push({ due: now + delay, octets });
    waitForNext(now);
  }

  from.on('data', (octets: Buffer) => {
    onTheRoad += octets.length;
    if (onTheRoad >= ON_THE_ROAD || to.writableNeedDrain) from.pause();
    set(octets);
  });
  to.on('drain', () => from.resume());
  from.on('end', () => set(null));
  from.on('close', () => setTimeout(() => to.destroySoon(), delay));
  from.on('error', () => {}); // close follows
}

const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (near) => {
  setTimeout(() => {
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    carry(near, far);
    carry(far, near);
    near.resume();
  }, 3 * delay);
});
server.listen(listen, '127.0.0.1', 500);
