import { openEtcdStore } from '@logpipe/config'
import type { EtcdSettings } from '../settings.ts'

/** What keeps us from reading our keys at this member alone; null: nothing does. Never rejects. */
export async function readFault(
  endpoint: string,
  { prefix, ...access }: EtcdSettings,
  requestTimeoutMs: number,
): Promise<unknown> {
  try {
    const store = await openEtcdStore({ ...access, endpoints: [endpoint], requestTimeoutMs })
    try {
      await store.list(`${prefix}/locks/`)
      return null
    } finally {
      await store.close()
    }
  } catch (error) {
    return error
  }
}
