import { LogpipeError } from '@logpipe/runtime/errors'

/** The key does not stand at the revision that the writer has seen. */
export function conflictError(key: string): LogpipeError {
  return new LogpipeError('etcd_conflict', `${key} was changed by someone else in the meantime; read it again.`)
}

/** The lease under which a key was to be written is over. */
export function leaseOverError(cause?: unknown): LogpipeError {
  return new LogpipeError('etcd_rejected', 'etcd could not write: the lease has ended; take a new one.', { cause })
}

/** The changes from `revision` on are gone. */
export function compactedError(revision: number): LogpipeError {
  return new LogpipeError(
    'etcd_compacted',
    `etcd has forgotten revision ${revision}; list again and watch from there.`,
    {
      retriable: true,
    },
  )
}

/** Nothing is known of the outcome. */
export function unavailableError(sentence: string, cause?: unknown): LogpipeError {
  return new LogpipeError('etcd_unavailable', sentence, { retriable: true, cause })
}

/** Whoever listens to changes threw. */
export function listenerError(cause: unknown): LogpipeError {
  return new LogpipeError('internal', 'What listens to changes of the store failed.', { cause })
}
