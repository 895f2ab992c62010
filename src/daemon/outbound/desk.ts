/** What a client of the listener needs of the listener: who may do what, and where a message goes. */
import type { Fact } from '../../protocol/events.ts';
import type { Clock } from '../base/clock.ts';
import type { Connection } from './connection.ts';
import type { Client } from './policy.ts';
import type { BodySink } from './reader.ts';
import type { Refusal } from './refusal.ts';

/** What the listener gives each of its clients. */
export interface Desk {
  clock: Clock;
  tell(fact: Fact): void;
  /** A bug, which costs one command its answer. */
  failed(error: unknown): void;
  /** Connections count up from 1, those that never said EHLO not counted. */
  nextNumber(): number;
  /** Null: this client may hand over mail. */
  refusalOf(client: Client): Refusal | null;
  /** Null: the message that this MAIL begins may come; `size` as it declares it. */
  refusalOfMessage(address: string, size: number | null): Refusal | null;
  /** Null: its passwords are looked at. */
  refusalOfLogin(address: string): Refusal | null;
  crowd: { enter(address: string): Refusal | null; leave(address: string): void };
  /** The message of this client's transaction. */
  receive(client: Connection): Receiving;
  minimumBytesPerSecond: number;
}

/** A message that this client sends. */
export interface Receiving extends Pick<BodySink, 'take'> {
  /** Its final dot came. Resolves with the reply; never rejects. */
  finish(): Promise<Refusal>;
  /** The client left before that. */
  cut(): void;
}
