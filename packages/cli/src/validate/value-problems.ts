import { type ChangeableKey, type Fault, valueFaults } from '@logpipe/config'
import { entryProblems } from './entry-problems.ts'
import { pipelineProblems } from './pipeline-problems.ts'

/** All that is wrong with a value that is to stand at a key, and what agents or transfers would refuse in it; each at its field. */
export function valueProblems(target: ChangeableKey, text: string, key: string): Fault[] {
  return valueFaults(target, text, key, { entry: entryProblems, pipeline: pipelineProblems })
}
