import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { isSourceId } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { count, escapeControls, print, table } from '@logpipe/runtime/terminal'
import { type Audit, auditFile } from '../audit/audit.ts'
import type { SourceTally, Stretch } from '../audit/tally.ts'
import { fileDocuments } from '../elasticsearch/file-documents.ts'
import { datasetPart } from '../elasticsearch/log-index.ts'
import { jsonLine } from '../output/json.ts'
import { type CliSettings, need } from '../settings.ts'
import type { CommandContext } from './context.ts'

export interface AuditFlags {
  host?: string
  path?: string
  dataset?: string
  index?: string
  source?: string
  json?: boolean
}

/** Of missing stretches, so many are printed. */
const maxPrinted = 20

/** `logctl audit FILE`. Resolves to whether no line is missing or double. */
export async function audit(
  file: string,
  { host = hostname(), path = resolve(file), dataset, index, source, json }: AuditFlags,
  settings: CliSettings,
  { output, signal }: Pick<CommandContext, 'output' | 'signal'>,
): Promise<boolean> {
  if (source !== undefined && !isSourceId(source)) {
    throw new LogpipeError(
      'settings_invalid',
      `--source is '${String(source)}': a source id has 16 letters, digits, - and _.`,
    )
  }
  if (dataset !== undefined && index !== undefined) {
    throw new LogpipeError('settings_invalid', '--dataset and --index exclude each other; give one of them.')
  }
  const indices = index ?? (dataset === undefined ? 'logs-*' : `logs-${datasetPart(dataset)}-*`)
  const documents = fileDocuments(need(settings, 'elasticsearch'), { index: indices, host, path }, signal)
  const found = await auditFile(file, documents, source)
  const text =
    json === true ? jsonLine({ file: resolve(file), host, path, ...found }) : told(found, { host, path, indices })
  await print(output, text, signal)
  return found.current === null ? found.lines === 0 : found.current.missing === 0 && found.current.doubles === 0
}

function told({ lines, current, others }: Audit, where: { host: string; path: string; indices: string }): string {
  const [host, path, indices] = [where.host, where.path, where.indices].map(escapeControls)
  const known = others.map(({ source, documents }) => `  ${escapeControls(source)}: ${count(documents)} documents\n`)
  const rest = known.length === 0 ? '' : `Other files stood at this path:\n${known.join('')}`
  if (current === null) {
    const unknown = `${path} on ${host}: no document in ${indices} is of one of its ${count(lines)} lines. Is the host's name right (--host), and the path (--path)?\n`
    return unknown + rest
  }
  const rows = [
    ['in the index', count(current.found), ''],
    ['missing', count(current.missing), current.missing === 0 ? '' : stretches(current.missingStretches)],
    [
      'double',
      count(current.doubles),
      current.doubles === 0 ? '' : `at bytes ${current.doubleOffsets.map(count).join(', ')}`,
    ],
    ['behind the last', count(current.behind), behind(current)],
    ['different', count(current.different), current.different === 0 ? '' : reasonsToDiffer],
    ...(current.within === 0 ? [] : [['parts of lines', count(current.within), 'long lines in pieces']]),
  ]
  const columns = [{ title: `${count(lines)} LINES` }, { title: '', number: true as const }, { title: '' }]
  return `${path} on ${host}, source ${current.source}\n${table(columns, rows)}${rest}`
}

const reasonsToDiffer = 'their message is not the line: a pipeline, redaction, a container format or an encoding'

function behind({ behind: lines, behindFrom }: SourceTally): string {
  return lines === 0 ? '' : `from byte ${count(behindFrom)} on; they may be on their way`
}

function stretches(all: readonly Stretch[]): string {
  const shown = all.slice(0, maxPrinted).map(({ firstLine, lastLine, start, end }) => {
    const which = firstLine === lastLine ? `line ${count(firstLine)}` : `lines ${count(firstLine)}–${count(lastLine)}`
    return `${which} (bytes ${count(start)}–${count(end)})`
  })
  return `${shown.join(', ')}${all.length > shown.length ? ', …' : ''}`
}
