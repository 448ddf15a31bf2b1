import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readSync } from 'node:fs'
import type { Cluster } from '@logpipe/kafka'
import { randomName } from '@logpipe/testkit'
import { Scope } from '../lib/scope.ts'

/** What all rounds share. */
export interface Lab {
  readonly cluster: Cluster
  readonly brokers: readonly string[]
  /** A folder for files of any size, on one file system: files are moved into place by renaming them. */
  readonly folder: string
  /** The folder that is collected. */
  readonly watched: string
  readonly signal: AbortSignal
}

/** What a round gets: a topic and a scope of its own, both gone after it. */
export interface RoundPlace {
  readonly topic: string
  readonly scope: Scope
}

/** Of every topic, and so of every contestant. */
const partitions = 6
const deleteMs = 30_000

const scratch = Buffer.allocUnsafeSlow(1_048_576)

/**
 * Runs a round over `files` on a fresh topic and deletes it afterwards. Before, all that earlier rounds left to be written is on the disk, so
 * that no round pays for the one before it; and the files are in memory, as logs are that were just written.
 */
export async function withTopic<T>(
  { cluster, signal }: Lab,
  files: readonly string[],
  run: (place: RoundPlace) => Promise<T>,
): Promise<T> {
  const scope = new Scope()
  const topic = randomName('bench_log')
  try {
    // The bytes of a deleted topic lie on the disk for a minute by default: a whole run would need some 40 GiB.
    const configs = { 'file.delete.delay.ms': '1000' }
    await cluster.ensureTopic(topic, { partitions, replication: 'auto', configs }, signal)
    spawnSync('sync')
    for (const file of files) readThrough(file)
    return await run({ topic, scope })
  } finally {
    await scope.close()
    // Also where the run was stopped.
    await cluster.deleteTopic(topic, AbortSignal.timeout(deleteMs))
  }
}

/** NOTE: a machine with memory to spare takes pages from files all the same that nobody has read for a while (DAMON); they would be read from the disk. */
function readThrough(file: string): void {
  const fd = openSync(file, 'r')
  try {
    while (readSync(fd, scratch) > 0);
  } finally {
    closeSync(fd)
  }
}
