import {
  auditChanges,
  buildKey,
  type ConfigStore,
  type Leases,
  type TransferSettings,
  whenElected,
} from '@logpipe/config'
import { describeError, type Logger } from '@logpipe/runtime'

export interface AuditOptions {
  store: ConfigStore & Leases
  prefix: string
  /** Who stands for election, for people who look at the lock. */
  owner: string
  settings: TransferSettings['audit']
  log: Logger
  /** How often changes are looked at. Default 5,000. */
  paceMs?: number
}

/**
 * Stands for election as the one who writes down changes made by hand and forgets old ones, and does that work whenever elected, until `signal` aborts.
 * Rejects with what waiting cannot mend; it may be begun again.
 */
export async function audit(options: AuditOptions, signal: AbortSignal): Promise<void> {
  const { store, prefix, owner, settings, log, paceMs } = options
  let told = ''
  const hindered = (error: unknown): void => {
    const reason = describeError(error)
    if (reason === told) return
    told = reason
    log.warn('Changes made by hand in etcd cannot be written down now; it is tried again', { reason })
  }
  const election = { store, key: buildKey(prefix, { kind: 'lock', name: 'audit' }), owner, onHindered: hindered }
  const work = auditChanges.bind(null, {
    store,
    prefix,
    keepDays: settings.keepDays,
    ...(paceMs !== undefined && { paceMs }),
    onFailed: hindered,
    onHandMade: ({ key, revision }) => {
      told = ''
      log.info('Something was changed in etcd without logctl; it is in the history now', { key, revision })
    },
    onTrimmed: (count) => log.info('Old changes were taken out of the history', { count }),
  })
  await whenElected(election, work, signal)
}
