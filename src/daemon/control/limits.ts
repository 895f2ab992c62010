/** The limits of the control link: what a client may cost. Tests hand in smaller ones. */
import { type Duration, minutes, seconds } from '../base/clock.ts';

export interface ControlLimits {
  /** Clients at once; one more gets 503 (WS13). Screens and commands of a whole team fit. */
  clients: number;
  /** Milliseconds that events wait for company: one frame for many costs a tenth (packages.md on ws). */
  batch: Duration;
  /** Octets that wait in a connection before nothing more is sent to it: a screen's snapshot fits many times. */
  buffered: number;
  /** Octets at which the connection is cut at once, whatever they are. */
  bufferedAtMost: number;
  /** How long a connection may stand still with `buffered` octets waiting before it is closed (WS12). */
  stall: Duration;
  /** How long a stop waits for the answers of calls that are being worked on; whoever has none by then hears that it stops. */
  lastAnswers: Duration;
  /** How long a close may take before the connection is cut. */
  closing: Duration;
  /** Between two pings (WS14). */
  ping: Duration;
  /** Pings without a pong before the connection is cut. */
  missedPongs: number;
  /** Calls of one connection that are being worked on. */
  calls: number;
  /** Unusable requests in a row before the connection is closed (WS08). */
  badRequests: number;
  /** Uploads that are under way: a file each, even when it is empty. */
  uploads: number;
  /** Octets of all of them: a message of the largest size that the listener takes by default fits, and the disk is not theirs. */
  uploadOctets: number;
  /** How long an upload waits for its next part, or for its use. */
  uploadsKept: Duration;
}

export const controlLimits: ControlLimits = {
  clients: 64,
  batch: 20,
  buffered: 1_048_576,
  bufferedAtMost: 67_108_864,
  stall: seconds(30),
  lastAnswers: seconds(1),
  closing: seconds(2),
  ping: seconds(20),
  missedPongs: 2,
  calls: 16,
  badRequests: 20,
  uploads: 16,
  uploadOctets: 67_108_864,
  uploadsKept: minutes(10),
};
