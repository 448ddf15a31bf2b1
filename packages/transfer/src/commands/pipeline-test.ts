import { createReadStream } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import {
  buildKey,
  formatFaults,
  openEtcdStore,
  type ParsedLine,
  type Pipeline,
  parsePipeline,
  readPipelineFile,
  settingsFromCommandLine,
  type TransferSettings,
} from '@logpipe/config'
import { exitCodes, LogpipeError } from '@logpipe/runtime'
import { count, escapeControls, fateText, type Output, print } from '@logpipe/runtime/terminal'
import { Pipelines } from '../pipeline/pipelines.ts'
import { tryLines } from '../trial/try-lines.ts'
import { linesOf, type NumberedLine } from './lines.ts'

export interface PipelineTestOptions {
  config?: string
  pipeline?: string
  spec?: string
  json?: boolean
}

/** Under which name a pipeline of a file is tried. */
const specName = 'spec'

/**
 * `logtransfer pipeline test FILE`: shows what each line of a file (`-`: of stdin) becomes by a pipeline. Resolves with the exit code: 1
 * where a line could not be parsed.
 */
export async function pipelineTest(file: string, options: PipelineTestOptions, output: Output): Promise<number> {
  const { pipeline: name = specName, spec } = options
  if ((options.pipeline === undefined) === (spec === undefined)) {
    throw new LogpipeError(
      'settings_invalid',
      'Name a pipeline of the settings with --pipeline, or a file that holds one with --spec.',
    )
  }
  const pipeline = spec === undefined ? await namedPipeline(name, options.config) : specPipeline(spec)
  if (pipeline === null) return exitCodes.badSettings
  const pipelines = new Pipelines({ [name]: pipeline })
  const counts = { document: 0, dropped: 0, failed: 0 }
  const path = file === '-' ? file : resolve(file)
  const source = { host: hostname(), ip: '127.0.0.1', path, entry: 'test', pipeline: name }
  const given = { topic: 'test', source, defaults: { type: 'logs', namespace: 'default' }, pipelines }
  for await (const lines of linesOf(chunksOf(file))) {
    let index = 0
    for await (const parsed of tryLines(lines, given)) {
      const line = lines[index++]
      if (line === undefined) break
      counts[fateOf(parsed)]++
      await print(output, options.json === true ? jsonOf(line, parsed) : textOf(line, parsed))
      if (output.stdout.destroyed) return exitCodes.ok
    }
  }
  const { document, dropped, failed } = counts
  const summary = `${count(document)} parsed, ${count(dropped)} dropped, ${count(failed)} could not be parsed`
  output.stderr.write(`${count(document + dropped + failed)} lines: ${summary}.\n`)
  return failed > 0 ? exitCodes.failed : exitCodes.ok
}

function fateOf(parsed: ParsedLine): 'document' | 'dropped' | 'failed' {
  if (parsed.fate === 'dropped') return 'dropped'
  return parsed.fate === 'document' && parsed.isParsed ? 'document' : 'failed'
}

function textOf({ number, bytes }: NumberedLine, parsed: ParsedLine): string {
  const text = bytes.toString('utf8')
  return `${number}  ${escapeControls(text)}\n${fateText(text, parsed)}`
}

function jsonOf({ number: line, offset }: NumberedLine, parsed: ParsedLine): string {
  return `${JSON.stringify({ line, offset, document: parsed.fate === 'document' ? parsed.document : null })}\n`
}

/** Rejects with `file_unreadable`. */
async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  try {
    yield* file === '-' ? process.stdin : createReadStream(file)
  } catch (error) {
    throw new LogpipeError('file_unreadable', `The file ${escapeControls(file)} cannot be read.`, { cause: error })
  }
}

function specPipeline(file: string): Pipeline {
  const checked = readPipelineFile(file)
  if (checked.ok) return checked.value
  throw new LogpipeError('settings_invalid', `The pipeline cannot work.\n${formatFaults(checked.faults)}`)
}

/** The pipeline of this name in etcd, where the settings name one, else in the settings; null: they are wrong, which was told. */
async function namedPipeline(name: string, config: string | undefined): Promise<Pipeline | null> {
  const settings = settingsFromCommandLine('transfer', config, [])
  if (settings === null) return null
  const found = (await storedPipeline(name, settings.etcd)) ?? settings.pipelines[name]
  if (found !== undefined) return found
  const known = Object.keys(settings.pipelines).sort().join(', ')
  const where = settings.etcd === undefined ? 'the settings' : 'etcd and the settings'
  const hint = known === '' ? 'The settings name none.' : `The settings name ${known}.`
  throw new LogpipeError('settings_invalid', `There is no pipeline '${name}' in ${where}. ${hint}`)
}

async function storedPipeline(name: string, etcd: TransferSettings['etcd']): Promise<Pipeline | undefined> {
  if (etcd === undefined) return undefined
  const { prefix, ...connection } = etcd
  const key = buildKey(prefix, { kind: 'pipeline', name })
  const store = await openEtcdStore(connection)
  try {
    const { items } = await store.list(key)
    const text = items.find((item) => item.key === key)?.value
    if (text === undefined) return undefined
    const checked = parsePipeline(text, key)
    if (checked.ok) return checked.value
    throw new LogpipeError('settings_invalid', `The pipeline in etcd cannot work.\n${formatFaults(checked.faults)}`)
  } finally {
    await store.close()
  }
}
