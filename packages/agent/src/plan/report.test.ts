import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CollectEntry, type EntryStatus } from '@logpipe/config'
import { compilePlan, emptyPlan, type Plan } from './compile.ts'
import { statusOf } from './report.ts'
import { emptySelection, type SelectedEntry, type Selection } from './selection.ts'

function entry(id: string, revision: number, more: object = {}, rest: Partial<SelectedEntry> = {}): SelectedEntry {
  const spec = CollectEntry.parse({ id, path: '/var/log/*.log', topic: 't', ...more })
  return { key: '/k', spec, revision, desired: revision, fault: null, ...rest }
}

const selectionOf = (...entries: SelectedEntry[]): Selection => ({ ...emptySelection, entries })
const planOf = ({ entries }: Selection, before?: Plan): Plan =>
  compilePlan(
    entries.map(({ spec }) => spec),
    before,
  )

test('an entry is pending until its plan runs, applied from then on, at its revision', () => {
  const selection = selectionOf(entry('a', 7))
  const plan = planOf(selection)
  const waiting = statusOf('agent', { selection, plan, running: emptyPlan, before: [] })
  const row = { id: 'a', desired: 7, attempted: null, applied: null, state: 'PENDING', error: null }
  assert.deepEqual(waiting, { agent: 'agent', revision: 7, entries: [row], omitted: 0 })
  const { entries } = statusOf('agent', { selection, plan, running: plan, before: waiting.entries })
  assert.deepEqual(entries, [{ ...row, attempted: 7, applied: 7, state: 'APPLIED' }])
})

test('a later revision of an entry that is as it was is applied at once; one that differs is pending, and the older one runs', () => {
  const first = selectionOf(entry('same', 7), entry('changed', 7))
  const running = planOf(first)
  const { entries: before } = statusOf('agent', { selection: first, plan: running, running, before: [] })
  const selection = selectionOf(entry('same', 9), entry('changed', 9, { tags: ['x'] }))
  const { entries } = statusOf('agent', { selection, plan: planOf(selection, running), running, before })
  assert.deepEqual(
    entries.map(({ id, desired, applied, state }) => [id, desired, applied, state]),
    [
      ['same', 9, 9, 'APPLIED'],
      ['changed', 9, 7, 'PENDING'],
    ],
  )
})

test('an entry that is refused has failed with its reason; what ran before of it no longer does', () => {
  const selection = selectionOf(entry('a', 8), entry('b', 8))
  const { entries } = planOf(selection)
  const plan = { entries: entries.slice(1), refused: [{ entry: 'a', message: 'Its topic is too long.' }] }
  const [a, b] = statusOf('agent', { selection, plan, running: plan, before: [] }).entries as [EntryStatus, EntryStatus]
  assert.deepEqual([a.state, a.attempted, a.applied, b.state], ['FAILED', 8, null, 'APPLIED'])
  assert.equal(a.error, 'Its topic is too long.')
})

test('where a value cannot be used its entries have failed at the new revision, and run at the old one', () => {
  const selection = selectionOf(entry('a', 7, {}, { desired: 9, fault: 'is not JSON' }))
  const plan = planOf(selection)
  const { entries, revision } = statusOf('agent', { selection, plan, running: plan, before: [] })
  assert.deepEqual(entries, [{ id: 'a', desired: 9, attempted: 9, applied: 7, state: 'FAILED', error: 'is not JSON' }])
  assert.equal(revision, 9)
})

test('what is wrong and is no entry has a row of its own', () => {
  const at = '/logpipe/collect/hosts/10.0.0.1'
  const orphanFaults = [{ source: 'etcd', at, path: '[1].path', message: 'must be absolute', revision: 5 }] as const
  const { entries } = statusOf('agent', {
    selection: { ...emptySelection, orphanFaults },
    plan: emptyPlan,
    running: emptyPlan,
    before: [],
  })
  const [row] = entries
  assert.deepEqual([row?.id, row?.state, row?.error], [`${at}#[1].path`, 'FAILED', '[1].path must be absolute'])
})

test('an entry that is switched off is applied when nothing of it runs', () => {
  const selection = selectionOf(entry('a', 7, { enabled: false }))
  const plan = planOf(selection)
  const state = (running: Plan): string | undefined =>
    statusOf('agent', { selection, plan, running, before: [] }).entries[0]?.state
  assert.deepEqual([state(emptyPlan), state(plan)], ['PENDING', 'APPLIED'])
})

test('a remark on files that others collect stands beside an entry that is applied', () => {
  const selection = selectionOf(entry('a', 7), entry('b', 7))
  const plan = planOf(selection)
  const shared = new Map([['b', "Entry 'a' has some of its files."]])
  const { entries } = statusOf('agent', { selection, plan, running: plan, shared, before: [] })
  assert.deepEqual(
    entries.map(({ id, state, error, remark }) => [id, state, error, remark]),
    [
      ['a', 'APPLIED', null, undefined],
      ['b', 'APPLIED', null, "Entry 'a' has some of its files."],
    ],
  )
})
