import {
  type Budget,
  defaultBudget,
  type Pipeline,
  type Processor as Spec,
  type ProcessorName,
  type ProcessorSpec,
} from '@logpipe/config'
import { isLogpipeError, LogpipeError } from '@logpipe/runtime'
import { makeAccessLog } from './access-log.ts'
import { compileCondition, type Holds } from './condition.ts'
import type { PipelineEvent } from './event.ts'
import { makeAdd } from './add.ts'
import { makeConvert } from './convert.ts'
import { makeCsv } from './csv.ts'
import { type DirectPipeline, directPipeline } from './direct/direct.ts'
import { makeDrop } from './drop.ts'
import { makeGrok } from './grok.ts'
import { makeJson } from './json.ts'
import { makeLevel } from './level.ts'
import { makeLogfmt } from './logfmt.ts'
import { makeRegex } from './regex.ts'
import { makeRemove } from './remove.ts'
import { makeRename } from './rename.ts'
import type { MakeProcessor, Processor } from './processor.ts'
import { makeSyslog } from './syslog.ts'
import { makeTimestamp } from './timestamp.ts'

/** Every processor that there is: a line here, and one in packages/config/src/pipeline/processor.ts. */
const table: { readonly [Name in ProcessorName]: MakeProcessor<ProcessorSpec<Name>> } = {
  accessLog: makeAccessLog,
  add: makeAdd,
  convert: makeConvert,
  csv: makeCsv,
  drop: makeDrop,
  grok: makeGrok,
  json: makeJson,
  level: makeLevel,
  logfmt: makeLogfmt,
  regex: makeRegex,
  remove: makeRemove,
  rename: makeRename,
  syslog: makeSyslog,
  timestamp: makeTimestamp,
}

interface Step {
  readonly name: ProcessorName
  readonly processor: Processor
  readonly holds: Holds | null
  readonly ignoresFailure: boolean
}

/** A pipeline ready to run. */
export class CompiledPipeline {
  /** What its events may become, at most. */
  readonly budget: Budget
  /** The way from a line's bytes to the document's, which most lines can take; null where the steps allow none. */
  readonly direct: DirectPipeline | null
  /** The processor at which the last run ended, because it could not do its work; null: it did not. */
  failedAt: ProcessorName | null = null
  readonly #steps: readonly Step[]

  constructor(steps: readonly Step[], budget: Budget) {
    this.#steps = steps
    this.budget = budget
    const [only] = steps
    const scan = steps.length === 1 && only?.holds === null ? only.processor.scan : null
    this.direct = scan ? directPipeline(scan, budget) : null
  }

  /** Runs the steps in their order. False: the event is to be dropped. Never throws: a line that cannot be parsed says so itself. */
  run(event: PipelineEvent): boolean {
    this.failedAt = null
    for (const { name, processor, holds, ignoresFailure } of this.#steps) {
      let verdict: ReturnType<Processor['run']>
      try {
        verdict = holds === null || holds(event) ? processor.run(event) : null
      } catch (error) {
        // A fault of ours must cost one line its fields, not all lines their way.
        verdict = { reason: `it failed by a fault of its own (${error instanceof Error ? error.name : 'unknown'})` }
      }
      if (verdict === null) continue
      if (verdict === 'drop') return false
      if (ignoresFailure) continue
      const own = event.get('error.message')
      if (own !== undefined) event.set('original.error.message', own)
      // Also where the budget is used up: that may be why it failed.
      event.keep(['error', 'message'], `${name}: ${verdict.reason}`)
      event.tag(`_${name}_failure`)
      this.failedAt = name
      return true
    }
    return true
  }
}

/** Makes a pipeline ready. Throws `settings_invalid` with a sentence for each processor that cannot work, which names it and the pipeline. */
export function compilePipeline({ processors, budget = defaultBudget }: Parts, name?: string): CompiledPipeline {
  const faults: LogpipeError[] = []
  const steps = processors.flatMap((spec, index) => {
    try {
      return [compileStep(spec, index)]
    } catch (error) {
      if (!isLogpipeError(error)) throw error
      faults.push(error)
      return []
    }
  })
  const [cause] = faults
  if (cause === undefined) return new CompiledPipeline(steps, budget)
  const place = name === undefined ? '' : `pipelines.${name}.`
  throw new LogpipeError('settings_invalid', faults.map(({ message }) => place + message).join(' '), { cause })
}

type Parts = Pick<Pipeline, 'processors'> & Partial<Pick<Pipeline, 'budget'>>

function compileStep(spec: Spec, index: number): Step {
  const [name] = Object.keys(spec) as ProcessorName[]
  const options = name === undefined ? undefined : spec[name]
  if (name === undefined || options === undefined) {
    throw new LogpipeError('settings_invalid', `processors[${index}] has no processor.`)
  }
  try {
    // The table's types belong together, name by name; TypeScript cannot follow that through a lookup.
    const make = table[name] as MakeProcessor<typeof options>
    const holds = options.if === undefined ? null : compileCondition(options.if)
    return {
      name,
      processor: make(options),
      holds,
      ignoresFailure: 'ignoreFailure' in options && options.ignoreFailure,
    }
  } catch (error) {
    if (!isLogpipeError(error)) throw error
    const message = `processors[${index}].${name}: ${error.message}`
    throw new LogpipeError('settings_invalid', message, { cause: error })
  }
}
