import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import {
  buildKey,
  formatFaults,
  openEtcdStore,
  type Pipeline,
  parsePipeline,
  readPipelineFile,
  settingsFromCommandLine,
  type TransferSettings,
} from '@logpipe/config'
import { exitCodes, LogpipeError } from '@logpipe/runtime'
import { count, escapeControls, type Output, print } from '@logpipe/runtime/terminal'
import { Pipelines } from '../pipeline/pipelines.ts'
import { linesOf } from './lines.ts'
import { describeTried } from './describe-tried.ts'
import { type Tried, tryPipeline } from './try-pipeline.ts'

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
  for await (const lines of linesOf(chunksOf(file))) {
    for (const tried of await tryPipeline(lines, file === '-' ? file : resolve(file), name, pipelines)) {
      counts[fateOf(tried)]++
      await print(output, options.json === true ? jsonOf(tried) : describeTried(tried))
      if (output.stdout.destroyed) return exitCodes.ok
    }
  }
  const { document, dropped, failed } = counts
  const summary = `${count(document)} parsed, ${count(dropped)} dropped, ${count(failed)} could not be parsed`
  output.stderr.write(`${count(document + dropped + failed)} lines: ${summary}.\n`)
  return failed > 0 ? exitCodes.failed : exitCodes.ok
}

function fateOf({ document }: Tried): 'document' | 'dropped' | 'failed' {
  if (document === null) return 'dropped'
  const tags = Array.isArray(document['tags']) ? document['tags'] : []
  return tags.some((tag) => typeof tag === 'string' && tag.endsWith('_failure')) ? 'failed' : 'document'
}

function jsonOf({ line, document }: Tried): string {
  return `${JSON.stringify({ line: line.number, offset: line.offset, document })}\n`
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
