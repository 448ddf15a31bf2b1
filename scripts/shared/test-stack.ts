import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type StackAddresses, type StackOptions, isAlive, localFolder, startStack, takeDown } from '@logpipe/stack'

/** Names of the variables that hold the addresses, comma-separated. */
const variables = { kafka: 'KAFKA', etcd: 'ETCD', elasticsearch: 'ELASTICSEARCH' } as const

/**
 * Runs `use` with a stack of its own on free ports and ends the stack after it. `use` gets the environment for its child processes:
 * the addresses as <prefix>_KAFKA, <prefix>_ETCD and <prefix>_ELASTICSEARCH for each prefix. Where the environment names servers
 * already under the first prefix, those are used and none are started.
 */
export async function withTestStack<T>(
  {
    prefixes,
    signal,
    ...options
  }: { prefixes: string[]; signal: AbortSignal } & Pick<StackOptions, 'heap' | 'brokers'>,
  use: (env: Record<string, string>) => Promise<T>,
): Promise<T> {
  const given = givenAddresses(prefixes[0] ?? '')
  if (given) return await use(environment(prefixes, given))
  await removeLeftovers(signal)
  const dir = join(localFolder, `test-${process.pid}`)
  const onProgress = (text: string): void => console.error(`stack: ${text}`)
  try {
    const stack = await startStack({ dir, ports: 'free', graceMs: 0, onProgress, signal, ...options })
    try {
      return await use(environment(prefixes, stack.addresses))
    } finally {
      await stack.stop()
    }
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

function givenAddresses(prefix: string): StackAddresses | undefined {
  const list = (name: string): string[] =>
    (process.env[`${prefix}_${name}`] ?? '').split(',').filter((item) => item !== '')
  const brokers = list(variables.kafka)
  const endpoints = list(variables.etcd)
  const nodes = list(variables.elasticsearch)
  const isWhole = brokers.length > 0 && endpoints.length > 0 && nodes.length > 0
  return isWhole ? { kafka: { brokers }, etcd: { endpoints }, elasticsearch: { nodes } } : undefined
}

function environment(prefixes: string[], { kafka, etcd, elasticsearch }: StackAddresses): Record<string, string> {
  return Object.fromEntries(
    prefixes.flatMap((prefix) => [
      [`${prefix}_${variables.kafka}`, kafka.brokers.join(',')],
      [`${prefix}_${variables.etcd}`, etcd.endpoints.join(',')],
      [`${prefix}_${variables.elasticsearch}`, elasticsearch.nodes.join(',')],
    ]),
  )
}

/** Ends and removes what test runs left that were killed: their folders carry their pid. */
async function removeLeftovers(signal: AbortSignal): Promise<void> {
  for (const name of await readdir(localFolder).catch(() => [])) {
    const pid = Number(/^test-(\d+)$/.exec(name)?.[1])
    if (!pid || isAlive(pid)) continue
    const dir = join(localFolder, name)
    await takeDown(dir, signal, 0)
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  }
}
