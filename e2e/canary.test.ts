import assert from 'node:assert/strict'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { randomName, waitFor } from '@logpipe/testkit'
import { ControlPlane, linesIn, type Member } from './lib/control-plane.ts'

test(
  'a canary tries other entries while the rest of its group goes on; promoted, all have them, and no line is missing or twice',
  { timeout: 90_000 },
  async (t) => {
    const fleet = await ControlPlane.open(t, 'canary')
    const well = (...args: string[]): Promise<string> => fleet.well(...args)
    const topic = randomName('canary_log')
    const members = await Promise.all(['one', 'two'].map((id) => fleet.startAgent(id)))
    await fleet.reported(members.length)
    const [one] = members as [Member]
    // One entry for both: each agent may look into its own folder alone.
    const folders = members.map(({ dir }) => basename(dir.file('')))
    const entry = { id: 'app', path: join(dirname(one.dir.file('')), `{${folders.join(',')}}`, 'app.log'), topic }
    one.dir.append('old.json', JSON.stringify({ selector: { role: 'web' }, entries: [entry] }))
    one.dir.append('new.json', JSON.stringify([{ ...entry, excludeLines: ['^DEBUG'] }]))
    await well('groups', 'put', 'web', one.dir.file('old.json'))
    await well('rollout', '--group', 'web', '--watch', '--timeout', '30s')
    for (const { id, dir } of members) dir.appendLines('app.log', [`DEBUG ${id} before`, `${id} before`])
    const seen = async (count: number): Promise<string[]> => {
      await waitFor(async () => (await linesIn(topic)).length >= count, { what: `${count} lines in Kafka` })
      return (await linesIn(topic)).toSorted()
    }
    const before = ['DEBUG one before', 'DEBUG two before', 'one before', 'two before']
    assert.deepEqual(await seen(4), before)

    await well('canary', 'start', 'web', one.dir.file('new.json'), '--agent', 'two')
    await well('rollout', '--group', 'web', '--watch', '--timeout', '30s')
    const state = JSON.parse(await well('canary', 'show', 'web', '--json')) as { canaries: { state: string }[] }
    assert.deepEqual(
      state.canaries.map((canary) => canary.state),
      ['APPLIED'],
    )
    for (const { id, dir } of members) dir.appendLines('app.log', [`DEBUG ${id} during`, `${id} during`])
    const during = ['DEBUG one during', 'one during', 'two during']
    assert.deepEqual(await seen(7), [...before, ...during].toSorted())

    await well('canary', 'promote', 'web', '--yes')
    await well('rollout', '--group', 'web', '--watch', '--timeout', '30s')
    for (const { id, dir } of members) dir.appendLines('app.log', [`DEBUG ${id} after`, `${id} after`])
    assert.deepEqual(await seen(9), [...before, ...during, 'one after', 'two after'].toSorted())
  },
)
