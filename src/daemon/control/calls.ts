/**
 * One request in, one reply out: method, parameters and role are checked here, once; what changes something is done once per call,
 * told on the bus and recorded in the audit trail.
 */
import { type MethodName, methods } from '../../protocol/commands.ts';
import { CallError, type ErrorName } from '../../protocol/errors.ts';
import { encodeError, encodeResult, type Request } from '../../protocol/frames.ts';
import type { Bus } from '../base/bus.ts';
import type { Log } from '../base/log.ts';
import type { AuditTrail } from '../store/store.ts';
import { may } from './access.ts';
import type { Tries } from './gateway.ts';
import { answeredCommands, type AnsweredRead, answeredReads } from './methods/answered.ts';
import type { Caller, Command, MethodParts, Run } from './methods/method.ts';
import { quarantineMethods } from './methods/quarantine.ts';
import { createOpenings, exportCommands } from './methods/export.ts';
import { queueCommands } from './methods/queue.ts';
import { type QueueRead, queueReads } from './methods/queue-reads.ts';
import { restCommands } from './methods/rests.ts';
import { sessionMethods } from './methods/sessions.ts';
import { stateMethods } from './methods/state.ts';
import { traceMethods } from './methods/traces.ts';
import { tryMethods } from './methods/tries.ts';
import { createOnce } from './once.ts';

export interface CallParts extends MethodParts {
  audit: AuditTrail;
  bus: Bus;
  log: Log;
}

interface Reply {
  frame: string;
  /** Null when the call was done; else what was wrong. */
  error: ErrorName | null;
}

export type Calls = (request: Request, caller: Caller) => Promise<Reply>;

type OwnRead = 'status' | 'subscribe' | 'events.read' | 'quarantine.show' | QueueRead;
/** Not recorded: nothing is changed. An upload is no change, either, and its parts are no calls to remember. */
type Reads = { [M in OwnRead | AnsweredRead | 'upload' | keyof Tries]: Run<M> };
type Commands = { [M in Exclude<MethodName, keyof Reads>]: Command<M> };

/** Answers requests; never rejects. */
export function createCalls(parts: CallParts): Calls {
  const openings = createOpenings();
  const { 'quarantine.show': showStopped, ...quarantineCommands } = quarantineMethods(parts);
  const reads: Reads = {
    ...stateMethods(parts),
    ...answeredReads(parts),
    ...tryMethods(parts),
    ...queueReads(parts, openings),
    'quarantine.show': showStopped,
  };
  const commands: Commands = {
    ...sessionMethods(parts),
    ...traceMethods(parts),
    ...answeredCommands(parts),
    ...queueCommands(parts),
    ...exportCommands(parts, openings),
    ...restCommands(parts),
    ...quarantineCommands,
  };
  const once = createOnce();

  async function run(request: Request, caller: Caller): Promise<unknown> {
    if (!request.ok) throw new CallError(request.reason, request.message);
    const { id, method } = request;
    if (!isMethod(method)) throw new CallError('unknown_method', `There is no method "${method.slice(0, 60)}".`);

    if (!may(caller.role, methods[method].who)) {
      await record(method, caller, { what: '', reason: '', result: 'forbidden' }); // WS09
      throw new CallError(
        'forbidden',
        `"${method}" needs the role ${methods[method].who}; this link is ${caller.role}.`,
      );
    }
    const params = checked(method, request.params);
    if (isRead(method)) return await anyRun(reads[method])(params, caller);
    return await once(id, { method, params }, () => command(method, anyCommand(commands[method]), params, caller));
  }

  async function command(method: MethodName, does: AnyCommand, params: Params, caller: Caller) {
    const reason = typeof params['reason'] === 'string' ? params['reason'] : '';
    const about = { what: does.what(params), reason };
    try {
      const result = await does.run(params, caller);
      await record(method, caller, { ...about, result: does.told(result) });
      return result;
    } catch (error) {
      await record(method, caller, { ...about, result: error instanceof CallError ? error.message : 'failed' });
      throw error;
    }
  }

  async function record(
    method: MethodName,
    { by }: Caller,
    { what, reason, result }: { what: string; reason: string; result: string },
  ): Promise<void> {
    parts.bus.tell({ type: 'command.done', method, by, what, result });
    try {
      await parts.audit.record({ at: parts.clock.now(), by, method, what, reason, result });
    } catch (error) {
      parts.log.error('The audit trail cannot be written.', error, { method, by, what, result });
    }
  }

  return async (request, caller) => {
    const { id } = request;
    try {
      const result = await run(request, caller);
      return { frame: encodeResult(id ?? 0, result), error: null };
    } catch (error) {
      const told = error instanceof CallError ? error : internal(error);
      return { frame: encodeError(id, told), error: told.reason };
    }
  };

  function internal(error: unknown): CallError {
    parts.log.error('A method of the control link failed.', error);
    return new CallError('internal', 'The daemon failed; its operational log says how.');
  }

  function isRead(method: MethodName): method is keyof Reads {
    return Object.hasOwn(reads, method);
  }
}

// The tables above are checked method by method; past the check of the parameters a method is only known by its name.
type Params = Record<string, unknown>;
type AnyRun = (params: Params, caller: Caller) => Promise<unknown>;
type AnyCommand = { what(params: Params): string; run: AnyRun; told(result: unknown): string };
const anyRun = (run: unknown): AnyRun => run as AnyRun;
const anyCommand = (command: unknown): AnyCommand => command as AnyCommand;

function isMethod(name: string): name is MethodName {
  return Object.hasOwn(methods, name);
}

function checked(method: MethodName, params: unknown): Params {
  const parsed = methods[method].params.safeParse(params);
  if (parsed.success) return parsed.data;

  const problems = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join('.') || 'params'}: ${message}`);
  throw new CallError('invalid_params', problems.join('; '));
}
