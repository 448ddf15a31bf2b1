import { keysOf, parseKey, readStanding, type Standing } from '@logpipe/config'
import { count, escapeControls, print } from '@logpipe/runtime/terminal'
import type { StoreSession } from '../../entries/session.ts'
import { nameOf, type TargetFlags, targetOf } from '../../entries/target.ts'
import { readFleet, readTransfers } from '../../fleet/fleet.ts'
import { type MemberRollout, pipelineRolloutOf, type Rollout, rolloutOf } from '../../fleet/rollout.ts'
import { jsonLine } from '../../output/json.ts'

/** What stands at one key, and how far it has come. */
export interface Looked {
  standing: Standing
  found: Rollout
}

/** `logctl rollout`: how far what stands in etcd has come, for one host, group or pipeline, or for all. Resolves to whether nothing failed. */
export async function rollout(flags: TargetFlags & { json?: boolean }, session: StoreSession): Promise<boolean> {
  const all = await lookAtRollout(flags, session)
  const texts = all.map((one) => (flags.json === true ? rolloutJson(one) : rolloutText(one)))
  await print(session.output, texts.join(''))
  return all.every(({ found }) => found.failed === 0 && found.problem === undefined)
}

type Place = Pick<StoreSession, 'store' | 'prefix'>

/** How far what is meant has come just now; without flags all of it. */
export async function lookAtRollout(flags: TargetFlags, { store, prefix }: Place): Promise<Looked[]> {
  const isOne = [flags.host, flags.group, flags.pipeline].some((name) => name !== undefined)
  const standings = isOne ? [await readStanding(store, prefix, targetOf(flags))] : await allStandings({ store, prefix })
  const [fleet, transfers] = await Promise.all([readFleet(store, prefix), readTransfers(store, prefix)])
  return standings.map((standing) => {
    const isPipeline = standing.target.kind === 'pipeline'
    return { standing, found: isPipeline ? pipelineRolloutOf(standing, transfers) : rolloutOf(standing, fleet) }
  })
}

async function allStandings({ store, prefix }: Place): Promise<Standing[]> {
  const kinds = ['host', 'group', 'pipeline'] as const
  const lists = await Promise.all(kinds.map((kind) => store.list(keysOf(prefix, kind))))
  return lists
    .flatMap(({ items }) => items)
    .flatMap(({ key, value, modRevision: revision }) => {
      const target = parseKey(prefix, key)
      const isOurs = target?.kind === 'host' || target?.kind === 'group' || target?.kind === 'pipeline'
      return isOurs ? [{ target, key, value, revision }] : []
    })
}

/** For programs, as a line; a pipeline's members are transfers. */
export function rolloutJson({ standing: { target }, found }: Looked): string {
  const { agents, ...rest } = found
  if (target.kind !== 'pipeline') return jsonLine({ ...rest, agents })
  const transfers = agents.map(({ agent, host, state, errors }) => {
    return { transfer: agent, host, state, errors: errors.map(({ error }) => error) }
  })
  return jsonLine({ ...rest, transfers })
}

/** All of it for people: how far it has come, and who has not applied it, and why. */
export function rolloutText({ standing, found }: Looked): string {
  const isPipeline = standing.target.kind === 'pipeline'
  const members = found.agents.flatMap((member) =>
    member.state === 'PENDING' ? [`  ${member.agent}: on the way`] : errorsOf(member, isPipeline),
  )
  return lines([rolloutHead({ standing, found }), ...members, ...remarksOf(found)])
}

/** What agents remark, each remark once, with the first who makes it and how many others do. */
function remarksOf({ agents }: Rollout): string[] {
  const by = new Map<string, string[]>()
  for (const { agent, remarks = [] } of agents) {
    for (const { entry, remark } of remarks) {
      const text = `${entry}: ${remark}`
      const known = by.get(text)
      if (known === undefined) by.set(text, [agent])
      else known.push(agent)
    }
  }
  return Array.from(by, ([text, [first = '', ...others]]) => {
    return `  ${first}${others.length === 0 ? '' : ` and ${count(others.length)} more`}: ${text}`
  })
}

/** How far it has come, in a line. */
export function rolloutHead({ standing: { target, value }, found }: Looked): string {
  const { revision, concerned, applied, failed, pending, problem } = found
  const name = nameOf(target)
  const isPipeline = target.kind === 'pipeline'
  if (value === null && concerned === 0) {
    return `${name}: ${isPipeline ? 'there is none in etcd' : 'there are no entries'}`
  }
  if (concerned === 0 && problem !== undefined) {
    return `${name}: revision ${revision} cannot be used, so nobody is known to be meant: ${problem}`
  }
  if (concerned === 0) {
    return `${name}: revision ${revision}, ${isPipeline ? 'no live transfer is registered' : 'no live agent is meant'}`
  }
  const rest = [
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(pending > 0 ? [`${count(pending)} on the way`] : []),
  ]
  const what = value === null ? 'there are no entries' : `revision ${revision}`
  return [`${name}: ${what}, applied on ${count(applied)} of ${count(concerned)}`, ...rest].join(', ')
}

/** What failed, a line each. */
export function rolloutErrors({ standing: { target }, found }: Looked): string[] {
  return found.agents.flatMap((member) => errorsOf(member, target.kind === 'pipeline'))
}

function errorsOf({ agent, errors }: MemberRollout, isPipeline: boolean): string[] {
  return errors.map(({ entry, error }) => `  ${agent}: ${isPipeline ? '' : `${entry}: `}${error}`)
}

/** Nothing in it can act on a terminal. */
export function lines(texts: readonly string[]): string {
  return texts.map((text) => `${escapeControls(text)}\n`).join('')
}
