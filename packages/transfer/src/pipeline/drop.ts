import type { Processor } from './processor.ts'

/** Drops the event; its condition, which every processor may have, says which. */
export function makeDrop(): Processor {
  return { run: () => 'drop' }
}
