/** A session log on the world of the reports, with settings to vary. */
import { days } from '../../../src/daemon/base/clock.ts';
import { type Faults, openFaults } from '../../../src/daemon/reports/faults.ts';
import { createLogAnswers } from '../../../src/daemon/reports/logs/log-answers.ts';
import { openSessionLog, type SessionLog } from '../../../src/daemon/reports/logs/session-log.ts';
import type { SessionLogSettings } from '../../../src/daemon/reports/settings.ts';
import { keptLog, type ReportsWorld } from '../world.ts';

export interface RunningLog extends AsyncDisposable {
  log: SessionLog;
  faults: Faults;
  answers: ReturnType<typeof createLogAnswers>;
  folder: string;
  said: string[];
  close(): Promise<void>;
}

export async function startLog(
  world: ReportsWorld,
  differing: Partial<SessionLogSettings> = {},
  { deliver = world.deliver }: { deliver?: ReportsWorld['deliver'] } = {},
): Promise<RunningLog> {
  const { store, bus } = world.run;
  const { clock } = world;
  const settings: SessionLogSettings = {
    gatewayName: 'gw.company.com',
    language: 'en',
    folder: world.home.file('Log'),
    toDisk: false,
    onlyOnError: false,
    threshold: 1,
    quiet: new Set(),
    recipients: ['postmaster@company.com'],
    keepFiles: days(30),
    keepSessions: days(30),
    ...differing,
  };
  const kept = keptLog();
  const { memos, sessions, ring, ledger } = store;
  const faults = await openFaults({ bus, memos, log: kept });
  const log = await openSessionLog(settings, { bus, clock, log: kept, sessions, memos, ring, faults, deliver });
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= log.close().then(() => faults.close());
    return closing;
  };
  return {
    ...{ log, faults, close, said: kept.said, folder: settings.folder },
    answers: createLogAnswers(settings, { sessions, ring, ledger, clock }),
    [Symbol.asyncDispose]: close,
  };
}
