import { z } from 'zod'
import { Label } from '../names.ts'
import { Processor } from './processor.ts'

const Budget = z.strictObject({
  fields: z.int().min(1).max(10_000).default(500).describe('Fields that a pipeline may add to one document.'),
  depth: z.int().min(1).max(20).default(10).describe('How deep fields may stand in one another.'),
  bytes: z
    .int()
    .min(1_024)
    .max(64 * 1_048_576)
    .default(1_048_576)
    .describe('Characters that they may have together; a longer text is not parsed as JSON.'),
})

/** What one document may become, at most. The rest is left out and the document tagged. */
export type Budget = z.output<typeof Budget>

/** How the transfer parses lines: processors in their order. The value of `pipelines/<name>` in etcd. */
export const Pipeline = z.strictObject({
  description: Label.exactOptional().describe('What it is for.'),
  processors: z.array(Processor).max(100).describe('What is done with each line, in this order.'),
  budget: Budget.prefault({}).describe('What one document may become, at most.'),
})

export type Pipeline = z.output<typeof Pipeline>
/** A pipeline as a person writes it. */
export type PipelineInput = z.input<typeof Pipeline>

/** The budget of who sets none. */
export const defaultBudget: Budget = Budget.parse({})
