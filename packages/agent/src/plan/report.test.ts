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

const nothing = { entries: [] }
const selectionOf = (...entries: SelectedEntry[]): Selection => ({ ...emptySelection, entries })
const planOf = ({ entries }: Selection, before?: Plan): Plan =>
  compilePlan(
    entries.map(({ spec }) => spec),
    before,
  )

test('an entry is pending until its plan runs, applied from then on, at its revision', () => {
  const selection = selectionOf(entry('a', 7))
  const plan = planOf(selection)
  const waiting = statusOf('agent', { selection, plan, running: emptyPlan, before: nothing })
  const row = { id: 'a', desired: 7, attempted: null, applied: null, state: 'PENDING', error: null }
  assert.deepEqual(waiting, { agent: 'agent', revision: 7, entries: [row], keys: {}, omitted: 0 })
  const { entries } = statusOf('agent', { selection, plan, running: plan, before: waiting })
  assert.deepEqual(entries, [{ ...row, attempted: 7, applied: 7, state: 'APPLIED' }])
})

test('a later revision of an entry that is as it was is applied at once; one that differs is pending, and the older one runs', () => {
  const first = selectionOf(entry('same', 7), entry('changed', 7))
  const running = planOf(first)
  const before = statusOf('agent', { selection: first, plan: running, running, before: nothing })
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
  const [a, b] = statusOf('agent', { selection, plan, running: plan, before: nothing }).entries as [
    EntryStatus,
    EntryStatus,
  ]
  assert.deepEqual([a.state, a.attempted, a.applied, b.state], ['FAILED', 8, null, 'APPLIED'])
  assert.equal(a.error, 'Its topic is too long.')
})

test('where a value cannot be used its entries have failed at the new revision, and run at the old one', () => {
  const selection = selectionOf(entry('a', 7, {}, { desired: 9, fault: 'is not JSON' }))
  const plan = planOf(selection)
  const { entries, revision } = statusOf('agent', { selection, plan, running: plan, before: nothing })
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
    before: nothing,
  })
  const [row] = entries
  assert.deepEqual([row?.id, row?.state, row?.error], [`${at}#[1].path`, 'FAILED', '[1].path must be absolute'])
})

test('an entry that is switched off is applied when nothing of it runs', () => {
  const selection = selectionOf(entry('a', 7, { enabled: false }))
  const plan = planOf(selection)
  const state = (running: Plan): string | undefined =>
    statusOf('agent', { selection, plan, running, before: nothing }).entries[0]?.state
  assert.deepEqual([state(emptyPlan), state(plan)], ['PENDING', 'APPLIED'])
})

test('a remark on files that others collect stands beside an entry that is applied', () => {
  const selection = selectionOf(entry('a', 7), entry('b', 7))
  const plan = planOf(selection)
  const shared = new Map([['b', "Entry 'a' has some of its files."]])
  const { entries } = statusOf('agent', { selection, plan, running: plan, shared, before: nothing })
  assert.deepEqual(
    entries.map(({ id, state, error, remark }) => [id, state, error, remark]),
    [
      ['a', 'APPLIED', null, undefined],
      ['b', 'APPLIED', null, "Entry 'a' has some of its files."],
    ],
  )
})

test('by key it is told which revision runs: an empty list when the plan without its entries does, a key that is gone no more', () => {
  const revisionsOf = (revisions: Record<string, number>): Pick<Selection, 'revisions'> => ({
    revisions: new Map(Object.entries(revisions)),
  })
  const first = { ...selectionOf(entry('a', 7)), ...revisionsOf({ '/k': 7 }) }
  const running = planOf(first)
  const before = statusOf('agent', { selection: first, plan: running, running, before: nothing })
  assert.deepEqual(before.keys, { '/k': 7 })
  const empty = { ...selectionOf(), ...revisionsOf({ '/k': 9 }) }
  const plan = planOf(empty)
  const waiting = statusOf('agent', { selection: empty, plan, running, before })
  assert.deepEqual(waiting.keys, { '/k': 7 }, 'the entry goes on until the plan without it runs')
  const applied = statusOf('agent', { selection: empty, plan, running: plan, before: waiting })
  assert.deepEqual(applied.keys, { '/k': 9 })
  const gone = statusOf('agent', { selection: emptySelection, plan, running: plan, before: applied })
  assert.deepEqual(gone.keys, {})
})

test('entries of two keys with one id have a row each, with the key; the first runs, another that differs has failed, the same one is applied', () => {
  const other = { tags: ['other'] }
  const selection = selectionOf(
    entry('a', 7, {}, { key: '/1' }),
    entry('b', 7, {}, { key: '/1' }),
    entry('a', 9, other, { key: '/2' }),
    entry('b', 9, {}, { key: '/2' }),
    entry('c', 9, {}, { key: '/2' }),
  )
  const plan = planOf(selection)
  const state = { selection, plan, running: plan }
  const { entries } = statusOf('agent', { ...state, before: nothing })
  const told = entries.map(({ id, key, desired, applied, state: is }) => [id, key, desired, applied, is])
  assert.deepEqual(told, [
    ['a', '/1', 7, 7, 'APPLIED'],
    ['b', '/1', 7, 7, 'APPLIED'],
    ['a', '/2', 9, null, 'FAILED'],
    ['b', '/2', 9, 9, 'APPLIED'],
    ['c', undefined, 9, 9, 'APPLIED'],
  ])
  assert.match(entries[2]?.error ?? '', /There are two entries with the id 'a'; the first of them runs/)
})

test('an entry of the store that has the id of one in the settings and differs from it has failed; the same one is applied', () => {
  const own = [entry('a', 0), entry('b', 0)].map(({ spec }) => spec)
  const selection = selectionOf(entry('a', 7, { tags: ['x'] }), entry('b', 7))
  const plan = compilePlan([...own, ...selection.entries.map(({ spec }) => spec)])
  const { entries } = statusOf('agent', { selection, plan, running: plan, before: nothing })
  assert.deepEqual(
    entries.map(({ state }) => state),
    ['FAILED', 'APPLIED'],
  )
})
