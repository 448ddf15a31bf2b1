import { LogpipeError, systemClock } from '@logpipe/runtime'
import { count, type Output, print, remark } from '@logpipe/runtime/terminal'
import { type FoundDocument, LogIndex, datasetPart } from '../elasticsearch/log-index.ts'
import { lineText } from '../output/line.ts'
import { type CliSettings, need } from '../settings.ts'
import { timeRange } from '../time-range.ts'

export interface SearchFlags {
  from?: string
  to?: string
  last?: string
  dataset?: string
  host?: string
  path?: string
  lines: string
  json?: boolean
}

/** What Elasticsearch returns at once, at most (`index.max_result_window`). */
const maxLines = 10_000

/** `logctl search`: prints the newest lines that match, oldest first. Resolves when printed; no match is no error. */
export async function search(
  text: string | undefined,
  flags: SearchFlags,
  settings: CliSettings,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const limit = lineCount(flags.lines)
  const { dataset, host, path } = flags
  const query = {
    ...(text !== undefined && text.trim() !== '' && { text }),
    range: timeRange(flags, systemClock.now()),
    ...(dataset !== undefined && { dataset: datasetPart(dataset) }),
    ...(host !== undefined && { host }),
    ...(path !== undefined && { path }),
    limit,
  }
  const index = new LogIndex(need(settings, 'elasticsearch'))
  try {
    const { total, documents } = await index.search(query, signal)
    for (const document of documents) {
      await print(output, flags.json === true ? jsonLine(document) : humanLine(document, output.isTerminal), signal)
    }
    if (total === 0) remark(output, 'No line matches.')
    if (total > documents.length && limit > 0) {
      remark(output, `The newest ${count(documents.length)} of ${count(total)} lines; -n shows more.`)
    }
  } finally {
    await index.close()
  }
}

function lineCount(text: string): number {
  const lines = Number(text)
  if (/^\d+$/.test(text) && lines >= 1 && lines <= maxLines) return lines
  throw new LogpipeError('settings_invalid', `-n is '${text}': it must be a number from 1 to ${count(maxLines)}.`)
}

function jsonLine({ _id, _index, source }: FoundDocument): string {
  return `${JSON.stringify({ _id, _index, ...source })}\n`
}

function humanLine({ source }: FoundDocument, isTerminal: boolean): string {
  return lineText(
    {
      time: text(source, '@timestamp'),
      host: text(source, 'host.name'),
      path: text(source, 'log.file.path'),
      message: text(source, 'message'),
    },
    isTerminal,
  )
}

/** The value at a path such as `host.name`, whether the document is nested or written with dots; '' where there is none. */
function text(source: Record<string, unknown>, path: string): string {
  let value = source[path]
  if (value === undefined) {
    value = source
    for (const step of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[step]
  }
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
