/** A name server on loopback that says what the test wrote down, over UDP and TCP: MX, A and AAAA, NXDOMAIN, SERVFAIL, and silence. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** What is known of a name. A name that is not written down does not exist (NXDOMAIN). */
export interface Zone {
  mx?: [preference: number, host: string][];
  a?: string[];
  aaaa?: string[];
  /** Instead of an answer. */
  says?: 'SERVFAIL' | 'REFUSED' | 'nothing';
}

export interface NameServer extends AsyncDisposable {
  /** As node:dns takes it. */
  readonly address: string;
  /** Replaced at any time; keys in lower case. */
  zones: Record<string, Zone>;
  /** `MX kunde.example`, in order. */
  readonly asked: string[];
}

const TYPES = { 1: 'A', 15: 'MX', 28: 'AAAA' } as const;
const CODES = { NXDOMAIN: 3, SERVFAIL: 2, REFUSED: 5 } as const;

/** Octets of an answer over UDP without EDNS (RFC 1035 §2.3.4); a longer one is cut, and asked for again over TCP. */
const LONGEST_DATAGRAM = 512;

export async function startNameServer(zones: Record<string, Zone> = {}): Promise<NameServer> {
  const asked: string[] = [];
  const server = { zones, asked };
  const sockets = new Set<Socket>();

  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    let pending = Buffer.alloc(0);
    socket.on('data', (octets: Buffer) => {
      pending = Buffer.concat([pending, octets]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const question = pending.subarray(2, 2 + pending.readUInt16BE(0));
        pending = pending.subarray(2 + question.length);
        const reply = answer(question, server);
        if (reply !== null) socket.write(Buffer.concat([u16(reply.length), reply]));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(tcp, 'listening');

  const { port } = tcp.address() as { port: number };
  const udp = createSocket('udp4');
  udp.on('message', (question, from) => {
    const reply = answer(question, server);
    if (reply === null) return;
    udp.send(reply.length > LONGEST_DATAGRAM ? truncated(reply, question) : reply, from.port, from.address);
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');

  return Object.assign(server, {
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      tcp.close();
      udp.close();
      await once(tcp, 'close');
    },
  });
}

/** Null: it says nothing. */
function answer(question: Buffer, { zones, asked }: Pick<NameServer, 'zones' | 'asked'>): Buffer | null {
  const { name, end } = nameAt(question, 12);
  const type = TYPES[question.readUInt16BE(end) as keyof typeof TYPES] ?? 'other';
  asked.push(`${type} ${name}`);
  const zone = zones[name.toLowerCase()];
  if (zone?.says === 'nothing') return null;
  const code = zone === undefined ? CODES.NXDOMAIN : zone.says === undefined ? 0 : CODES[zone.says];
  const records = zone === undefined || code !== 0 ? [] : recordsOf(zone, type);

  const header = Buffer.alloc(12);
  question.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8580 | code, 2); // an answer, authoritative, recursion available
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  const pointer = Buffer.from([0xc0, 12]); // to the name in the question
  const body = records.map(({ kind, data }) =>
    Buffer.concat([pointer, u16(kind), u16(1), Buffer.from([0, 0, 0, 60]), u16(data.length), data]),
  );
  return Buffer.concat([header, question.subarray(12, end + 4), ...body]);
}

function recordsOf(zone: Zone, type: string): { kind: number; data: Buffer }[] {
  if (type === 'MX')
    return (zone.mx ?? []).map(([at, host]) => ({ kind: 15, data: Buffer.concat([u16(at), encoded(host)]) }));
  if (type === 'A') return (zone.a ?? []).map((ip) => ({ kind: 1, data: Buffer.from(ip.split('.').map(Number)) }));
  if (type === 'AAAA') return (zone.aaaa ?? []).map((ip) => ({ kind: 28, data: six(ip) }));
  return [];
}

function truncated(reply: Buffer, question: Buffer): Buffer {
  const { end } = nameAt(question, 12);
  const cut = Buffer.from(reply.subarray(0, end + 4));
  cut.writeUInt16BE(cut.readUInt16BE(2) | 0x0200, 2);
  cut.writeUInt16BE(0, 6);
  return cut;
}

function nameAt(packet: Buffer, at: number): { name: string; end: number } {
  const labels: string[] = [];
  let from = at;
  for (let length = packet[from] ?? 0; length > 0; length = packet[from] ?? 0) {
    labels.push(packet.toString('latin1', from + 1, from + 1 + length));
    from += 1 + length;
  }
  return { name: labels.join('.'), end: from + 1 };
}

/** The root is a name without labels: the null MX's. */
function encoded(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1')),
    Buffer.of(0),
  ]);
}

/** `::1` and the like: at most one `::`. */
function six(ip: string): Buffer {
  const [head = '', tail] = ip.split('::');
  const words = (part: string) => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)));
  const [front, back] = [words(head), words(tail ?? '')];
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => 0);
  return Buffer.concat([...front, ...zeros, ...back].map(u16));
}

function u16(value: number): Buffer {
  const octets = Buffer.alloc(2);
  octets.writeUInt16BE(value);
  return octets;
}
