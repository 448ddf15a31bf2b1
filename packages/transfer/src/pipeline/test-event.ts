import { Pipeline, type PipelineInput } from '@logpipe/config'
import { type CompiledPipeline, compilePipeline } from './compile.ts'
import { PipelineEvent } from './event.ts'

/** When the lines of the tests were read, unless they say otherwise. */
export const readMs = Date.parse('2026-11-21T04:00:00Z')

/** The pipeline of these processors, written as a person writes them. */
export function pipelineOf(...processors: PipelineInput['processors']): CompiledPipeline {
  return compilePipeline(Pipeline.parse({ processors }))
}

/** What a line becomes. */
export function runLine(line: string, ...processors: PipelineInput['processors']): PipelineEvent {
  const event = new PipelineEvent(line, readMs)
  pipelineOf(...processors).run(event)
  return event
}
