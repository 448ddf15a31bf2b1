import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'node:test'
import type { Log } from '../lib/agent-run.ts'
import { EtcdRun, type WishedEntry } from '../lib/etcd-run.ts'
import { whileWriting } from '../lib/while-writing.ts'
import { figures, timeout } from './figures.ts'

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

/** What an entry becomes; each leaves the lines as they are. */
const forms: readonly ((entry: WishedEntry) => WishedEntry | null)[] = [
  (entry) => ({ ...entry, tags: ['changed'] }),
  () => null,
  (entry) => ({ ...entry, compression: 'none', fields: { team: 'x' } }),
  (entry) => ({ ...entry, id: `${entry.id}-renamed` }),
  (entry) => ({ ...entry, path: entry.path.replace('.log*', '.{log,none}*') }),
  () => null,
  (entry) => ({ ...entry, rateLimit: { lines: 50_000 }, closeInactive: '1s' }),
  // The partition stays: what is sent again after a crash would stand in the new one, behind later lines.
  (entry) => ({ ...entry, excludeLines: ['^#'], acks: 1 }),
  (entry) => ({ ...entry, enabled: false }),
  (entry) => entry,
]

test(
  `entries are added, changed and removed ${figures.entryRounds} times under load, with rotations, kills and stops: every line arrives, under one id, in order`,
  { timeout },
  async (t) => {
    const own = await EtcdRun.start(t)
    const { run } = own
    const logs = names.map((name) => run.log(`${name}.log`))
    const write = async (): Promise<void> => {
      for (const log of logs) log.write(50)
    }
    const shapes = new Map(names.map((name) => [name, 0]))
    const put = (): Promise<number> =>
      own.put(names.flatMap((name) => forms[shapes.get(name) ?? 0]?.(own.entry(name)) ?? []))
    await whileWriting(write, async () => {
      for (let round = 0; round < figures.entryRounds; round++) {
        // Each entry at its own pace through all forms: in the long run every form follows every other.
        for (const [i, name] of names.entries()) {
          if (round % (i + 1) === 0) shapes.set(name, (round + 3 * i) % forms.length)
        }
        await put()
        if (round % 3 === 1) run.dir.rotate(logs[round % logs.length]?.name ?? '')
        // A round is there to be seen by the agent, and some are over before it was.
        await pause(round % 4 === 0 ? figures.entryRoundMs / 10 : figures.entryRoundMs)
        if (round % 8 === 5) {
          await run.kill()
          await run.agent.start()
        } else if (round % 8 === 7) {
          await run.agent.ready()
          await run.stop()
          await run.agent.start()
        }
      }
    })
    await run.agent.ready()
    await own.applied(await own.wish(...names))
    await run.conserved({ fresh: logs[0] as Log })
    await run.stop()
  },
)

test(
  'an edit of form only touches nobody: the files go on under their ids, nothing is sent again, and the new revision is reported',
  { timeout },
  async (t) => {
    const own = await EtcdRun.start(t)
    const { run } = own
    const log = run.log('a.log')
    const other = run.log('b.log')
    const write = async (): Promise<void> => {
      for (const each of [log, other]) each.write(200)
    }
    const entries = [own.entry('a', { closeInactive: '5m' }), own.entry('b')]
    await own.applied(await own.put(entries))
    await write()
    await run.arrived()
    const before = await identities(own)
    const defaults = { enabled: true, tags: [], exclude: [], compression: 'zstd', startAt: 'beginning' }
    const variants: readonly (readonly [readonly WishedEntry[], (value: unknown) => string])[] = [
      [entries, (value) => JSON.stringify(value, null, '\t')],
      [entries.map((entry) => ({ ...defaults, ...entry })), (value) => `\n ${JSON.stringify(value)} \n`],
      [entries.map((entry) => Object.fromEntries(Object.entries(entry).toReversed()) as WishedEntry), JSON.stringify],
      [[own.entry('a', { closeInactive: '300s', partition: 'source' }), own.entry('b')], JSON.stringify],
      [entries.toReversed(), JSON.stringify],
    ]
    await whileWriting(write, async () => {
      for (const [variant, text] of variants) {
        const revision = await own.put(variant, text)
        const { entries: rows } = await own.applied(revision)
        assert.deepEqual(rows.map(({ id }) => id).toSorted(), ['a', 'b'])
      }
    })
    await run.conserved({ fresh: log })
    assert.deepEqual(await identities(own), before)
    assert.equal(run.copies, 0)
    assert.equal(await metric(own, 'file_events_total', 'event="found"'), 2, 'each file was found once')
    await run.stop()
  },
)

/** Each file with its source id. */
async function identities({ run }: EtcdRun): Promise<string[]> {
  return (await run.files()).map(({ path, identity }) => `${path} ${identity}`).toSorted()
}

async function metric({ run }: EtcdRun, name: string, label: string): Promise<number> {
  const response = await fetch(`${run.agent.url}/metrics`, { signal: AbortSignal.timeout(5_000) })
  const line = new RegExp(`^logagent_${name}\\{[^}]*${label}[^}]*\\} (\\S+)$`, 'm').exec(await response.text())
  return Number(line?.[1])
}
