import { keysOf, parseKey, readStanding, type Standing } from '@logpipe/config'
import { count, escapeControls, print } from '@logpipe/runtime/terminal'
import type { StoreSession } from '../../entries/session.ts'
import { nameOf, type TargetFlags, targetOf } from '../../entries/target.ts'
import { readFleet, readTransfers } from '../../fleet/fleet.ts'
import { pipelineRolloutOf, type Rollout, rolloutOf } from '../../fleet/rollout.ts'
import { jsonLine } from '../../output/json.ts'

/**
 * `logctl rollout`: how far what stands in etcd has come, for one host, group or pipeline, or for all. Resolves to whether nothing failed.
 */
export async function rollout(flags: TargetFlags & { json?: boolean }, session: StoreSession): Promise<boolean> {
  const { store, prefix, output } = session
  const isOne = [flags.host, flags.group, flags.pipeline].some((name) => name !== undefined)
  const standings = isOne ? [await readStanding(store, prefix, targetOf(flags))] : await allStandings(session)
  const [fleet, transfers] = await Promise.all([readFleet(store, prefix), readTransfers(store, prefix)])
  const all = standings.map((standing) => {
    const isPipeline = standing.target.kind === 'pipeline'
    return { standing, found: isPipeline ? pipelineRolloutOf(standing, transfers) : rolloutOf(standing, fleet) }
  })
  const texts = all.map(({ standing, found }) =>
    flags.json === true ? jsonLine(jsonOf(standing, found)) : text(standing, found),
  )
  await print(output, texts.join(''))
  return all.every(({ found }) => found.failed === 0)
}

async function allStandings({ store, prefix }: StoreSession): Promise<Standing[]> {
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

/** For programs: a pipeline's members are transfers. */
function jsonOf({ target }: Standing, { agents, ...rest }: Rollout): object {
  if (target.kind !== 'pipeline') return { ...rest, agents }
  const transfers = agents.map(({ agent, host, state, errors }) => {
    return { transfer: agent, host, state, errors: errors.map(({ error }) => error) }
  })
  return { ...rest, transfers }
}

function text({ target, value }: Standing, { revision, concerned, applied, failed, pending, agents }: Rollout): string {
  const name = nameOf(target)
  const isPipeline = target.kind === 'pipeline'
  if (value === null) return `${name}: ${isPipeline ? 'there is none in etcd' : 'there are no entries'}\n`
  if (concerned === 0) {
    return `${name}: revision ${revision}, ${isPipeline ? 'no live transfer is registered' : 'no live agent is meant'}\n`
  }
  const rest = [
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(pending > 0 ? [`${count(pending)} on the way`] : []),
  ]
  const head = [`applied on ${count(applied)} of ${count(concerned)}`, ...rest].join(', ')
  const lines = agents.flatMap(({ agent, state, errors }) =>
    state === 'PENDING'
      ? [`  ${agent}: on the way`]
      : errors.map(({ entry, error }) => `  ${agent}: ${isPipeline ? '' : `${entry}: `}${error}`),
  )
  return `${[`${name}: revision ${revision}, ${head}`, ...lines].map(escapeControls).join('\n')}\n`
}
