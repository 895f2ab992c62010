/** The terminal as Ink sees it: of a size that can be drawn, whatever the terminal says of itself (TTY01). */
import { LARGEST } from '../layout.ts';

export interface TerminalOutput extends NodeJS.WritableStream {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

/** The same stream, but for `columns` and `rows`: Ink allocates a cell for each, and would do so for 9999x9999. */
export function boundedOutput(stdout: TerminalOutput): TerminalOutput {
  return new Proxy(stdout, {
    get(target, name) {
      if (name === 'columns') return bounded(target.columns, LARGEST.columns, 80);
      if (name === 'rows') return bounded(target.rows, LARGEST.rows, 24);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function bounded(value: number | undefined, most: number, unknown: number): number {
  return value === undefined || !(value > 0) ? unknown : Math.min(most, value);
}
