import { readFileSync, statSync } from 'node:fs'
import { describeError } from '@logpipe/runtime/errors'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { Checked } from './check.ts'
import { checkPipeline } from './pipeline.ts'
import { readYaml } from './yaml-file.ts'

const maxFileBytes = 1_048_576

/** Reads a pipeline from a file of YAML or JSON (`{ processors: [...] }`). Never throws; faults name their line. */
export function readPipelineFile(file: string): Checked<Pipeline> {
  const failed = (message: string): Checked<Pipeline> => ({
    ok: false,
    faults: [{ path: file, message, source: 'file', at: file }],
  })
  let text: string
  try {
    if (statSync(file).size > maxFileBytes) return failed(`is larger than ${maxFileBytes} bytes; is it a pipeline?`)
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return failed(`cannot be read: ${describeError(error)}`)
  }
  const read = readPipelineText(text, file)
  return read.ok ? { ok: true, value: read.value.pipeline } : read
}

/** The pipeline that YAML or JSON text is, and the JSON to keep it as in etcd, without what is default. Never throws; faults name `file` and line. */
export function readPipelineText(text: string, file: string): Checked<{ pipeline: Pipeline; json: string }> {
  const { value, faults, lineOf } = readYaml(text, file)
  if (faults.length > 0) return { ok: false, faults }
  const checked = checkPipeline(value, (path) => {
    const line = lineOf(path)
    return { source: 'file', at: line === undefined ? file : `${file}:${line}` }
  })
  return checked.ok ? { ok: true, value: { pipeline: checked.value, json: JSON.stringify(value) } } : checked
}
