import type { LineScan } from './direct/found.ts'
import type { PipelineEvent } from './event.ts'

/**
 * What a processor has to say: nothing, that the event is to be dropped, or why it could not do its work (a sentence without
 * the line's content, which may be a secret).
 */
export type Verdict = null | 'drop' | { readonly reason: string }

/** One step of a pipeline, made once and run for every line. Must not throw, must not keep the event. */
export interface Processor {
  run(event: PipelineEvent): Verdict
  /** A cheaper way to the same for most lines, used where it is the only step. */
  readonly scan?: LineScan | null
}

/** Makes the step from its options. Throws `settings_invalid` with a sentence that names the option which cannot work. */
export type MakeProcessor<Spec> = (spec: Spec) => Processor
