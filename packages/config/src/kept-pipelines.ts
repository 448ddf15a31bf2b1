import { z } from 'zod'
import type { StoreItem } from './store.ts'

const KeptPipelines = z.object({
  version: z.literal(1),
  prefix: z.string(),
  pipelines: z.array(z.object({ key: z.string(), value: z.string(), modRevision: z.int().min(0) })),
})

/** The values of the pipelines below `prefix` as the text of a file, for a start without etcd. `parseKeptPipelines` reads it back. */
export function keptPipelinesText(prefix: string, pipelines: readonly StoreItem[]): string {
  const kept: z.output<typeof KeptPipelines> = { version: 1, prefix, pipelines: [...pipelines] }
  return `${JSON.stringify(kept)}\n`
}

/** What was kept of `prefix`; a sentence about the file where it cannot be used: it is damaged, or of another prefix. Never throws. */
export function parseKeptPipelines(text: string, prefix: string): StoreItem[] | string {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return 'It is not JSON.'
  }
  const read = KeptPipelines.safeParse(json)
  if (!read.success) return 'It is no copy of pipelines.'
  if (read.data.prefix !== prefix) return 'It is of another etcd.prefix.'
  return read.data.pipelines.filter(({ key }) => key.startsWith(`${prefix}/`))
}
