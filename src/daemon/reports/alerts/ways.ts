/** The ways in which an alert reaches somebody without mail (G05): a command, a webhook, the log of the system. */
import { type Clock, type Duration, seconds } from '../../base/clock.ts';
import type { Alert, Way } from './alert.ts';
import { runProgram } from './program.ts';
import type { AlertSettings } from '../settings.ts';
import { callWeb, hostOf } from './web-call.ts';

const COMMAND_WITHIN: Duration = seconds(30);
const WEBHOOK_WITHIN: Duration = seconds(15);
const SYSLOG_WITHIN: Duration = seconds(10);

export function waysOf({ command, webhook, syslog }: AlertSettings, clock: Clock): Way[] {
  return [
    ...(command === null ? [] : [commandWay(command, clock)]),
    ...(webhook === null ? [] : [webhookWay(webhook, clock)]),
    ...(syslog === null ? [] : [syslogWay(syslog, clock)]),
  ];
}

function commandWay(command: readonly string[], clock: Clock): Way {
  return {
    name: 'command',
    tell: (alert, stop) =>
      runProgram({ command, input: `${JSON.stringify(alert)}\n`, within: COMMAND_WITHIN, clock, stop }),
  };
}

function webhookWay(url: string, clock: Clock): Way {
  return {
    name: `webhook of ${hostOf(url)}`,
    tell: (alert, stop) =>
      callWeb({ method: 'POST', url, body: JSON.stringify(alert), within: WEBHOOK_WITHIN, clock, stop }),
  };
}

/** Node has no datagrams on Unix sockets: `logger` (util-linux, busybox) speaks to /dev/log. It reads the words from its input. */
function syslogWay(program: string, clock: Clock): Way {
  return {
    name: 'syslog',
    tell(alert, stop) {
      const level = alert.state === 'raised' ? 'mail.err' : 'mail.notice';
      const command = [program, '-t', 'mailgate', '-p', level];
      return runProgram({ command, input: `${inWords(alert)}\n`, within: SYSLOG_WITHIN, clock, stop });
    },
  };
}

function inWords({ key, state, message, about }: Alert): string {
  const subject = about === '' || message.includes(about) ? '' : `${about}: `;
  return `${state} ${key}: ${subject}${message}`.replace(/\p{Cc}+/gu, ' ');
}
