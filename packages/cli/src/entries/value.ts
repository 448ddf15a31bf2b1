import { type CollectEntryInput, entryId, type Standing } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'

export interface ValueFlags {
  path?: string
  topic?: string
  /** `label=value`, each. */
  selector?: string[]
}

type Json = Record<string, unknown>

/**
 * The value to write. From `text`, what a person gave: a list of entries (for a group: put into its place beside the selector), or a group whole. Without
 * it the entry of --path and --topic is added to those that stand there, or takes the place of the one with its id. --selector replaces a
 * group's. Throws `settings_invalid` where that cannot be put together; whether the value is sound is not looked at.
 */
export function valueOf(standing: Standing, text: string | null, flags: ValueFlags): string {
  const { path, topic, selector } = flags
  const isGroup = standing.target.kind === 'group'
  if (!isGroup && selector !== undefined) throw invalid('--selector goes with --group only.')
  if (text !== null && (path !== undefined || topic !== undefined)) {
    throw invalid('Give either a file, or --path and --topic.')
  }
  if (text === null && (path === undefined) !== (topic === undefined)) throw invalid('--path and --topic go together.')
  const entries = text === null ? withEntry(standing, path, topic) : parse(text, 'What was given')
  if (!isGroup) return text?.trim() ?? JSON.stringify(entries)
  const isWhole = !Array.isArray(entries)
  if (isWhole && selector === undefined && text !== null) return text.trim()
  const before = standing.value === null ? {} : parseObject(standing)
  const group = isWhole ? (entries as Json) : { ...before, entries }
  return JSON.stringify(selector === undefined ? group : { ...group, selector: labelsOf('--selector', selector) })
}

function withEntry(standing: Standing, path: string | undefined, topic: string | undefined): unknown {
  const value = standing.value === null ? [] : parse(standing.value, `What stands at ${standing.key}`)
  const present = Array.isArray(value) ? value : ((value as Json | null)?.['entries'] ?? [])
  if (path === undefined || topic === undefined) {
    if (standing.target.kind === 'group' && standing.value !== null) return present
    throw invalid('What is to be collected? Give a file (- for stdin), or --path and --topic.')
  }
  if (!Array.isArray(present)) throw invalid(`What stands at ${standing.key} is no list of entries; edit it.`)
  const entry: CollectEntryInput = { path, topic }
  const id = entryId(topic, path)
  const others = (present as (Partial<CollectEntryInput> | null)[]).filter(
    (one) => (one?.id ?? entryId(one?.topic ?? '', one?.path ?? '')) !== id,
  )
  return [...others, entry]
}

/** The labels that a flag gave as `label=value`, each. Throws `settings_invalid` for one that is none. */
export function labelsOf(flag: string, texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw invalid(`${flag} is '${text}': write label=value.`)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

function parseObject({ key, value }: Standing): Json {
  const parsed = parse(value ?? '', `What stands at ${key}`)
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Json
  throw invalid(`What stands at ${key} is no group; give a group whole: {"selector": …, "entries": […]}.`)
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new LogpipeError('settings_invalid', `${what} is not JSON: ${(cause as Error).message}.`, { cause })
  }
}

function invalid(sentence: string): LogpipeError {
  return new LogpipeError('settings_invalid', sentence)
}
