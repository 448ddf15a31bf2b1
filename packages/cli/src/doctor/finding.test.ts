import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicHealth } from '@logpipe/kafka'
import { type Check, examine } from './check.ts'
import { clockFinding } from './clock.ts'
import { diskFinding, size } from './disk.ts'
import { watermarkFinding } from './elasticsearch/disks.ts'
import { isKnown } from './elasticsearch/versions.ts'
import { type Finding, ok, problem, warning, worstFirst } from './finding.ts'
import { policyFinding } from './agents/topics.ts'
import { topicFinding } from './kafka/replicas.ts'

/** A topic of one partition with so many copies, of which so many are in sync. */
function topic(partition: Partial<TopicHealth['partitions'][number]>, minInSync: number | null = 1): TopicHealth {
  return {
    topic: 'web_log',
    partitions: [
      { hasLeader: true, inSync: 3, replicas: 3 },
      { hasLeader: true, inSync: 3, replicas: 3, ...partition },
    ],
    minInSync,
    rights: new Set(),
  }
}

test('the worst that can be said of a topic is said', () => {
  const cases: [TopicHealth, brokers: number, level: string | undefined, found?: RegExp][] = [
    [topic({}), 3, undefined],
    [topic({}, null), 3, undefined],
    [topic({ hasLeader: false, inSync: 0 }, 2), 3, 'problem', /1 of 2 partitions have no leader/],
    [topic({ inSync: 1 }, 2), 3, 'problem', /fewer copies in sync than min\.insync\.replicas \(2\)/],
    [topic({ inSync: 1, replicas: 1 }, 2), 3, 'problem', /nothing can ever be written there/],
    [topic({ inSync: 2 }, 2), 3, 'warning', /not in sync/],
    [topic({ inSync: 1, replicas: 1 }), 3, 'warning', /one copy only, though there are 3 brokers/],
    [topic({ inSync: 1, replicas: 1 }), 1, undefined],
  ]
  for (const [health, brokers, level, found = /^/] of cases) {
    const finding = topicFinding(health, brokers)
    assert.equal(finding?.level, level, JSON.stringify(health))
    assert.match(finding?.found ?? '', found)
  }
})

test('clocks are told apart by more than the time that the answer took', () => {
  const level = (theirsMs: number, askedMs: number, answeredMs: number, stepMs = 1): string =>
    clockFinding({ who: 'x', theirsMs, askedMs, answeredMs, stepMs }).level
  assert.equal(level(100_000, 100_000, 100_010), 'ok')
  assert.equal(level(106_000, 100_000, 100_010), 'warning')
  assert.equal(level(94_000, 100_000, 100_010), 'warning')
  assert.equal(level(106_000, 100_000, 120_000), 'ok', 'the answer may have been made at its end')
  assert.equal(level(95_000, 100_500, 100_510, 1_000), 'ok', 'a second may have gone by since')
  const ahead = clockFinding({ who: 'node a', theirsMs: 160_000, askedMs: 100_000, answeredMs: 100_000, stepMs: 0 })
  assert.match(ahead.found, /^The clock of node a is 60 s ahead of ours\.$/)
  const behind = clockFinding({ who: 'node a', theirsMs: 40_000, askedMs: 100_000, answeredMs: 100_000, stepMs: 0 })
  assert.match(behind.found, /60 s behind ours/)
})

test('a disk is judged by the part that is free', () => {
  const level = (freeBytes: number): string => diskFinding({ where: 'x', totalBytes: 100, freeBytes }, 'todo').level
  assert.deepEqual([4, 5, 14, 15, 100].map(level), ['problem', 'warning', 'warning', 'ok', 'ok'])
  assert.equal(diskFinding({ where: 'x', totalBytes: 0, freeBytes: 0 }, 'todo').level, 'problem')
  assert.deepEqual([0, 1_023, 1_536, 252 * 1024 ** 3, 5e18].map(size), [
    '0 B',
    '1023 B',
    '1.5 KiB',
    '252 GiB',
    '4547474 TiB',
  ])
})

test('watermarks are read as Elasticsearch writes them: per cent, parts and sizes', () => {
  const gib = 1_024 ** 3
  const level = (freeGib: number, low: string, high: string, flood: string): string =>
    watermarkFinding({ node: 'a', totalBytes: 100 * gib, freeBytes: freeGib * gib, clockMs: 0 }, { low, high, flood })
      .level
  const usual = ['85%', '90%', '95%'] as const
  assert.deepEqual(
    [50, 14, 9, 4].map((free) => level(free, ...usual)),
    ['ok', 'warning', 'warning', 'problem'],
  )
  assert.equal(level(4, '0.85', '0.90', '0.95'), 'problem')
  assert.equal(level(4, '2gb', '1gb', '500mb'), 'ok')
  assert.equal(level(1.5, '2gb', '1gb', '500MB'), 'warning')
  assert.equal(level(0.25, '2gb', '1gb', '500mb'), 'problem')
  assert.equal(level(0.25, '', '?', '-1'), 'ok', 'what cannot be read is no mark')
})

test('large disks are judged by the room that Elasticsearch wants at most', () => {
  const gib = 1_024 ** 3
  const marks = { low: '85%', high: '90%', flood: '95%' }
  const level = (freeGib: number, headroom: Partial<typeof marks>): string => {
    const disk = { node: 'a', totalBytes: 10_000 * gib, freeBytes: freeGib * gib, clockMs: 0 }
    return watermarkFinding(disk, { ...marks, headroom }).level
  }
  const usual = { low: '200GB', high: '150GB', flood: '100GB' }
  assert.deepEqual(
    [300, 180, 120, 90].map((free) => level(free, usual)),
    ['ok', 'warning', 'warning', 'problem'],
  )
  // Where marks are set by hand there is no such bound, which is told as -1.
  assert.equal(level(300, { low: '-1', high: '-1', flood: '-1' }), 'problem')
  assert.equal(level(300, {}), 'problem')
})

test('Elasticsearch 7.17 to 9 are known', () => {
  const versions = ['7.16.3', '7.17.0', '8.0.0', '9.5.3', '10.0.0', 'x']
  assert.deepEqual(versions.map(isKnown), [false, true, true, true, false, false])
})

test('the worst comes first, and no more than a person reads', () => {
  const findings = [ok('a'), warning('b', 'todo'), problem('c')]
  assert.deepEqual(
    worstFirst(findings).map(({ found }) => found),
    ['c', 'b', 'a'],
  )
  const many = worstFirst([ok('fine'), ...Array.from({ length: 30 }, (_, i) => problem(`${i}`))])
  assert.equal(many.length, 21)
  assert.deepEqual(many.at(-1), { level: 'problem', found: 'And 11 more of this kind.' })
})

function check(name: string, look: () => Promise<Finding[]>): Check<null> {
  return { about: 'it', name, look }
}

test('where nobody is there to be asked, only that is said; a check that throws is a problem and harms no other', async (t) => {
  const broken = check('broken', () => Promise.reject(new Error('no', { cause: new Error('why') })))
  const fine = check('fine', async () => [ok('fine')])
  const names = async (...checks: [Check<null>, ...Check<null>[]]): Promise<string[]> =>
    (await examine(null, checks, t.signal)).map((each) => `${each.check} ${each.level} ${each.found}`)
  assert.deepEqual(await names(broken, fine), ['broken problem no: why'])
  assert.deepEqual(await names(fine, broken, fine), ['fine ok fine', 'broken problem no: why', 'fine ok fine'])
})

test('Ctrl-C ends it', async () => {
  const stop = new AbortController()
  const waiting = check('waits', () => {
    stop.abort()
    return Promise.reject(new Error('cut off'))
  })
  await assert.rejects(examine(null, [waiting], stop.signal), (error) => error === stop.signal.reason)
})

test('a topic that is compacted in any way loses lines; one whose policy we may not see is not called well', () => {
  const levels = ['delete', 'compact', 'compact,delete', undefined].map((policy) =>
    policyFinding('t', policy).map(({ level }) => level),
  )
  assert.deepEqual(levels, [[], ['problem'], ['problem'], ['unknown']])
})
