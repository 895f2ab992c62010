/** Who may be in a mailbox. */
import { expect, test } from 'vitest';
import { createGate } from '../../src/daemon/base/gate.ts';

test('one session at a time is in a mailbox, and another mailbox is free', () => {
  const gate = createGate();
  const first = gate.enterForSession('sales');
  expect(first).not.toBeNull();
  expect(gate.enterForSession('sales')).toBeNull();
  expect(gate.enterForSession('info')).not.toBeNull();

  first?.leave();
  expect(gate.enterForSession('sales')).not.toBeNull();
});

test('who looks into a mailbox is let in only when nobody is inside who stays', () => {
  const gate = createGate();
  const session = gate.enterForSession('sales');
  expect(gate.enterForBrowser('sales', () => true)).toBeNull();

  session?.leave();
  const busy = gate.enterForBrowser('sales', (to) => to === 'session');
  expect(busy).not.toBeNull();
  expect(gate.enterForBrowser('sales', () => true)).toBeNull();

  busy?.leave();
  expect(gate.enterForBrowser('sales', () => true)).not.toBeNull();
  expect(gate.enterForBrowser('sales', () => true)).not.toBeNull(); // one who only looked gives way to the next
});

test('a session sends away who only looks, and skips the mailbox of one who is not done', () => {
  const gate = createGate();
  let free = false;
  const browser = gate.enterForBrowser('sales', () => free);
  expect(gate.enterForSession('sales')).toBeNull();

  free = true;
  expect(gate.enterForSession('sales')).not.toBeNull();
  browser?.leave(); // too late to let anybody in
  expect(gate.enterForSession('sales')).toBeNull();
});
