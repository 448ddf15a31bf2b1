import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { test } from 'node:test'
import { CollectEntry } from '@logpipe/config'
import { createMetrics, FakeClock, silentLogger } from '@logpipe/runtime'
import { LogDir } from '@logpipe/testkit'
import { AgentEvents } from '../events.ts'
import { Source } from '../harvest/source.ts'
import { compilePlan, emptyPlan } from '../plan/compile.ts'
import { sampleCheckpoint } from '../registry/conformance.ts'
import { Ledger } from '../registry/ledger.ts'
import { MemoryDisk, MemoryRegistry } from '../registry/memory.ts'
import { emptyScan } from './finder.ts'
import { Heirs } from './heirs.ts'
import { Seeker } from './seeker.ts'
import { lookAt, Siblings, statOrNull } from './siblings.ts'

const forgetMs = 24 * 3_600_000
const events = new AgentEvents(silentLogger, createMetrics('seeker'))

async function start(disk: MemoryDisk): Promise<{ ledger: Ledger; seeker: Seeker }> {
  const clock = new FakeClock()
  const ledger = new Ledger({ registry: new MemoryRegistry(disk), events, clock, flushMs: 1_000, forgetMs })
  await ledger.load()
  return { ledger, seeker: new Seeker({ ledger, clock, forgetMs }) }
}

test('a folder that comes between the search for a file in it and the question whether it is away is searched again', async (t) => {
  const dir = LogDir.create(t)
  dir.append('elsewhere/a.old', 'x')
  const stat = statOrNull(dir.file('elsewhere/a.old'))
  assert.ok(stat !== null)
  const { dev, ino, birthtimeNs } = stat
  const place = { path: dir.file('d/a.log'), homePath: dir.file('d/a.log'), realPath: null }
  const disk = new MemoryDisk()
  disk.write(
    { put: [sampleCheckpoint({ ...place, dev, ino, birthtimeNs, entry: 'e', topic: 't', state: 'lost' })], remove: [] },
    true,
  )
  const { seeker } = await start(disk)
  const entry = CollectEntry.parse({ id: 'e', path: dir.file('d/*.log'), topic: 't' })
  const heirs = new Heirs(compilePlan([entry]), emptyPlan)
  let looks = 0
  const siblings = new Siblings((folder) => {
    const look = lookAt(folder)
    // A folder is looked at until two looks are the same.
    if (++looks === 2) renameSync(dir.file('elsewhere'), dir.file('d'))
    return look
  })
  assert.deepEqual([...seeker.seek(emptyScan(), heirs, siblings)], [])
  const next = new Siblings()
  assert.equal(seeker.isDue(emptyScan(), next), true)
  assert.deepEqual(
    [...seeker.seek(emptyScan(), heirs, next)].map(({ path }) => path),
    [dir.file('d/a.old')],
  )
})

test('a file that is gone is finished where its folders are there, also where that of the link to it is on another device', async (t) => {
  const dir = LogDir.create(t)
  dir.append('data/0.log', 'x')
  for (const name of ['links/keep', 'overlay/keep']) dir.append(name, 'x')
  const stat = statOrNull(dir.file('data/0.log'))
  assert.ok(stat !== null)
  const { ledger, seeker } = await start(new MemoryDisk())
  const at = (path: string, realPath: string | null, dev = stat.dev): Source =>
    Source.begin({ path: dir.file(path), realPath, identity: { ...stat, dev } }, { id: 'e', topic: 't' }, ledger)
  class OtherDevice extends Siblings {
    override lookOf(folder: string): string {
      return /\/(links|overlay)$/.test(folder) ? '7' : super.lookOf(folder)
    }
  }
  const siblings = new OtherDevice()
  assert.equal(seeker.endOf(at('links/x.log', dir.file('data/1.log')), siblings), 'finished')
  assert.equal(seeker.endOf(at('links/x.log', dir.file('away/1.log')), siblings), 'lost')
  assert.equal(seeker.endOf(at('data/1.log', null), siblings), 'finished')
  assert.equal(seeker.endOf(at('data/1.log', null, stat.dev + 1n), siblings), 'lost', 'the mount point alone is there')
  // Overlay file systems: a file has another device than its folder.
  dir.hardLink('data/0.log', 'overlay/0.log')
  assert.equal(seeker.endOf(at('overlay/0.log', null), siblings), 'finished')
})
