/** An alert as programs get it: one JSON object, on the standard input of the command and in the body of the webhook's POST. */
export interface Alert {
  /** Name of the gateway. */
  gateway: string;
  /** What it is about, the same when it is over: `account:sales`, `relay.smtprelay.isp.com`. */
  key: string;
  state: 'raised' | 'cleared';
  /** ISO 8601, UTC. */
  at: string;
  /** A sentence for a person. */
  message: string;
  /** The account, the relay, …; empty when it is about the gateway. */
  about: string;
}

/** A way to tell somebody. Null when it was told; else why not, without a secret: no URL stands in it. */
export interface Way {
  /** For logs: `command`, `webhook of hooks.example`, `syslog`. */
  readonly name: string;
  tell(alert: Alert, stop: AbortSignal): Promise<string | null>;
}
