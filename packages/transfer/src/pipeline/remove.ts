import type { ProcessorSpec } from '@logpipe/config'
import type { Processor } from './processor.ts'

/** Takes fields away. */
export function makeRemove({ fields }: ProcessorSpec<'remove'>): Processor {
  return {
    run(event) {
      for (const field of fields) event.remove(field)
      return null
    },
  }
}
