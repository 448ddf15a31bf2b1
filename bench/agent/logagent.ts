import { join } from 'node:path'
import { type Daemon, startAgent } from '@logpipe/testkit'
import { originFromHeaders, verifyTopic } from '../lib/verify-topic.ts'
import { type Lab, withTopic } from './lab.ts'
import { type Round, type Watched, clockDelivery, untilRecords } from './round.ts'
import { type Workload, inPlace, tallyOf } from './workload.ts'

export interface AgentRoundOptions {
  /** Keys of the collection entry beyond path, topic and partition. */
  entry: Record<string, unknown>
  /** On top of the environment. */
  env?: Record<string, string>
  /** Called right before the files appear and, when the clock has stopped, right after. */
  before?: (agent: Daemon) => Promise<void>
  after?: (agent: Daemon) => Promise<void>
  /** Gets the `source` headers that the records carry. */
  onSource?: (source: string) => void
}

/**
 * A round of logagent as a user runs it: registry, idempotence and acks=all on. It runs before the files appear; the clock stops
 * when the broker holds their lines. Then every record is read back and compared.
 */
export async function agentRound(lab: Lab, workload: Workload, options: AgentRoundOptions): Promise<Round> {
  return await withTopic(lab, workload.files, ({ topic, scope }) =>
    inPlace(workload, lab.watched, async (arrive) => {
      const agent = await startAgent(
        scope,
        {
          kafka: { brokers: lab.brokers },
          entries: [
            { path: join(lab.watched, '*.log'), topic, id: 'bench', partition: 'roundrobin', ...options.entry },
          ],
          discover: { pollMs: 100 },
        },
        options.env === undefined ? {} : { env: options.env },
      )
      await options.before?.(agent)
      const collector = watch(agent)
      let paths: readonly string[] = []
      const { lines, timedRecords } = workload
      const onArrive = (): void => void (paths = arrive())
      const round = await clockDelivery(lab, topic, collector, { lines, records: timedRecords, arrive: onArrive })
      await options.after?.(agent)
      const tally = tallyOf(workload, paths)
      await untilRecords(lab, topic, collector, tally.count)
      await agent.stop()
      await verifyTopic(lab.cluster, topic, tally, originFromHeaders(options.onSource), lab.signal)
      return round
    }),
  )
}

/** The agent as the clock sees it. */
export function watch(agent: Daemon): Watched {
  const { pid } = agent
  if (pid === undefined) throw new Error(`logagent ended.\n${agent.output}`)
  return { name: 'logagent', pid, lastWords: () => (agent.running ? null : `It said last:\n${agent.output}`) }
}
