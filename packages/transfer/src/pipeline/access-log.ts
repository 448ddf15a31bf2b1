import type { ProcessorSpec } from '@logpipe/config'
import { makeErrorLog } from './access-log/error-log.ts'
import { byteScanner } from './access-log/byte-scanner.ts'
import { type LogFormat, parseLogFormat } from './access-log/log-format.ts'
import { FormatScanner } from './access-log/scanner.ts'
import { usualTail } from './access-log/tail.ts'
import type { Processor } from './processor.ts'
import { underKey } from './spec-error.ts'

const common = '$remote_addr $remote_ident $remote_user [$time_local] "$request" $status $body_bytes_sent'

/** Takes lines of nginx and Apache apart, by hand: no regular expression, and one pass; where nothing else is done with them, by bytes. */
export function makeAccessLog(spec: ProcessorSpec<'accessLog'>): Processor {
  const { field, format } = spec
  if (format === 'nginxError' || format === 'apacheError') return makeErrorLog(spec)
  const { read, tail } = formatOf(format)
  const scanner = new FormatScanner(read, tail === null ? null : usualTail(tail))
  const noText = { reason: `the field ${field} holds no text` }
  return {
    run(event) {
      const text = event.get(field)
      return typeof text === 'string' ? scanner.run(event, text) : noText
    },
    scan: field === 'message' ? byteScanner(read, tail !== null) : null,
  }
}

/** The format that is meant, and whose usual parts may stand behind it. */
function formatOf(format: string): { read: LogFormat; tail: LogFormat['server'] | null } {
  switch (format) {
    case 'nginx':
    case 'apache':
      return { read: { ...parseLogFormat(common), server: format }, tail: format }
    case 'apacheVhost':
      return { read: { ...parseLogFormat(`$server_name:$server_port ${common}`), server: 'apache' }, tail: 'apache' }
    default:
      return { read: underKey('format', () => parseLogFormat(format)), tail: null }
  }
}
