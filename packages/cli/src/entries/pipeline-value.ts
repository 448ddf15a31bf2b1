import { type ChangeableKey, formatFaults, readPipelineText } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { nameOf } from './target.ts'

/**
 * The JSON to write for a pipeline that a person gave as YAML or JSON; `file` is told as its place. Throws `settings_invalid` with every fault at its line.
 */
export function pipelineValueOf(target: ChangeableKey, text: string | null, file: string): string {
  if (text === null) {
    throw new LogpipeError('settings_invalid', 'What is the pipeline? Give a file of YAML or JSON (- for stdin).')
  }
  const read = readPipelineText(text, file)
  if (read.ok) return read.value.json
  const sentence = `Nothing was written to ${nameOf(target)}:\n${formatFaults(read.faults)}`
  throw new LogpipeError('settings_invalid', sentence)
}
