/** The frames of the link: what one side encodes the other decodes, and nonsense is a value, never a throw (WS08). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CallError, errorName, errors, type ErrorName } from '../../src/protocol/errors.ts';
import {
  decodeRequest,
  decodeServerFrame,
  encodeDropped,
  encodeError,
  encodeEvents,
  encodeHello,
  encodeRequest,
  encodeResult,
  encodeSnapshot,
  LONGEST_REQUEST,
} from '../../src/protocol/frames.ts';
import { emptyState } from '../../src/protocol/state.ts';

test('a request arrives as it was sent', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ maxLength: 128 }), fc.maxSafeInteger()),
      fc.string(),
      fc.dictionary(fc.string(), fc.string()),
      (id, method, params) => {
        fc.pre(!Object.hasOwn(params, '__proto__'));
        expect(decodeRequest(encodeRequest(id, method, params))).toEqual({
          ok: true,
          id,
          method,
          params: { ...params },
        });
      },
    ),
  );
});

test('a request without parameters has none', () => {
  expect(decodeRequest('{"jsonrpc":"2.0","id":1,"method":"status"}')).toEqual({
    ok: true,
    id: 1,
    method: 'status',
    params: {},
  });
});

test('what the gateway sends arrives as it was sent', () => {
  const hello = {
    protocol: 1,
    version: '0.1.0',
    name: 'gw1',
    language: 'fr',
    role: 'viewer',
    seq: 7,
    now: 'now',
  } as const;
  const event = { type: 'gateway.ready', seq: 8, at: '2026-11-24T10:00:00.000Z' } as const;

  expect(decodeServerFrame(encodeHello(hello))).toEqual({ kind: 'hello', hello });
  expect(decodeServerFrame(encodeEvents([JSON.stringify(event)], 9))).toEqual({
    kind: 'events',
    events: [event],
    seq: 9,
  });
  expect(decodeServerFrame(encodeSnapshot(emptyState, 9))).toEqual({ kind: 'snapshot', state: emptyState, seq: 9 });
  expect(decodeServerFrame(encodeDropped(3))).toEqual({ kind: 'dropped', count: 3 });
  expect(decodeServerFrame(encodeResult('a', { x: [1] }))).toEqual({ kind: 'result', id: 'a', result: { x: [1] } });
});

test.each(Object.keys(errors) as ErrorName[])('the error %s keeps its name, words and details on the way', (reason) => {
  const frame = decodeServerFrame(encodeError(5, new CallError(reason, 'why', { id: 'Pmg1F7B' })));

  expect(frame).toMatchObject({ kind: 'error', id: 5, message: 'why', details: { id: 'Pmg1F7B' } });
  expect(frame.kind === 'error' && errorName(frame.code)).toBe(reason);
});

test('every error has a code of its own, and one of a later version counts as internal', () => {
  const codes = Object.values(errors).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  expect(errorName(-32099)).toBe('internal');
});

test.each([
  'x',
  '[]',
  '{"jsonrpc":"2.0"}',
  '{"jsonrpc":"2.0","id":1}',
  '{"jsonrpc":"2.0","method":"events","params":{"events":[{}],"seq":1}}',
  '{"jsonrpc":"2.0","method":"events","params":{"events":{},"seq":1}}',
  '{"jsonrpc":"2.0","method":"events","params":{"events":[],"seq":"1"}}',
  '{"jsonrpc":"2.0","method":"snapshot","params":{"state":[],"seq":1}}',
  '{"jsonrpc":"2.0","method":"hello","params":{"protocol":"1"}}',
  '{"jsonrpc":"2.0","method":"dropped","params":{"count":-1}}',
  '{"jsonrpc":"2.0","method":"gossip","params":{}}',
  '{"jsonrpc":"2.0","method":"dropped"}',
  `${'{"jsonrpc":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
])('the client takes %j for nonsense', (text) => {
  expect(decodeServerFrame(text)).toMatchObject({ kind: 'bad' });
});

test('a request that is too long is refused before it is read', () => {
  expect(decodeRequest(`"${'x'.repeat(LONGEST_REQUEST)}"`)).toMatchObject({ ok: false, reason: 'invalid_request' });
});

test('no text makes decoding throw, and no object out of it has a prototype of the sender', () => {
  const hostile = fc.constantFrom('__proto__', 'constructor', 'jsonrpc', 'id', 'method', 'params', 'result', 'error');
  const documents = fc.oneof(
    fc.json(),
    fc.string(),
    fc.dictionary(hostile, fc.jsonValue()).map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(documents, (text) => {
      const request = decodeRequest(text);
      expect(request.ok || request.message !== '').toBe(true);
      expect(decodeServerFrame(text).kind).toBeTypeOf('string');
    }),
  );
});
