import { z } from 'zod'
import { holds } from '../holds.ts'
import { Label } from '../names.ts'

/** How lines are spread over a topic's partitions. */
export type Partition = 'source' | 'roundrobin' | 'random' | { key: string } | { number: number }

const Chosen = z
  .strictObject({
    key: Label.min(1).exactOptional().describe('All lines go under this key, so to one partition.'),
    number: z.int().min(0).max(1_000_000).exactOptional().describe('All lines go to the partition of this number.'),
  })
  .refine(({ key, number }) => (key === undefined) !== (number === undefined), {
    error: 'needs exactly one of key and number',
    when: holds({}),
  })
  .transform(({ key, number }): Partition => (key === undefined ? { number: number ?? 0 } : { key }))

export const Partition: z.ZodType<Partition, unknown> = z.union([z.enum(['source', 'roundrobin', 'random']), Chosen])
