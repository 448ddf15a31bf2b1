import { digitsOf } from '../access-log/takes.ts'
import type { PipelineEvent } from '../event.ts'

/** The host that wrote the line; the one that the line was collected on is another field. */
export function setHost(event: PipelineEvent, host: string): void {
  event.set('log.syslog.hostname', host)
  event.set('host.hostname', host)
}

/** The program that wrote the line, and its process id where it is a number. */
export function setProcess(event: PipelineEvent, name: string | null, id: string | null): void {
  if (name !== null) {
    event.set('log.syslog.appname', name)
    event.set('process.name', name)
  }
  if (id === null) return
  event.set('log.syslog.procid', id)
  const pid = digitsOf(id)
  if (pid >= 0) event.set('process.pid', pid)
}
