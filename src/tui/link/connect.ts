/** The link over the gateway's control socket, fitted to what the screen asks for. */
import { createClient } from '../../protocol/client.ts';
import type { Connect } from './gateway.ts';

export function connectTo({ socket, readOnly }: { socket: string; readOnly: boolean }): Connect {
  // Asked for here, refused there: what only the screen left out could still be done by a bug of it (T28).
  return (listener) => createClient({ socket }, listener, readOnly ? { role: 'viewer' } : {});
}
