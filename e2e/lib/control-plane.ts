import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import type { TestContext } from 'node:test'
import { type ConfigStore, keysOf, type Leases, openEtcdStore } from '@logpipe/config'
import {
  closeAfter,
  LogDir,
  type Ran,
  randomName,
  readTopic,
  runProgram,
  startAgent,
  testServers,
  waitFor,
} from '@logpipe/testkit'

type Settings = Parameters<typeof startAgent>[1]

/** An agent of a `ControlPlane`, and the folder that it may look into. */
export interface Member {
  id: string
  dir: LogDir
  agent: Awaited<ReturnType<typeof startAgent>>
}

/** A prefix of its own on the shared etcd, agents that collect what stands below it, and logctl that works there; all gone after the test. */
export class ControlPlane {
  readonly store: ConfigStore & Leases
  readonly prefix: string
  readonly #t: TestContext

  private constructor(t: TestContext, store: ConfigStore & Leases, name: string) {
    this.#t = t
    this.store = store
    this.prefix = `/${randomName(name)}`
  }

  static async open(t: TestContext, name: string): Promise<ControlPlane> {
    const store = await openEtcdStore({ endpoints: testServers().etcdEndpoints })
    const own = new ControlPlane(t, store, name)
    closeAfter(t, async () => {
      for (const { key } of (await store.list(`${own.prefix}/`)).items) await store.delete(key)
      await store.close()
    })
    return own
  }

  /** Starts an agent with this id and the label role=web, which may look into a folder of its own alone. */
  async startAgent(id: string, settings: Settings = {}): Promise<Member> {
    const dir = LogDir.create(this.#t)
    const { kafkaBrokers: brokers, etcdEndpoints: endpoints } = testServers()
    const agent = await startAgent(this.#t, {
      kafka: { brokers },
      etcd: { endpoints, prefix: this.prefix },
      id,
      ip: `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`,
      labels: { role: 'web' },
      discover: { pollMs: 100, roots: [dir.file('')] },
      ...settings,
    })
    return { id, dir, agent }
  }

  /** Resolves when so many agents have said what they apply. */
  async reported(count: number): Promise<void> {
    const isThere = async (): Promise<boolean> =>
      (await this.store.list(keysOf(this.prefix, 'status'))).items.length === count
    await waitFor(isThere, { what: `${count} agents to report` })
  }

  logctl(...args: string[]): Promise<Ran> {
    const env = { LOGCTL_ETCD: testServers().etcdEndpoints.join(','), LOGCTL_ETCD_PREFIX: this.prefix }
    return runProgram('logctl', { args, env })
  }

  /** What logctl prints; it must end with 0. */
  async well(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.logctl(...args)
    assert.equal(code, 0, `logctl ${args.join(' ')}: ${stdout}${stderr}`)
    return stdout
  }
}

/** The values of all records that the topic holds. */
export async function linesIn(topic: string): Promise<string[]> {
  const found: string[] = []
  for await (const { value } of readTopic({ brokers: testServers().kafkaBrokers, topic })) found.push(String(value))
  return found
}
