/** A real server as a child: up when its ports accept, down when its last process is gone; a failed start shows its log. */
import { readFile } from 'node:fs/promises';
import { accepting, type Command, type RunningProcess, startProcess } from './process.ts';

export interface ServerProgram {
  readonly name: string;
  readonly command: Command;
  /** All on 127.0.0.1. */
  readonly ports: readonly number[];
  readonly logFile: string;
}

export interface RealServer extends AsyncDisposable {
  /** Of its master process; its session too. A restart changes it. */
  pid(): number;
  log(): Promise<string>;
  /** Ends all of its processes. What it holds on disk stays. */
  stop(): Promise<void>;
  /** Ends it if it runs, and starts it again on the same ports. */
  restart(): Promise<void>;
}

export async function startServer(program: ServerProgram): Promise<RealServer> {
  const log = async () => await readFile(program.logFile, 'utf8').catch(() => '');
  let master = await start(program, log);

  // A Dovecot that has only just started loses the signal in some of its processes, and then waits six seconds for them.
  const stop = async () => await master.stop({ again: 300 });
  const restart = async () => {
    await stop();
    master = await start(program, log);
  };
  return { pid: () => master.pid, log, stop, restart, [Symbol.asyncDispose]: stop };
}

async function start(program: ServerProgram, log: () => Promise<string>): Promise<RunningProcess> {
  const master = await startProcess(program.command);
  try {
    for (const port of program.ports) await accepting(port, master);
    return master;
  } catch (error) {
    await master.stop();
    const tail = (await log()).split('\n').slice(-30).join('\n');
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${program.name} did not start. ${reason}\nThe end of its log:\n${tail}`, { cause: error });
  }
}
