import { historyOf, isKeptOf, type PastChange, readStanding, type Standing } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { type Applied, apply, type ApplyFlags } from '../../entries/apply.ts'
import { readInput } from '../../entries/input.ts'
import { pipelineValueOf } from '../../entries/pipeline-value.ts'
import type { StoreSession } from '../../entries/session.ts'
import { absenceOf, contentOf, nameOf, type TargetFlags, targetOf } from '../../entries/target.ts'
import { type ValueFlags, valueOf } from '../../entries/value.ts'
import type { ReadStdin } from '../context.ts'

export interface PutFlags extends TargetFlags, ValueFlags, ApplyFlags {}
export interface DeleteFlags extends TargetFlags, ApplyFlags {}
export interface RollbackFlags extends DeleteFlags {
  to?: string
}

/** `logctl entries put`, `pipelines put`: writes what the file (`-`: stdin) or the flags say. */
export async function put(
  file: string | undefined,
  flags: PutFlags,
  session: StoreSession,
  readStdin: ReadStdin,
): Promise<Applied> {
  const target = targetOf(flags)
  const text = await readInput(file, readStdin)
  const standing = await readStanding(session.store, session.prefix, target)
  const isPipeline = target.kind === 'pipeline'
  const place = file === undefined || file === '-' ? 'stdin' : file
  const value = isPipeline ? pipelineValueOf(target, text, place) : valueOf(standing, text, flags)
  return apply(standing, value, flags, session)
}

/** `logctl entries delete`, `pipelines delete`: after a person has agreed. */
export async function remove(flags: DeleteFlags, session: StoreSession): Promise<Applied> {
  const standing = await readStanding(session.store, session.prefix, targetOf(flags))
  const { target, value } = standing
  if (value === null) throw new LogpipeError('etcd_rejected', `${absenceOf(target)}.`)
  const what = target.kind === 'pipeline' ? contentOf(target) : `all entries of ${nameOf(target)}`
  return apply(standing, null, flags, session, `Delete ${what}?`)
}

/** `logctl entries rollback`, `pipelines rollback`: a new change, to the value that a past one had made; without --to, to that before the last change. */
export async function rollback(flags: RollbackFlags, session: StoreSession): Promise<Applied> {
  const { store, prefix } = session
  const standing = await readStanding(store, prefix, targetOf(flags))
  const history = await historyOf(store, prefix, standing.key)
  const name = nameOf(standing.target)
  const value = flags.to === undefined ? beforeLast(history, standing, name) : afterOf(history, flags.to, name)
  if (typeof value !== 'string' && value !== null) {
    if ('unknown' in value)
      throw new LogpipeError('settings_invalid', `What stood at ${name} before that is not known.`)
    const sentence = `That value of ${name} (${value.bytes} bytes) was too large to be kept in the history; put it from a file.`
    throw new LogpipeError('settings_invalid', sentence)
  }
  return apply(standing, value, flags, session, `Bring back this state of ${name}?`)
}

function beforeLast(history: readonly PastChange[], { value, revision }: Standing, name: string): PastChange['from'] {
  const last = history.at(-1)
  if (last === undefined) throw new LogpipeError('settings_invalid', `Nothing is known of earlier states of ${name}.`)
  // The same value may have been written again without a record: nothing has changed by it.
  const isLast = value === null ? last.to === null : last.revision === revision || isKeptOf(last.to, value)
  if (isLast) return last.from
  const sentence = `${name} was changed without logctl since the last change in its history; say which state with --to REVISION.`
  throw new LogpipeError(
    'settings_invalid',
    sentence.replace(/^./, (first) => first.toUpperCase()),
  )
}

function afterOf(history: readonly PastChange[], to: string, name: string): PastChange['to'] {
  const found = history.find(({ revision }) => String(revision) === to)
  if (found !== undefined) return found.to
  throw new LogpipeError('settings_invalid', `--to is '${to}', which is no revision in the history of ${name}.`)
}
