import { historyOf, type KeptValue, keysOf, parseGroup, parseKey, readStanding } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { count, escapeControls, print, table } from '@logpipe/runtime/terminal'
import { diffText, pretty } from '../../entries/apply.ts'
import type { StoreSession } from '../../entries/session.ts'
import { absenceOf, type TargetFlags, targetOf } from '../../entries/target.ts'
import { jsonLine } from '../../output/json.ts'

export interface ShowFlags extends TargetFlags {
  json?: boolean
}

/** `logctl entries get`, `pipelines get`: prints the value, such that `put` takes it again. */
export async function get(flags: ShowFlags, { store, prefix, output }: StoreSession): Promise<void> {
  const { target, key, value, revision } = await readStanding(store, prefix, targetOf(flags))
  if (value === null) throw new LogpipeError('etcd_rejected', `${absenceOf(target)}.`)
  await print(output, flags.json === true ? jsonLine({ key, revision, value }) : pretty(value))
}

/** `logctl entries history`, `pipelines history`: every change with what it changed, oldest first. */
export async function history(flags: ShowFlags, { store, prefix, output, signal }: StoreSession): Promise<void> {
  const { key } = await readStanding(store, prefix, targetOf(flags))
  for (const past of await historyOf(store, prefix, key)) {
    if (flags.json === true) {
      await print(output, jsonLine(past), signal)
      continue
    }
    const { revision, at, by, note, from, to } = past
    const head = `revision ${revision}  ${at}  ${by}${note === '' ? '' : `  ${note}`}`
    const body = isText(from) && isText(to) ? diffText(from, to) : `${keptText(from, to)}\n`
    await print(output, `${escapeControls(head)}\n${body}\n`, signal)
  }
}

/** `logctl groups list`. */
export async function listGroups(flags: { json?: boolean }, { store, prefix, output }: StoreSession): Promise<void> {
  const { items } = await store.list(keysOf(prefix, 'group'))
  const groups = items.flatMap(({ key, value, modRevision: revision }) => {
    const parsed = parseKey(prefix, key)
    if (parsed?.kind !== 'group') return []
    const group = parseGroup(value, key)
    const [fault] = group.faults
    const problem = fault === undefined ? {} : { problem: `${fault.path} ${fault.message}` }
    if (!('selector' in group))
      return [{ name: parsed.name, selector: {}, entries: 0, canary: 0, revision, ...problem }]
    const { selector, entries, canary } = group
    const canaries = canary?.agents.length ?? 0
    return [{ name: parsed.name, selector, entries: entries.length, canary: canaries, revision, ...problem }]
  })
  if (flags.json === true) {
    await print(output, groups.map(jsonLine).join(''))
    return
  }
  const columns = [{ title: 'GROUP' }, { title: 'SELECTOR' }, { title: 'ENTRIES', number: true }, { title: 'PROBLEM' }]
  const rows = groups.map(({ name, selector, entries, problem = '' }) => [
    name,
    escapeControls(
      Object.entries(selector)
        .map((label) => label.join('='))
        .join(' '),
    ),
    count(entries),
    escapeControls(problem),
  ])
  await print(output, table(columns, rows))
}

function isText(value: KeptValue): value is string | null {
  return typeof value === 'string' || value === null
}

/** What can be said where there are not two texts to compare. */
function keptText(from: KeptValue, to: KeptValue): string {
  if (isText(to) && !isText(from) && 'unknown' in from) {
    return `  (what stood there before is not known)\n${diffText(null, to).trimEnd()}`
  }
  return '  (too large to be kept in the history)'
}
