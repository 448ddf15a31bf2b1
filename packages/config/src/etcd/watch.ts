import { type Etcd3, EtcdPermissionDeniedError, type IWatchResponse, Range } from 'etcd3'
import { compactedError, listenerError } from '../store-errors.ts'
import type { StoreChange } from '../store.ts'
import { cancelStream } from './cancel.ts'

export interface WatchRequest {
  prefix: string
  fromRevision: number
  onChange(change: StoreChange): void
  /** How long etcd may take to confirm the watch. */
  timeoutMs: number
}

/**
 * One watch on its own stream. Resolves when `signal` aborts; rejects when the stream ends in any other way.
 *
 * NOTE: the library's own Watcher is not used. It reconnects by itself and, when it does so before the changes it had missed
 * have arrived, starts at the present revision and loses them.
 */
export async function watchOnce(client: Etcd3, request: WatchRequest, signal: AbortSignal): Promise<void> {
  const stream = await client.watchClient.watch()
  const { start, end } = Range.prefix(request.prefix)
  await new Promise<void>((resolve, reject) => {
    let settled = false
    const settle = (error?: unknown): void => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      cancelStream(stream)
      if (error === undefined) resolve()
      else reject(error as Error)
    }
    const onAbort = (): void => settle()
    const timer = setTimeout(() => settle(new Error('etcd did not confirm the watch in time.')), request.timeoutMs)
    stream.on('error', settle)
    stream.on('end', () => settle(new Error('etcd ended the watch.')))
    stream.on('data', (response) => {
      if (settled) return
      if (response.created) clearTimeout(timer)
      if (response.canceled) settle(cancelError(response, request.fromRevision))
      try {
        for (const change of changesOf(response)) request.onChange(change)
      } catch (error) {
        settle(listenerError(error))
      }
    })
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) settle()
    else {
      stream.write({
        create_request: { key: start, range_end: end, start_revision: request.fromRevision, progress_notify: true },
      })
    }
  })
}

function changesOf(response: IWatchResponse): StoreChange[] {
  return response.events.map(({ type, kv }) => {
    const key = kv.key.toString('utf8')
    const modRevision = Number(kv.mod_revision)
    return type === 'Delete'
      ? { kind: 'delete', key, modRevision }
      : { kind: 'put', key, value: kv.value.toString('utf8'), modRevision }
  })
}

function cancelError(response: IWatchResponse, fromRevision: number): Error {
  if (Number(response.compact_revision) > 0) return compactedError(fromRevision)
  if (response.cancel_reason.includes('permission denied')) {
    return new EtcdPermissionDeniedError(response.cancel_reason)
  }
  return new Error(`etcd ended the watch: ${response.cancel_reason}.`)
}
