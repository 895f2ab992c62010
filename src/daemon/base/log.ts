/** The operational log: what the program itself does and what went wrong in it. The mail's facts go to the bus, not here. */
import { pino } from 'pino';

export interface Log {
  info(what: string, details?: Record<string, unknown>): void;
  warn(what: string, details?: Record<string, unknown>): void;
  error(what: string, error: unknown, details?: Record<string, unknown>): void;
}

/** Writes JSON lines to standard error. */
export function createLog(level: 'info' | 'warn' | 'error' | 'silent' = 'warn'): Log {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
  return {
    info: (what, details = {}) => logger.info(details, what),
    warn: (what, details = {}) => logger.warn(details, what),
    error: (what, error, details = {}) => logger.error({ ...details, err: error }, what),
  };
}

export const silentLog: Log = { info() {}, warn() {}, error() {} };
