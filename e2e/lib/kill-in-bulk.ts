import { type ElasticsearchProxy, waitFor } from '@logpipe/testkit'
import type { TransferRun } from './transfer-run.ts'

/** Where in a bulk a kill strikes, in turn. */
const moments = ['sent, Elasticsearch has not got it', 'Elasticsearch has it, no answer', 'answered'] as const

export type Moment = (typeof moments)[number]

/** The moments in turn, for the kills of a test. */
export function momentOf(turn: number): Moment {
  return moments[turn % moments.length] ?? 'answered'
}

/** Kills the instance at this moment of the second bulk that it sends from now on; resolves to whether there was one. */
export async function killInBulk(
  run: TransferRun,
  index: number,
  proxy: ElasticsearchProxy,
  moment: Moment,
): Promise<boolean> {
  const transfer = run.transfers[index]
  const first = proxy.bulks
  let killed: Promise<void> | null = null
  const kill = (): Promise<void> => (killed ??= run.kill(transfer))
  proxy.play({
    before: async ({ number }) => {
      if (number > first && moment === moments[0]) await kill()
      return null
    },
    done: async ({ number }) => {
      if (number > first && moment === moments[1]) await kill()
      if (number > first && moment === moments[2]) setImmediate(() => void kill())
    },
  })
  const isInBulk = await waitFor(() => killed !== null, { what: 'such a bulk', deadlineMs: 15_000 }).catch(() => false)
  // Where the others have all partitions for the moment, it is killed idle.
  await kill()
  proxy.play()
  return isInBulk
}
