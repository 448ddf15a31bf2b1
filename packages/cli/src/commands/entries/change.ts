import { readFileSync } from 'node:fs'
import { historyOf, type PastChange, readStanding } from '@logpipe/config'
import { describeError, LogpipeError } from '@logpipe/runtime'
import { type Applied, apply, type ApplyFlags } from '../../entries/apply.ts'
import type { StoreSession } from '../../entries/session.ts'
import { nameOf, type TargetFlags, targetOf } from '../../entries/target.ts'
import { type ValueFlags, valueOf } from '../../entries/value.ts'
import type { ReadStdin } from '../context.ts'

export interface PutFlags extends TargetFlags, ValueFlags, ApplyFlags {}
export interface DeleteFlags extends TargetFlags, ApplyFlags {}
export interface RollbackFlags extends DeleteFlags {
  to?: string
}

/** `logctl entries put`: writes what the file (`-`: stdin) or the flags say. */
export async function put(
  file: string | undefined,
  flags: PutFlags,
  session: StoreSession,
  readStdin: ReadStdin,
): Promise<Applied> {
  const target = targetOf(flags)
  const text = file === undefined ? null : file === '-' ? await readStdin() : read(file)
  const standing = await readStanding(session.store, session.prefix, target)
  return apply(standing, valueOf(standing, text, flags), flags, session)
}

/** `logctl entries delete`: after a person has agreed. */
export async function remove(flags: DeleteFlags, session: StoreSession): Promise<Applied> {
  const standing = await readStanding(session.store, session.prefix, targetOf(flags))
  if (standing.value === null)
    throw new LogpipeError('etcd_rejected', `There are no entries of ${nameOf(standing.target)}.`)
  return apply(standing, null, flags, session, `Delete all entries of ${nameOf(standing.target)}?`)
}

/** `logctl entries rollback`: a new change, to the value that a past one had made; without --to, to that before the last change. */
export async function rollback(flags: RollbackFlags, session: StoreSession): Promise<Applied> {
  const { store, prefix } = session
  const standing = await readStanding(store, prefix, targetOf(flags))
  const history = await historyOf(store, prefix, standing.key)
  const name = nameOf(standing.target)
  const value = flags.to === undefined ? beforeLast(history, standing.revision, name) : afterOf(history, flags.to, name)
  if (typeof value !== 'string' && value !== null) {
    const sentence = `That value of ${name} (${value.bytes} bytes) was too large to be kept in the history; put it from a file.`
    throw new LogpipeError('settings_invalid', sentence)
  }
  return apply(standing, value, flags, session, `Bring back this state of ${name}?`)
}

function beforeLast(history: readonly PastChange[], revision: number, name: string): PastChange['from'] {
  const last = history.at(-1)
  if (last === undefined) throw new LogpipeError('settings_invalid', `Nothing is known of earlier entries of ${name}.`)
  const isLast = revision === 0 ? last.to === null : last.revision === revision
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

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new LogpipeError('settings_invalid', `${file} cannot be read: ${describeError(cause)}.`, { cause })
  }
}
