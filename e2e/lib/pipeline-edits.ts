import type { TestContext } from 'node:test'
import { buildKey, type ConfigStore, openEtcdStore } from '@logpipe/config'
import type { Stack } from '@logpipe/stack'
import { closeAfter, elasticsearch, waitFor } from '@logpipe/testkit'
import { ownStack } from './own-stack.ts'
import type { FedFile } from './record-feeder.ts'
import { TransferRun, type TransferSettingsTree } from './transfer-run.ts'

/** What an edit may take until lines are parsed by it, here on a busy machine. */
export const takenMs = 20_000
export const appKey = buildKey('/logpipe', { kind: 'pipeline', name: 'app' })

export interface PipelineEditsOptions {
  /** Of the etcd. Default 1. */
  members?: number
  /** Of the transfer. Default 1. */
  instances?: number
  /** Of the transfer, beside its etcd's endpoints. */
  settings?: TransferSettingsTree & { etcd?: TransferSettingsTree }
}

/** Transfers whose pipeline `app` stands in an etcd of its own, and a file whose lines name it. */
export class PipelineEdits {
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

  static async start(t: TestContext, options: PipelineEditsOptions = {}): Promise<PipelineEdits> {
    const { members = 1, instances = 1, settings = {} } = options
    const stack = await ownStack(t, { services: ['etcd'], etcdMembers: members })
    const { endpoints } = stack.addresses.etcd
    const store = await openEtcdStore({ endpoints })
    closeAfter(t, () => store.close())
    const run = await TransferRun.start(t, {
      instances,
      settings: { ...settings, etcd: { ...settings.etcd, endpoints } },
    })
    return new PipelineEdits(stack, store, run)
  }

  /** A pipeline that marks each document with this form of it; tried until etcd takes it. */
  async put(form: string): Promise<void> {
    await waitFor(() => this.store.put(appKey, marks(form)), { what: 'etcd to take a write', deadlineMs: takenMs })
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

/** A pipeline that marks each document with this form of it, as it stands in etcd. */
export function marks(form: string): string {
  return JSON.stringify({ processors: [{ add: { fields: { 'labels.form': form } } }] })
}
