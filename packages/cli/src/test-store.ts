import { type ConfigStore, type Leases, openEtcdStore } from '@logpipe/config'
import { closeAfter, randomName, type Scope, testServers } from '@logpipe/testkit'
import { type Printed, runLogctl, type TestContextOptions } from './test-output.ts'

/** A prefix of its own on the real etcd, and logctl that works below it; gone after the test. */
export class TestStore {
  readonly store: ConfigStore & Leases
  readonly prefix = `/${randomName('logctl')}`

  private constructor(store: ConfigStore & Leases) {
    this.store = store
  }

  static async open(scope: Scope): Promise<TestStore> {
    const own = new TestStore(await openEtcdStore({ endpoints: testServers().etcdEndpoints }))
    closeAfter(scope, async () => {
      const { items } = await own.store.list(`${own.prefix}/`)
      for (const { key } of items) await own.store.delete(key)
      await own.store.close()
    })
    return own
  }

  /** `env`: besides what says where it works. */
  logctl(args: readonly string[], options: TestContextOptions = {}): Promise<Printed> {
    return runLogctl(args, { ...options, env: { ...this.env, ...options.env } })
  }

  /** What says to logctl where it works. */
  get env(): Record<string, string> {
    return { LOGCTL_ETCD: testServers().etcdEndpoints.join(','), LOGCTL_ETCD_PREFIX: this.prefix }
  }

  put(key: string, value: unknown): Promise<number> {
    return this.store.put(`${this.prefix}/${key}`, typeof value === 'string' ? value : JSON.stringify(value))
  }

  /** What stands at a key; null where it is not there. */
  async at(key: string): Promise<string | null> {
    const whole = `${this.prefix}/${key}`
    return (await this.store.list(whole)).items.find((item) => item.key === whole)?.value ?? null
  }
}
