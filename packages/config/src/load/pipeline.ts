import { jsonSchema } from '../json-schema.ts'
import { Pipeline } from '../pipeline/pipeline.ts'
import { check, type Checked, type Origin } from './check.ts'
import { originAt } from './entries.ts'
import { notJson, pathText } from './fault.ts'
import { withoutEmpty } from './tree.ts'

/** What is wrong with a pipeline beyond its schema, each at its field. */
export type PipelineCheck = (pipeline: Pipeline) => { path: readonly PropertyKey[]; message: string }[]

/** Pipelines are written by people; what is longer is something else. */
const maxLength = 1_048_576

/** The pipeline that the JSON text of an etcd value is; `key` is named in the faults. Never throws. */
export function parsePipeline(text: string, key: string, also?: PipelineCheck): Checked<Pipeline> {
  if (text.length > maxLength) {
    const message = `is longer than ${maxLength} characters`
    return { ok: false, faults: [{ path: key, message, source: 'etcd', at: key }] }
  }
  try {
    return checkPipeline(JSON.parse(text), originAt(key), also)
  } catch (error) {
    // Conditions in one another that go deeper than the stack, if it is JSON at all.
    return { ok: false, faults: [notJson(key, error)] }
  }
}

/** The same for a value that has been parsed. */
export function checkPipeline(value: unknown, origin: Origin, also?: PipelineCheck): Checked<Pipeline> {
  const checked = check(Pipeline, jsonSchema('pipeline'), withoutEmpty(value), origin)
  if (!checked.ok || also === undefined) return checked
  const faults = also(checked.value).map(({ path, message }) => ({ path: pathText(path), message, ...origin(path) }))
  return faults.length > 0 ? { ok: false, faults } : checked
}
