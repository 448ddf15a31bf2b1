import { randomInt } from 'node:crypto'
import type { TestContext } from 'node:test'
import { AgentStatus, buildKey, type ConfigStore, type EntryState, type Leases, openEtcdStore } from '@logpipe/config'
import type { Stack } from '@logpipe/stack'
import { closeAfter, randomName, testServers, waitFor } from '@logpipe/testkit'
import { figures } from '../faults/figures.ts'
import { AgentRun, type AgentRunOptions } from './agent-run.ts'
import { ownStack } from './own-stack.ts'

/** What an edit may take until it is collected: here a busy machine, in bench/control.ts it is measured. */
export const takenMs = 10_000

/** An entry as it stands in etcd, but for its topic. */
export type WishedEntry = Record<string, unknown> & { id?: string; path: string; topic?: string }

export interface EtcdRunOptions {
  /** Members of an etcd of this test's own. Without it the shared one is used, under a prefix of its own. */
  members?: number
  run?: AgentRunOptions
}

/** An agent whose entries stand in etcd, under the key of its host, and the oracle on what arrives. */
export class EtcdRun {
  readonly prefix: string
  readonly id = randomName('agent')
  readonly ip = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`
  readonly key: string
  readonly store: ConfigStore & Leases
  /** Where etcd is of its own. */
  readonly stack: Stack | null
  run!: AgentRun

  private constructor(store: ConfigStore & Leases, stack: Stack | null) {
    this.store = store
    this.stack = stack
    this.prefix = stack === null ? `/${randomName('e2e')}` : '/logpipe'
    this.key = buildKey(this.prefix, { kind: 'host', ip: this.ip })
  }

  static async start(t: TestContext, { members, run: options = {} }: EtcdRunOptions = {}): Promise<EtcdRun> {
    const stack = members === undefined ? null : await ownStack(t, { services: ['etcd'], etcdMembers: members })
    const endpoints = stack?.addresses.etcd.endpoints ?? testServers().etcdEndpoints
    const store = await openEtcdStore({ endpoints })
    const own = new EtcdRun(store, stack)
    closeAfter(t, () => store.close())
    if (stack === null) closeAfter(t, () => own.#clean())
    own.run = await AgentRun.start(t, {
      ...options,
      hasEntries: false,
      settings: {
        ...options.settings,
        etcd: { endpoints, prefix: own.prefix, leaseMs: figures.leaseMs },
        ip: own.ip,
        id: own.id,
      },
    })
    return own
  }

  /** The entry that collects the file of this name, and what it becomes by rotation. */
  entry(name: string, more: Record<string, unknown> = {}): WishedEntry {
    return { id: name, path: this.run.dir.file(`${name}.log*`), ...more }
  }

  /** These are the host's entries from now on, to the topic of the run where they name none. Resolves with the revision. */
  async put(
    entries: readonly WishedEntry[],
    write = (value: unknown): string => JSON.stringify(value),
  ): Promise<number> {
    return this.written(write(entries.map((entry) => ({ topic: this.run.topic, ...entry }))))
  }

  /** The same by names alone. */
  async wish(...names: string[]): Promise<number> {
    return this.put(names.map((name) => this.entry(name)))
  }

  /** Puts a value, whatever it is, at the key of the host; tried until etcd takes it: during an election it takes none. */
  async written(value: string): Promise<number> {
    const put = (): Promise<number> => this.store.put(this.key, value)
    return await waitFor(put, { what: 'etcd to take a write', deadlineMs: takenMs })
  }

  /** What the agent reports; null: nothing. */
  async status(): Promise<AgentStatus | null> {
    const { items } = await this.store.list(buildKey(this.prefix, { kind: 'status', id: this.id }))
    return items[0] === undefined ? null : AgentStatus.parse(JSON.parse(items[0].value))
  }

  /** Waits until the agent reports something of which `look` holds. */
  async says(what: string, look: (status: AgentStatus) => boolean): Promise<AgentStatus> {
    let last: AgentStatus | null = null
    const found = async (): Promise<AgentStatus | null> => {
      last = await this.status()
      return last !== null && look(last) ? last : null
    }
    const until = { what: `the agent to report ${what}`, deadlineMs: takenMs * 4 }
    return await waitFor(() => found().catch(() => null), until).catch((error: unknown) => {
      const said = this.run.agent.output.slice(-3_000)
      throw new Error(`${String(error)}\nIt reported last: ${JSON.stringify(last)}\n${said}`, { cause: error })
    })
  }

  /** Waits until the agent reports these entries, and no others, each in that state. */
  async reports(rows: Record<string, EntryState>): Promise<AgentStatus> {
    const wanted = JSON.stringify(rows)
    return await this.says(
      wanted,
      ({ entries }) => JSON.stringify(Object.fromEntries(entries.map((row) => [row.id, row.state]))) === wanted,
    )
  }

  /** Waits until all that stands at this revision is reported as applied. */
  async applied(revision: number): Promise<AgentStatus> {
    const isApplied = (status: AgentStatus): boolean =>
      status.revision >= revision && status.entries.every(({ state }) => state === 'APPLIED')
    return await this.says(`that revision ${revision} is applied`, isApplied)
  }

  async #clean(): Promise<void> {
    for (const { key } of (await this.store.list(`${this.prefix}/`)).items) await this.store.delete(key)
  }
}
