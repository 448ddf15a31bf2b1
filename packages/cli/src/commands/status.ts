import { LogpipeError } from '@logpipe/runtime'
import { type Output, print } from '@logpipe/runtime/terminal'
import type { CliSettings } from '../settings.ts'
import { elasticsearchState } from '../status/elasticsearch.ts'
import { etcdState, programState } from '../status/endpoints.ts'
import { fleetState } from '../status/fleet.ts'
import { kafkaState } from '../status/kafka.ts'
import { renderStatus } from '../status/render.ts'
import type { StatusReport } from '../status/report.ts'

/** `logctl status`: asks all that is known at once and prints what they say. Resolves to whether everything is healthy. */
export async function status(flags: { json?: boolean }, settings: CliSettings, output: Output): Promise<boolean> {
  const report = await look(settings)
  await print(output, flags.json === true ? `${JSON.stringify(report)}\n` : renderStatus(report))
  return report.healthy
}

async function look({ kafka, etcd, elasticsearch, agents, transfers, group }: CliSettings): Promise<StatusReport> {
  if (!kafka && !etcd && !elasticsearch && agents.length + transfers.length === 0) {
    throw new LogpipeError(
      'settings_invalid',
      'No server is known to ask: give --kafka, --etcd, --elasticsearch, --agents or --transfers, set LOGCTL_…, ' +
        'or run npm start in this checkout.',
    )
  }
  const [kafkaFound, etcdFound, fleet, elasticsearchFound, programs] = await Promise.all([
    kafka && kafkaState(kafka, group),
    etcd && etcdState(etcd),
    etcd && fleetState(etcd),
    elasticsearch && elasticsearchState(elasticsearch),
    Promise.all([
      ...agents.map((address) => programState('agent', address)),
      ...transfers.map((address) => programState('transfer', address)),
    ]),
  ])
  const states = [kafkaFound, etcdFound, fleet, elasticsearchFound, ...programs]
  return {
    healthy: states.every((state) => state === undefined || state.healthy),
    ...(kafkaFound && { kafka: kafkaFound }),
    ...(etcdFound && { etcd: etcdFound }),
    ...(elasticsearchFound && { elasticsearch: elasticsearchFound }),
    ...(fleet && { fleet }),
    programs,
  }
}
