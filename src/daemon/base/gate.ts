/**
 * One at a time in a POP3 mailbox: a download session, or somebody who looks into it (RFC 1939 §8 locks it anyway, and a server that
 * does not would delete under the other's feet). Mail goes first: a session asks who looks to leave, and never waits for a person.
 */

export interface Inside {
  /** Lets the next one in; does nothing the second time, or once somebody else is inside. */
  leave(): void;
}

/** Who comes: a download session, or a person's command (the browser, a test, the doctor). */
export type Comer = 'session' | 'browser';

export interface MailboxGate {
  /** Null: another session is inside, or a person who has marked messages for deletion and cannot be sent away. */
  enterForSession(account: string): Inside | null;
  /** Null: somebody is inside who stays. `yieldNow` is asked when another one comes: true, and the connection is closed by then. */
  enterForBrowser(account: string, yieldNow: (to: Comer) => boolean): Inside | null;
}

interface Holder {
  yieldNow: (to: Comer) => boolean;
}

const never = () => false;

export function createGate(): MailboxGate {
  const holders = new Map<string, Holder>();

  function enter(account: string, comer: Comer, yieldNow: Holder['yieldNow']): Inside | null {
    const inside = holders.get(account);
    if (inside && !inside.yieldNow(comer)) return null;

    const holder: Holder = { yieldNow };
    holders.set(account, holder);
    return {
      leave() {
        if (holders.get(account) === holder) holders.delete(account);
      },
    };
  }

  return {
    enterForSession: (account) => enter(account, 'session', never),
    enterForBrowser: (account, yieldNow) => enter(account, 'browser', yieldNow),
  };
}
