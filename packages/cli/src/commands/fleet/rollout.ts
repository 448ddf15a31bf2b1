import { keysOf, parseKey, readStanding, type Standing } from '@logpipe/config'
import { count, escapeControls, print } from '@logpipe/runtime/terminal'
import type { StoreSession } from '../../entries/session.ts'
import { nameOf, type TargetFlags, targetOf } from '../../entries/target.ts'
import { readFleet } from '../../fleet/fleet.ts'
import { type Rollout, rolloutOf } from '../../fleet/rollout.ts'
import { jsonLine } from '../../output/json.ts'

/** `logctl rollout`: how far what stands in etcd has come, for one host or group, or for all. Resolves to whether nothing failed. */
export async function rollout(flags: TargetFlags & { json?: boolean }, session: StoreSession): Promise<boolean> {
  const { store, prefix, output } = session
  const isOne = flags.host !== undefined || flags.group !== undefined
  const standings = isOne ? [await readStanding(store, prefix, targetOf(flags))] : await allStandings(session)
  const fleet = await readFleet(store, prefix)
  const all = standings.map((standing) => ({ standing, found: rolloutOf(standing, fleet) }))
  const texts = all.map(({ standing, found }) => (flags.json === true ? jsonLine(found) : text(standing, found)))
  await print(output, texts.join(''))
  return all.every(({ found }) => found.failed === 0)
}

async function allStandings({ store, prefix }: StoreSession): Promise<Standing[]> {
  const [hosts, groups] = await Promise.all([store.list(keysOf(prefix, 'host')), store.list(keysOf(prefix, 'group'))])
  return [...hosts.items, ...groups.items].flatMap(({ key, value, modRevision: revision }) => {
    const target = parseKey(prefix, key)
    return target?.kind === 'host' || target?.kind === 'group' ? [{ target, key, value, revision }] : []
  })
}

function text({ target, value }: Standing, { revision, concerned, applied, failed, pending, agents }: Rollout): string {
  const name = nameOf(target)
  if (value === null) return `${name}: there are no entries\n`
  if (concerned === 0) return `${name}: revision ${revision}, no live agent is meant\n`
  const rest = [
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(pending > 0 ? [`${count(pending)} on the way`] : []),
  ]
  const head = [`applied on ${count(applied)} of ${count(concerned)}`, ...rest].join(', ')
  const lines = agents.flatMap(({ agent, state, errors }) =>
    state === 'PENDING'
      ? [`  ${agent}: on the way`]
      : errors.map(({ entry, error }) => `  ${agent}: ${entry}: ${error}`),
  )
  return `${[`${name}: revision ${revision}, ${head}`, ...lines].map(escapeControls).join('\n')}\n`
}
