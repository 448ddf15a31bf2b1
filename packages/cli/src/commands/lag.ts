import { matchTopic, parseDuration } from '@logpipe/config'
import { Cluster } from '@logpipe/kafka'
import { LogpipeError, sleep } from '@logpipe/runtime'
import { count, escapeControls, print, remark, table } from '@logpipe/runtime/terminal'
import { parseLimit } from '../dead-letters/selection.ts'
import { patiently } from '../kafka/patiently.ts'
import { topicGlobs } from '../kafka/topic-tail.ts'
import { groupLag, type PartitionLag } from '../lag/group-lag.ts'
import { type LagRow, partitionRows, topicRows } from '../lag/rows.ts'
import { durationText } from '../output/duration.ts'
import { jsonLine } from '../output/json.ts'
import { type CliSettings, need } from '../settings.ts'
import type { CommandContext } from './context.ts'

export interface LagFlags {
  partitions?: boolean
  over?: string
  above?: string
  json?: boolean
}

/** `logctl lag`: how far the group is behind. Resolves to whether that is within what was asked for. */
export async function lag(
  topics: string | undefined,
  flags: LagFlags,
  settings: CliSettings,
  { output, signal }: Pick<CommandContext, 'output' | 'signal'>,
): Promise<boolean> {
  const globs = topicGlobs(topics)
  const overMs = flags.over === undefined ? null : duration(flags.over)
  const most = flags.above === undefined ? Infinity : parseLimit(flags.above, Number.MAX_SAFE_INTEGER, '--above', 0)
  const cluster = new Cluster({ ...need(settings, 'kafka'), clientId: 'logctl' })
  try {
    const look = (): Promise<PartitionLag[]> =>
      patiently(() => groupLag(cluster, settings.group, (topic) => matchTopic(globs, topic), signal), signal)
    const earlier = overMs === null ? null : await look()
    const began = performance.now()
    if (overMs !== null) await sleep(overMs, signal)
    const now = await look()
    const byPartition = partitionRows(now, earlier, performance.now() - began)
    const byTopic = topicRows(byPartition)
    const rows = flags.partitions === true ? byPartition : byTopic
    const text = flags.json === true ? rows.map(jsonLine).join('') : lagTable(rows, settings.group, flags)
    if (rows.length > 0) await print(output, text, signal)
    const unread = new Set(now.flatMap(({ topic, lag: waits }) => (waits === null ? [topic] : [])))
    const nothing = `Group ${settings.group} has committed nothing of these topics`
    if (rows.length === 0 && flags.above !== undefined) {
      // Nobody is there to read a remark, and what is not known is not fine.
      output.stderr.write(
        `logctl: ${nothing}, so its lag is not known: is --consumer-group right, and does a transfer run?\n`,
      )
      return false
    }
    if (rows.length === 0) remark(output, `${nothing}.`)
    else if (unread.size > 0)
      remark(output, `Topics that ${settings.group} has committed nothing of: ${count(unread.size)}.`)
    return byTopic.every((row) => row.lag <= most)
  } finally {
    await cluster.close()
  }
}

function lagTable(rows: readonly LagRow[], group: string, { partitions, over }: LagFlags): string {
  const number = (title: string): { title: string; number: true } => ({ title, number: true })
  const columns = [
    { title: 'TOPIC' },
    ...(partitions === true ? ['PARTITION', 'COMMITTED', 'END'] : ['PARTITIONS', 'RECORDS']).map(number),
    number(`LAG OF ${escapeControls(group)}`),
    ...(over === undefined ? [] : ['IN/S', 'OUT/S', 'READ IN'].map(number)),
  ]
  const cells = rows.map((row) => {
    const { topic, partition, committed, end, records, lag: waits, rates, seconds } = row
    const where =
      partition === undefined
        ? [count(row.partitions), count(records)]
        : [String(partition), committed == null ? '-' : count(committed), count(end ?? 0)]
    const pace = over === undefined ? [] : rates === undefined ? ['-', '-', '-'] : [rates.in, rates.out].map(perSecond)
    if (rates !== undefined) pace.push(seconds == null ? 'never' : durationText(seconds))
    return [escapeControls(topic), ...where, count(waits), ...pace]
  })
  return table(columns, cells)
}

function perSecond(rate: number): string {
  return count(Math.round(rate))
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms !== null && ms >= 1_000 && ms <= 3_600_000) return ms
  throw new LogpipeError('settings_invalid', `--over is '${text}': write a time from 1s to 1h, e.g. 10s.`)
}
