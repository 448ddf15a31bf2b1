import { isDeepStrictEqual } from 'node:util'
import { readStanding, type Standing } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { canaryState, doubt } from '../../canary/state.ts'
import { type Choice, pickCanaries } from '../../canary/pick.ts'
import { dropped, type GroupText, groupTextOf, promoted, withCanary } from '../../canary/value.ts'
import { type Applied, apply, type ApplyFlags } from '../../entries/apply.ts'
import { readInput } from '../../entries/input.ts'
import type { StoreSession } from '../../entries/session.ts'
import { labelsOf, type ValueFlags, valueOf } from '../../entries/value.ts'
import { readFleet } from '../../fleet/fleet.ts'
import type { ReadStdin } from '../context.ts'

export interface StartFlags extends ApplyFlags, Pick<ValueFlags, 'path' | 'topic'> {
  count?: string
  label?: string[]
  agent?: string[]
}

export interface PromoteFlags extends ApplyFlags {
  force?: boolean
}

/**
 * `logctl canary start`: some agents of a group run other entries than the rest. Where canaries run already they stay the same ones, unless others are
 * chosen.
 */
export async function start(
  name: string,
  file: string | undefined,
  flags: StartFlags,
  session: StoreSession,
  readStdin: ReadStdin,
): Promise<Applied> {
  const text = await readInput(file, readStdin)
  const { standing, group } = await groupNamed(name, session)
  const choice = choiceOf(flags)
  const entries = entriesOf(standing, group, text, flags)
  const agents = group.canary !== undefined && choice === null ? group.canary.agents : await pick(choice ?? {})
  return apply(standing, withCanary(group, { agents, entries }), flags, session)

  async function pick(wanted: Choice): Promise<string[]> {
    return pickCanaries(name, group.selector, wanted, await readFleet(session.store, session.prefix))
  }
}

/** `logctl canary promote`: all agents of the group run what the canaries run. Only where these do, unless --force says otherwise; asks. */
export async function promote(name: string, flags: PromoteFlags, session: StoreSession): Promise<Applied> {
  const { standing, group } = await groupNamed(name, session)
  demandCanary(name, group)
  const state = canaryState(standing, group, await readFleet(session.store, session.prefix))
  const problem = doubt(state)
  if (problem !== null && flags.force !== true) {
    throw new LogpipeError(
      'etcd_rejected',
      `The entries of the canaries of group ${name} were not given to all: ${problem}. --force does it all the same.`,
    )
  }
  const rest = state.others.concerned
  const question = `Let the other ${rest} live agents of group ${name} run the entries of the canaries, too?`
  return apply(standing, promoted(group), flags, session, question)
}

/** `logctl canary drop`: the canaries run what the rest of the group runs. */
export async function drop(name: string, flags: ApplyFlags, session: StoreSession): Promise<Applied> {
  const { standing, group } = await groupNamed(name, session)
  demandCanary(name, group)
  return apply(standing, dropped(group), flags, session)
}

async function groupNamed(
  name: string,
  { store, prefix }: StoreSession,
): Promise<{ standing: Standing; group: GroupText }> {
  const standing = await readStanding(store, prefix, { kind: 'group', name })
  return { standing, group: groupTextOf(standing) }
}

function demandCanary(name: string, { canary }: GroupText): void {
  if (canary === undefined) throw new LogpipeError('etcd_rejected', `Group ${name} has no canaries.`)
}

/** What is to be tried: as `entries put` would make it of the entries that the canaries run now, or else the group. */
function entriesOf(standing: Standing, group: GroupText, text: string | null, flags: StartFlags): unknown {
  const tried = group.canary?.entries ?? group.entries
  const base = { ...standing, value: JSON.stringify({ selector: group.selector, entries: tried }) }
  if (text === null && flags.path === undefined && flags.topic === undefined) {
    if (group.canary !== undefined) return tried
    throw new LogpipeError('settings_invalid', 'What shall they try? Give a file (- for stdin), or --path and --topic.')
  }
  const { path, topic } = flags
  const value = valueOf(base, text, { ...(path !== undefined && { path }), ...(topic !== undefined && { topic }) })
  const made = JSON.parse(value) as Partial<GroupText> | null
  if (isDeepStrictEqual(made?.selector, group.selector)) return made?.entries
  throw new LogpipeError(
    'settings_invalid',
    'Canaries try other entries, not another selector: give a list of entries.',
  )
}

/** Null: nobody is chosen. */
function choiceOf({ count, label, agent }: StartFlags): Choice | null {
  if (agent !== undefined && (count !== undefined || label !== undefined)) {
    throw new LogpipeError('settings_invalid', 'Give either --agent, or --count and --label.')
  }
  if (count !== undefined && !/^[1-9]\d{0,4}$/.test(count)) {
    throw new LogpipeError('settings_invalid', `--count is '${count}': it must be a whole number, 1 or more.`)
  }
  if (agent === undefined && count === undefined && label === undefined) return null
  return {
    ...(count !== undefined && { count: Number(count) }),
    ...(label !== undefined && { labels: labelsOf('--label', label) }),
    ...(agent !== undefined && { agents: agent }),
  }
}
