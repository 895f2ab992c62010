/**
 * The frames of the link: JSON-RPC 2.0, one document a WebSocket text frame. Encoding is plain; decoding trusts nothing: whatever
 * comes is answered with a value, never with a throw, so that a peer's nonsense is one error reply and no more (WS08).
 */
import { type CallError, errors, type ErrorName } from './errors.ts';
import type { GatewayEvent } from './events.ts';
import type { Language, Role } from './model.ts';
import type { GatewayState } from './state.ts';

/** Grows when an older peer would misread a frame. Both sides must have the same; else the link ends with 4400 and both versions. */
export const PROTOCOL_VERSION = 1;

/** The WebSocket subprotocol in which a client names its version: `mailgate.1`. One that names none is taken for the present one. */
export const SUBPROTOCOL = 'mailgate.';

/** Octets of a request: a selection of 5,000 messages by name fits (tui.md §0, decision 18: 64 KiB closes floods). */
export const LONGEST_REQUEST = 65_536;

/** Octets of a frame of the gateway: a range of 1,000 messages with many recipients each fits. */
export const LONGEST_REPLY = 33_554_432;

/** Levels of nesting; the deepest frame of the protocol has eight. */
const DEEPEST = 32;
const LONGEST_ID = 128;

/** The first frame that the gateway sends. `now` is its clock, so that a client can show how far its own is off (WS18). */
export interface Hello {
  protocol: number;
  /** Of the program. */
  version: string;
  /** Of the gateway. */
  name: string;
  language: Language;
  /** What this connection may do. */
  role: Role;
  /** The number of the last event. */
  seq: number;
  now: string;
}

/** A number is unique on its connection; a string of sixteen characters or more is unique for good, and its call is done once (WS10). */
export type RequestId = string | number;

export type Request =
  | { ok: true; id: RequestId; method: string; params: unknown }
  | { ok: false; id: RequestId | null; reason: ErrorName; message: string };

export type ServerFrame =
  | { kind: 'hello'; hello: Hello }
  /** `seq`: every event up to it has been sent, those of other topics apart. */
  | { kind: 'events'; events: GatewayEvent[]; seq: number }
  | { kind: 'snapshot'; state: GatewayState; seq: number }
  | { kind: 'dropped'; count: number }
  | { kind: 'result'; id: RequestId; result: unknown }
  | { kind: 'error'; id: RequestId | null; code: number; message: string; details: unknown }
  | { kind: 'bad'; why: string };

const notification = (method: string, params: unknown): string => JSON.stringify({ jsonrpc: '2.0', method, params });

export const encodeHello = (hello: Hello): string => notification('hello', hello);
export const encodeSnapshot = (state: GatewayState, seq: number): string => notification('snapshot', { seq, state });
export const encodeDropped = (count: number): string => notification('dropped', { count });

/** Takes events that are JSON already: each is made once, for every client. */
export const encodeEvents = (events: readonly string[], seq: number): string =>
  `{"jsonrpc":"2.0","method":"events","params":{"events":[${events.join(',')}],"seq":${seq}}}`;

export const encodeRequest = (id: RequestId, method: string, params: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

export const encodeResult = (id: RequestId, result: unknown): string => JSON.stringify({ jsonrpc: '2.0', id, result });

/** `id` is null where the frame did not tell one. */
export function encodeError(id: RequestId | null, error: Pick<CallError, 'reason' | 'message' | 'details'>): string {
  const { code } = errors[error.reason];
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message: error.message, data: error.details } });
}

/** What a client asks for. */
export function decodeRequest(text: string): Request {
  if (text.length > LONGEST_REQUEST) return bad(null, 'invalid_request', 'The request is too long.');

  const parsed = parse(text);
  if (!parsed.ok) return bad(null, parsed.reason, parsed.why);

  const frame = parsed.value;
  if (!isRecord(frame)) return bad(null, 'invalid_request', 'A request is one JSON object; batches are not taken.');

  const id = isId(frame['id']) ? frame['id'] : null;
  if (frame['jsonrpc'] !== '2.0') return bad(id, 'invalid_request', 'The member "jsonrpc" must be "2.0".');
  if (id === null)
    return bad(null, 'invalid_request', `The member "id" must be a string (at most ${LONGEST_ID}) or an integer.`);

  const { method, params = {} } = frame;
  if (typeof method !== 'string') return bad(id, 'invalid_request', 'The member "method" must be a string.');

  return { ok: true, id, method, params };
}

/** What the gateway says. */
export function decodeServerFrame(text: string): ServerFrame {
  const parsed = parse(text);
  if (!parsed.ok) return { kind: 'bad', why: parsed.why };

  const frame = parsed.value;
  if (!isRecord(frame) || frame['jsonrpc'] !== '2.0') return { kind: 'bad', why: 'The frame is no JSON-RPC 2.0.' };
  if (typeof frame['method'] === 'string') return decodeNotification(frame['method'], frame['params']);

  const { id, error } = frame;
  if (isRecord(error) && typeof error['code'] === 'number') {
    const message = typeof error['message'] === 'string' ? error['message'] : '';
    return { kind: 'error', id: isId(id) ? id : null, code: error['code'], message, details: error['data'] };
  }
  if (isId(id) && Object.hasOwn(frame, 'result')) return { kind: 'result', id, result: frame['result'] };

  return { kind: 'bad', why: 'The frame is neither a reply nor a notification.' };
}

function decodeNotification(method: string, params: unknown): ServerFrame {
  const unfit: ServerFrame = { kind: 'bad', why: `The notification "${method.slice(0, 40)}" does not fit.` };
  if (!isRecord(params)) return unfit;

  switch (method) {
    case 'hello':
      return isHello(params) ? { kind: 'hello', hello: params } : unfit;
    case 'events': {
      const { events, seq } = params;
      const fits = Array.isArray(events) && events.every(isEvent) && isCount(seq);
      return fits ? { kind: 'events', events: events as GatewayEvent[], seq } : unfit;
    }
    case 'snapshot': {
      const { state, seq } = params;
      return isRecord(state) && isCount(seq) ? { kind: 'snapshot', state: state as GatewayState, seq } : unfit;
    }
    case 'dropped':
      return isCount(params['count']) ? { kind: 'dropped', count: params['count'] } : unfit;
    default:
      return unfit;
  }
}

type Parsed = { ok: true; value: unknown } | { ok: false; reason: ErrorName; why: string };

function parse(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'parse_error', why: 'The frame is not JSON.' };
  }
  if (!isTame(value, DEEPEST)) {
    const why = `The frame is nested deeper than ${DEEPEST}, or has a member "__proto__".`;
    return { ok: false, reason: 'invalid_request', why };
  }
  return { ok: true, value };
}

/** Bounded in depth, so that no walk over it can overflow, and without the one name that JSON can say and an object may not. */
function isTame(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isTame(item, depth - 1));

  return !Object.hasOwn(value, '__proto__') && Object.values(value).every((item) => isTame(item, depth - 1));
}

function bad(id: RequestId | null, reason: ErrorName, message: string): Request {
  return { ok: false, id, reason, message };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is RequestId {
  return typeof value === 'string' ? value.length <= LONGEST_ID : Number.isSafeInteger(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isEvent(value: unknown): boolean {
  return (
    isRecord(value) && isCount(value['seq']) && typeof value['type'] === 'string' && typeof value['at'] === 'string'
  );
}

/** Only what a peer of any version has; the rest is read after the versions were compared. */
function isHello(params: Record<string, unknown>): params is Record<string, unknown> & Hello {
  return isCount(params['protocol']) && typeof params['version'] === 'string';
}
