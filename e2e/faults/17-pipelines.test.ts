import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { type TestContext, test } from 'node:test'
import { buildKey, type ConfigStore, openEtcdStore } from '@logpipe/config'
import type { Stack } from '@logpipe/stack'
import { closeAfter, elasticsearch, waitFor } from '@logpipe/testkit'
import { compactHistory, keepCopy } from '../lib/etcd-history.ts'
import { ownStack } from '../lib/own-stack.ts'
import type { FedFile } from '../lib/record-feeder.ts'
import { TransferRun } from '../lib/transfer-run.ts'
import { figures, timeout } from './figures.ts'

/** What an edit may take until lines are parsed by it, here on a busy machine. */
const takenMs = 20_000
const key = buildKey('/logpipe', { kind: 'pipeline', name: 'app' })

/** A transfer whose pipeline stands in an etcd of its own, and a file whose lines name it. */
class PipelineEdits {
  readonly stack: Stack
  readonly store: ConfigStore
  readonly run: TransferRun
  readonly file: FedFile

  private constructor(stack: Stack, store: ConfigStore, run: TransferRun) {
    this.stack = stack
    this.store = store
    this.run = run
    this.file = run.open({ pipeline: 'app' })
  }

  static async start(t: TestContext, members: number): Promise<PipelineEdits> {
    const stack = await ownStack(t, { services: ['etcd'], etcdMembers: members })
    const { endpoints } = stack.addresses.etcd
    const store = await openEtcdStore({ endpoints })
    closeAfter(t, () => store.close())
    const run = await TransferRun.start(t, { settings: { etcd: { endpoints } } })
    return new PipelineEdits(stack, store, run)
  }

  /** A pipeline that marks each document with this form of it; tried until etcd takes it. */
  async put(form: string): Promise<void> {
    const value = JSON.stringify({ processors: [{ add: { fields: { 'labels.form': form } } }] })
    await waitFor(() => this.store.put(key, value), { what: 'etcd to take a write', deadlineMs: takenMs })
  }

  /** Documents of this form; `null`: those that found no pipeline. */
  async count(form: string | null): Promise<number> {
    const query = { match: form === null ? { tags: '_pipeline_missing' } : { 'labels.form': form } }
    const path = `/${this.run.index}/_count?ignore_unavailable=true&allow_no_indices=true`
    return (await elasticsearch<{ count: number }>(this.run.node, 'POST', path, { query })).count
  }

  /** Writes lines until one that is written from now on has been parsed by this form. */
  async parsedBy(form: string | null): Promise<void> {
    await this.run.indexed()
    const before = await this.count(form)
    const look = async (): Promise<boolean> => {
      await this.file.write(1)
      return (await this.count(form)) > before
    }
    const what = `a line that is parsed by ${form ?? 'no pipeline'}`
    await this.run.told(async () => void (await waitFor(look, { what, deadlineMs: takenMs, everyMs: 200 })))
  }
}

test(
  'members of etcd are killed one after the other, the leader among them: lines are parsed by the new form of a pipeline',
  { timeout },
  async (t) => {
    const edits = await PipelineEdits.start(t, 3)
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
    const edits = await PipelineEdits.start(t, 1)
    const { run, store, stack, file } = edits
    const [etcd] = stack.etcd
    assert.ok(etcd)
    await edits.put('first')
    await edits.parsedBy('first')

    for (const value of ['{"processors": ', '[]', `{"processors":[{"grok":{"patterns":["%{NONE:x}"]}}]}`, '5']) {
      await store.put(key, value)
      await file.write(100)
    }
    await run.said(/"reason":"[^"]*NONE/)
    await edits.parsedBy('first')
    await store.delete(key)
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
