import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { anyAddress, Backoff, describeError, localAddressTowards, type Logger } from '@logpipe/runtime'

export interface OwnAddressOptions {
  /** `host:port` of servers that this host talks to; the first that can be reached decides. */
  servers: readonly string[]
  /** Where the address is remembered. */
  folder: string
  log: Logger
  /** How long it is waited for at the first start, when nothing is remembered. */
  patienceMs: number
}

/** In the data folder: the address of the last start. */
export const addressFile = 'address'

/**
 * The address by which etcd's keys mean this host. Names may not be resolved yet when a host comes up: then that of the last start counts, so that
 * nobody collects by the keys of another address, or none. Without that, servers are asked for until `patienceMs` is over or `signal` aborts.
 */
export async function ownAddress(options: OwnAddressOptions, signal: AbortSignal): Promise<string> {
  const { servers, folder, log, patienceMs } = options
  const found = await localAddressTowards(servers)
  if (found !== null) return kept(found, folder, log)
  const last = remembered(folder)
  if (last !== null) {
    log.warn('No server is found by its name yet; this host goes by the address of its last start', { ip: last })
    return last
  }
  if (patienceMs > 0)
    log.warn('No server is found by its name yet; they are asked for again', { servers: servers.join(', ') })
  const until = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  const backoff = new Backoff({ baseMs: 200, maxMs: 2_000 })
  while (patienceMs > 0 && !until.aborted) {
    await backoff.wait(until).catch(() => undefined)
    const late = until.aborted ? null : await localAddressTowards(servers)
    if (late !== null) return kept(late, folder, log)
  }
  const ip = anyAddress()
  const sentence =
    "No server is found by its name, so this host's address is a guess; if it is another, set `ip` or start again"
  log.warn(sentence, { ip, servers: servers.join(', ') })
  return ip
}

function remembered(folder: string): string | null {
  try {
    const text = readFileSync(join(folder, addressFile), 'utf8').trim()
    return isIP(text) === 0 ? null : text
  } catch {
    return null
  }
}

/** Remembers it for the next start. */
function kept(ip: string, folder: string, log: Logger): string {
  if (remembered(folder) === ip) return ip
  const file = join(folder, addressFile)
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${file}.new`, `${ip}\n`)
    renameSync(`${file}.new`, file)
  } catch (error) {
    log.warn('The address of this host cannot be remembered for the next start', { reason: describeError(error) })
  }
  return ip
}
