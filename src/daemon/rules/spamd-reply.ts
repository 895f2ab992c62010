/** What spamd answers to SYMBOLS (SpamAssassin's spamd/PROTOCOL). Pure. */

export type SpamdReply = { ok: true; score: number; tests: string[] } | { ok: false; why: string };

/** Names of tests that are kept; a message meets a few dozen. */
const MOST_TESTS = 200;

/** `SPAMD/1.1 0 EX_OK`, fields, an empty line, and the names of the tests with commas. `whole`: the peer has said all. */
export function readSpamdReply(text: string): SpamdReply {
  const [status = '', ...rest] = text.split('\r\n');
  const said = /^SPAMD\/\d+(?:\.\d+)? (\d+) (.*)$/.exec(status);
  if (said === null)
    return { ok: false, why: `it does not speak as spamd does: ${clean(status) || 'nothing was said'}` };
  if (said[1] !== '0') return { ok: false, why: `it answered ${said[1]} ${clean(said[2] ?? '')}` };

  const empty = rest.indexOf('');
  if (empty < 0) return { ok: false, why: 'its answer is cut short' };
  const fields = rest.slice(0, empty);
  const verdict = fields.flatMap((line) => /^Spam:\s*\w+\s*;\s*(-?\d+(?:\.\d+)?)\s*\//i.exec(line)?.[1] ?? []);
  if (verdict[0] === undefined) return { ok: false, why: 'its answer has no score' };

  const body = rest.slice(empty + 1).join('\r\n');
  const length = fields.flatMap((line) => /^Content-length:\s*(\d+)/i.exec(line)?.[1] ?? [])[0];
  if (length !== undefined && Buffer.byteLength(body, 'latin1') < Number(length))
    return { ok: false, why: 'its answer is cut short' };
  const tests = body.split(/[,\s]+/).filter((name) => /^\w{1,64}$/.test(name));
  return { ok: true, score: Number(verdict[0]), tests: tests.slice(0, MOST_TESTS) };
}

function clean(text: string): string {
  return text.replace(/\p{Cc}/gu, '').slice(0, 100);
}
