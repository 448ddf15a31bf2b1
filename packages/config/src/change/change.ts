import { isLogpipeError, LogpipeError } from '@logpipe/runtime/errors'
import { parseGroup, parseHostValue } from '../collect.ts'
import { buildKey, type StoreKey } from '../keys.ts'
import type { EntryCheck } from '../load/entries.ts'
import { type Fault, formatFaults } from '../load/fault.ts'
import { parsePipeline, type PipelineCheck } from '../load/pipeline.ts'
import type { ConfigStore } from '../store.ts'
import { auditItem, type Author } from './audit.ts'

/** What people may change. Services write their own keys. */
export type ChangeableKey = Extract<StoreKey, { kind: 'host' | 'group' | 'pipeline' }>

/** A key as its editor saw it. */
export interface Standing {
  target: ChangeableKey
  key: string
  /** Null: it is not there. */
  value: string | null
  /** 0: it is not there. */
  revision: number
}

/** etcd takes 1.5 MiB a write, and agents hold every value that is meant for them. */
export const maxValueBytes = 524_288

/** The key as it stands now. */
export async function readStanding(store: ConfigStore, prefix: string, target: ChangeableKey): Promise<Standing> {
  const key = buildKey(prefix, target)
  const { items } = await store.list(key)
  const item = items.find((one) => one.key === key)
  return { target, key, value: item?.value ?? null, revision: item?.modRevision ?? 0 }
}

/** What is looked for in values beyond their schema. */
export interface ValueChecks {
  entry?: EntryCheck
  pipeline?: PipelineCheck
}

/**
 * All that is wrong with a value, each at its field; nothing: it can be written. Stricter than agents: one unsound entry is refused, and one with which
 * `also` finds fault.
 */
export function valueFaults(target: ChangeableKey, text: string, key: string, also: ValueChecks = {}): Fault[] {
  const bytes = Buffer.byteLength(text)
  if (bytes > maxValueBytes) {
    return [
      {
        source: 'etcd',
        at: key,
        path: key,
        message: `is ${bytes} bytes large; at most ${maxValueBytes} may stand there`,
      },
    ]
  }
  switch (target.kind) {
    case 'host':
      return parseHostValue(text, key, also.entry).faults
    case 'group':
      return parseGroup(text, key, also.entry).faults
    case 'pipeline': {
      const parsed = parsePipeline(text, key, also.pipeline)
      return parsed.ok ? [] : parsed.faults
    }
  }
}

/**
 * Makes `to` (null: nothing) of what stands at a key, and writes down who did it, in one transaction: both or none. The one way in which people change
 * what is collected. Rejects with `settings_invalid` where `to` has faults (all of them, a line each), `etcd_conflict` where the key has changed since
 * it was read, `etcd_unavailable` where it is not known whether it was written.
 */
export async function change(
  store: ConfigStore,
  prefix: string,
  { target, key, value: from, revision }: Standing,
  to: string | null,
  { by, note, atMs }: Author & { atMs: number },
): Promise<void> {
  const faults = to === null ? [] : valueFaults(target, to, key)
  if (faults.length > 0) {
    throw new LogpipeError('settings_invalid', `${key} cannot be written:\n${formatFaults(faults)}`)
  }
  const options = { ifRevision: revision, beside: [auditItem(prefix, { key, from, to, by, note, atMs })] }
  try {
    if (to === null) await store.delete(key, options)
    else await store.put(key, to, options)
  } catch (cause) {
    if (!isLogpipeError(cause, 'etcd_unavailable')) throw cause
    const sentence = `Whether ${key} was written is not known; look at its history before you try again.`
    throw new LogpipeError('etcd_unavailable', sentence, { cause })
  }
}
