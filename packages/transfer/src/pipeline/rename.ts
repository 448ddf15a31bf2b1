import type { ProcessorSpec } from '@logpipe/config'
import type { Processor } from './processor.ts'

/** Moves fields to other names, one after the other. What the record brought is copied, since it cannot be taken away. */
export function makeRename({ fields }: ProcessorSpec<'rename'>): Processor {
  const pairs = Object.entries(fields)
  return {
    run(event) {
      for (const [from, to] of pairs) {
        const value = event.getAsWritten(from)
        if (value === undefined) continue
        // Away first: the new name may stand below the old one.
        event.remove(from)
        // Better under its old name than nowhere.
        if (!event.set(to, value)) event.set(from, value)
      }
      return null
    },
  }
}
