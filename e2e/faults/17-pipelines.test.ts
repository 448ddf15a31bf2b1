import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'node:test'
import { compactHistory, keepCopy } from '../lib/etcd-history.ts'
import { appKey, PipelineEdits } from '../lib/pipeline-edits.ts'
import { figures, timeout } from './figures.ts'

test(
  'members of etcd are killed one after the other, the leader among them: lines are parsed by the new form of a pipeline',
  { timeout },
  async (t) => {
    const edits = await PipelineEdits.start(t, { members: 3 })
    for (const [i, member] of edits.stack.etcd.entries()) {
      await edits.put(`whole-${i}`)
      await edits.parsedBy(`whole-${i}`)
      await member.kill('SIGKILL')
      await edits.put(`without-${i}`)
      await edits.parsedBy(`without-${i}`)
      await member.start()
    }
    await edits.run.conserved()
  },
)

test(
  'a pipeline broken, deleted, made again and edited all the time; etcd away, its history forgotten, an older copy restored',
  { timeout },
  async (t) => {
    const edits = await PipelineEdits.start(t)
    const { run, store, stack, file } = edits
    const [etcd] = stack.etcd
    assert.ok(etcd)
    await edits.put('first')
    await edits.parsedBy('first')

    for (const value of ['{"processors": ', '[]', `{"processors":[{"grok":{"patterns":["%{NONE:x}"]}}]}`, '5']) {
      await store.put(appKey, value)
      await file.write(100)
    }
    await run.said(/"reason":"[^"]*NONE/)
    await edits.parsedBy('first')
    await store.delete(appKey)
    await edits.parsedBy(null)
    await edits.put('second')
    await edits.parsedBy('second')

    await etcd.kill('SIGTERM')
    const restore = keepCopy(etcd)
    await edits.parsedBy('second')
    await etcd.start()
    for (let round = 0; round < figures.edits; round++) {
      await edits.put(`edit-${round}`)
      await file.write(10)
      await pause(figures.editPauseMs)
    }
    await edits.put('last')
    await edits.parsedBy('last')

    // All that happened while nobody watched is forgotten.
    run.transfers[0]?.signal('SIGSTOP')
    await edits.put('unseen')
    await edits.put('forgotten')
    await compactHistory(stack)
    run.transfers[0]?.signal('SIGCONT')
    await edits.parsedBy('forgotten')

    await etcd.kill('SIGTERM')
    restore()
    await etcd.start()
    await edits.parsedBy('second')
    await run.conserved()
  },
)
