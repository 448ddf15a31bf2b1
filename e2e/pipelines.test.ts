import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { closeAfter, type Ran, runProgram, waitFor } from '@logpipe/testkit'
import { appKey, marks, PipelineEdits, takenMs } from './lib/pipeline-edits.ts'

interface Rollout {
  concerned: number
  applied: number
  failed: number
  pending: number
}

test(
  'a pipeline is rolled out to all transfers, broken by hand, brought back; a start without etcd parses by the last good one',
  { timeout: 180_000 },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'e2e-pipelines-'))
    closeAfter(t, () => rmSync(dir, { recursive: true, force: true }))
    const dataDir = join(dir, 'data')
    const settings = { dataDir, etcd: { leaseMs: 2_000 } }
    const edits = await PipelineEdits.start(t, { instances: 2, settings })
    const { run, store, stack } = edits
    const [etcd] = stack.etcd
    const [first, second] = run.transfers
    assert.ok(etcd && first && second)
    const logctl = (...args: string[]): Promise<Ran> =>
      runProgram('logctl', { args, env: { LOGCTL_ETCD: stack.addresses.etcd.endpoints.join(',') } })
    const rolledOut = async (wanted: Rollout): Promise<Ran> => {
      const args = ['rollout', '--pipeline', 'app', '--json']
      const look = async (): Promise<Ran> => {
        const ran = await logctl(...args)
        const { concerned, applied, failed, pending } = JSON.parse(ran.stdout) as Rollout
        const found = JSON.stringify({ concerned, applied, failed, pending })
        if (found !== JSON.stringify(wanted)) throw new Error(found)
        return ran
      }
      const what = `a rollout of ${JSON.stringify(wanted)}`
      return run.told(() => waitFor(look, { what, deadlineMs: takenMs, everyMs: 500 }))
    }

    // By a person: applied everywhere, and lines are parsed by it.
    const file = join(dir, 'app.json')
    writeFileSync(file, marks('good'))
    const put = await logctl('pipelines', 'put', 'app', file, '--note', 'first')
    assert.deepEqual([put.code, put.stdout], [0, 'Written: pipeline app.\n'])
    await rolledOut({ concerned: 2, applied: 2, failed: 0, pending: 0 })
    await edits.parsedBy('good')

    // By hand, so that the transfers refuse it: each says why, and goes on with the good one.
    await store.put(appKey, '{"processors":[{"grok":{"patterns":["%{NONE:x}"]}}]}')
    const broken = await rolledOut({ concerned: 2, applied: 0, failed: 2, pending: 0 })
    assert.equal(broken.code, 1)
    assert.match(broken.stdout, /NONE/)
    await edits.parsedBy('good')

    // One of them dies: after its lease nobody waits for it.
    await run.kill(second)
    await rolledOut({ concerned: 1, applied: 0, failed: 1, pending: 0 })
    assert.equal((await logctl('transfers', '--json')).stdout.trim().split('\n').length, 1)

    // The other one starts anew while the value is broken and etcd is away: by the copy of what was in use.
    assert.ok(readFileSync(join(dataDir, 'pipelines.json'), 'utf8').includes('good'))
    await etcd.kill('SIGKILL')
    await run.kill(first)
    await first.restart()
    await run.said(/the pipelines of the last run are used/, first)
    await edits.parsedBy('good')

    // etcd is back: the value is still broken; the state before it is brought back by a person.
    await etcd.start()
    await rolledOut({ concerned: 1, applied: 0, failed: 1, pending: 0 })
    const lines = (await logctl('pipelines', 'history', 'app', '--json')).stdout.trim().split('\n')
    const { revision } = JSON.parse(lines[0] ?? '') as { revision: number }
    const back = await logctl('pipelines', 'rollback', 'app', '--to', String(revision), '--yes')
    assert.equal(back.code, 0, back.stderr)
    await rolledOut({ concerned: 1, applied: 1, failed: 0, pending: 0 })
    await run.conserved()

    // An orderly end takes back what was said.
    assert.equal(await first.stop(), 0)
    assert.deepEqual((await store.list('/logpipe/transfer')).items, [])
  },
)
