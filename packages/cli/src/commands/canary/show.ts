import { keysOf, parseKey, readStanding, type Standing } from '@logpipe/config'
import { count, escapeControls, print } from '@logpipe/runtime/terminal'
import { type CanaryMember, type CanaryState, canaryState } from '../../canary/state.ts'
import { type GroupText, groupTextOf, readGroup } from '../../canary/value.ts'
import { diffText } from '../../entries/apply.ts'
import type { StoreSession } from '../../entries/session.ts'
import { readFleet } from '../../fleet/fleet.ts'
import { jsonLine } from '../../output/json.ts'

/** `logctl canary show`: who tries what, and how far they are; of one group, or of all that have canaries. Resolves to whether none of them failed. */
export async function show(
  name: string | undefined,
  flags: { json?: boolean },
  session: StoreSession,
): Promise<boolean> {
  const { store, prefix, output } = session
  const found = name === undefined ? await all(session) : [await readStanding(store, prefix, { kind: 'group', name })]
  const fleet = await readFleet(store, prefix)
  let isWell = true
  for (const standing of found) {
    const group = groupTextOf(standing)
    const own = standing.target.kind === 'group' ? standing.target.name : ''
    if (group.canary === undefined) {
      await print(output, flags.json === true ? '' : `group ${own}: no canaries\n`)
      continue
    }
    const state = canaryState(standing, group, fleet)
    if (state.canaries.some((one) => one.state === 'FAILED')) isWell = false
    await print(output, flags.json === true ? jsonLine({ group: own, ...state }) : text(own, group, state))
  }
  if (found.length === 0 && flags.json !== true) await print(output, 'No group has canaries.\n')
  return isWell
}

/** Every group that has canaries; what is no group has none. */
async function all({ store, prefix }: StoreSession): Promise<Standing[]> {
  const { items } = await store.list(keysOf(prefix, 'group'))
  return items.flatMap(({ key, value, modRevision: revision }) => {
    const target = parseKey(prefix, key)
    return target?.kind === 'group' && readGroup(value, key)?.canary !== undefined
      ? [{ target, key, value, revision }]
      : []
  })
}

function text(name: string, { entries, canary }: GroupText, { revision, canaries, others }: CanaryState): string {
  const { concerned, applied, failed, pending } = others
  const rest = [
    `others: applied on ${count(applied)} of ${count(concerned)}`,
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(pending > 0 ? [`${count(pending)} on the way`] : []),
  ].join(', ')
  const lines = [
    `group ${name}: revision ${revision}, ${count(canaries.length)} ${canaries.length === 1 ? 'canary' : 'canaries'}`,
    ...canaries.flatMap(memberLines),
    `  ${rest}`,
  ]
  return `${lines.map(escapeControls).join('\n')}\n${diffText(JSON.stringify(entries), JSON.stringify(canary?.entries))}`
}

const words: Record<CanaryMember['state'], string> = {
  APPLIED: 'applied',
  PENDING: 'on the way',
  FAILED: 'failed',
  GONE: 'not alive, or not of the group any more',
}

function memberLines({ agent, state, errors }: CanaryMember): string[] {
  if (state !== 'FAILED') return [`  ${agent}: ${words[state]}`]
  return errors.map(({ entry, error }) => `  ${agent}: ${entry}: ${error}`)
}
