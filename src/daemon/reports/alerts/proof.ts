/**
 * Which of the alerts that stood before a restart are over: whoever raised them has forgotten them, and clears nothing. What is still
 * wrong is raised again; what is not raised again although there was an occasion is over.
 */
import type { GatewayEvent } from '../../../protocol/events.ts';
import type { Standing } from './standing-alerts.ts';

export interface Proof {
  /** It was raised, or cleared, in this run. */
  settled(key: string): void;
  hear(event: GatewayEvent): void;
  /** There was time enough for everything that needs no occasion of its own. */
  timeIsUp(): void;
}

/** `over` is called for each alert that is. */
export function createProof(before: Iterable<Standing>, over: (alert: Standing) => void): Proof {
  const unproven = new Map([...before].map((alert) => [alert.key, alert]));
  let accounts: ReadonlySet<string> = new Set();
  /** By account, the errors of its visit in the present session. */
  const visited = new Map<string, number>();

  function settleIf(isOver: (alert: Standing) => boolean): void {
    for (const alert of [...unproven.values()].filter(isOver)) {
      unproven.delete(alert.key);
      over(alert);
    }
  }

  /** About an account: only a session that went through it shows anything. About a relay: only a connection to it. */
  const needsOccasion = (alert: Standing): boolean => accounts.has(alert.about) || isAboutRelay(alert);

  /** That an account was downloaded without an error is shown by nothing less. */
  function isShown({ key, about }: Standing): boolean {
    const errors = visited.get(about);
    return errors !== undefined && (errors === 0 || !key.startsWith('no-success:'));
  }

  return {
    settled: (key) => unproven.delete(key),
    hear(event) {
      if (unproven.size === 0) return;
      if (event.type === 'accounts.configured')
        accounts = new Set(event.accounts.filter(({ enabled }) => enabled).map(({ name }) => name));
      if (event.type === 'mailbox.finished') visited.set(event.account, event.errors);
      if (event.type === 'transfer.connected')
        settleIf((alert) => isAboutRelay(alert) && alert.message.startsWith(`${event.relay}: `));
      if (event.type === 'session.finished') {
        settleIf((alert) => isShown(alert) || !needsOccasion(alert));
        visited.clear();
      }
    },
    timeIsUp: () => settleIf((alert) => !needsOccasion(alert)),
  };
}

/** A relay that cannot be used; that there is none, or that its password cannot be had, is told at each start. */
function isAboutRelay({ key }: Standing): boolean {
  return key.startsWith('relay.') && !/^relay\.(none|direct)$|\.secret$/.test(key);
}
