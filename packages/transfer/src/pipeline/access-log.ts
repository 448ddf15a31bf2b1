import type { ProcessorSpec } from '@logpipe/config'
import { makeErrorLog } from './access-log/error-log.ts'
import { parseLogFormat } from './access-log/log-format.ts'
import { FormatScanner } from './access-log/scanner.ts'
import { usualTail } from './access-log/tail.ts'
import type { Processor } from './processor.ts'
import { underKey } from './spec-error.ts'

const common = '$remote_addr $remote_ident $remote_user [$time_local] "$request" $status $body_bytes_sent'

/** Takes lines of nginx and Apache apart, by hand: no regular expression, and one pass. */
export function makeAccessLog(spec: ProcessorSpec<'accessLog'>): Processor {
  const { field, format } = spec
  if (format === 'nginxError' || format === 'apacheError') return makeErrorLog(spec)
  const scanner = scannerOf(format)
  const noText = { reason: `the field ${field} holds no text` }
  return {
    run(event) {
      const text = event.get(field)
      return typeof text === 'string' ? scanner.run(event, text) : noText
    },
  }
}

function scannerOf(format: string): FormatScanner {
  switch (format) {
    case 'nginx':
      return new FormatScanner(parseLogFormat(common), usualTail('nginx'))
    case 'apache':
      return new FormatScanner(parseLogFormat(common), usualTail('apache'))
    case 'apacheVhost':
      return new FormatScanner(parseLogFormat(`$server_name:$server_port ${common}`), usualTail('apache'))
    default:
      return new FormatScanner(underKey('format', () => parseLogFormat(format)))
  }
}
