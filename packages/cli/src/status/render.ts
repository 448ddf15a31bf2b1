import { count, escapeControls, table } from '@logpipe/runtime/terminal'
import type { MembersState, StatusReport } from './report.ts'

/** The report as tables for people. Names in it come from servers, so they are escaped. */
export function renderStatus(report: StatusReport): string {
  const parts = [table([{ title: 'WHAT' }, { title: 'STATE' }, { title: 'WHERE' }], serverRows(report))]
  const { kafka, elasticsearch } = report
  if (kafka?.topics !== undefined && kafka.topics.length > 0) {
    const columns = [
      { title: 'TOPIC' },
      { title: 'PARTITIONS', number: true },
      { title: 'RECORDS', number: true },
      { title: `LAG OF ${escapeControls(kafka.group)}`, number: true },
    ]
    const rows = kafka.topics.map(({ topic, partitions, records, lag }) => [
      escapeControls(topic),
      count(partitions),
      count(records),
      lag === undefined ? '-' : count(lag),
    ])
    parts.push(table(columns, rows))
  }
  if (elasticsearch?.dataStreams !== undefined && elasticsearch.dataStreams.length > 0) {
    const rows = elasticsearch.dataStreams.map(({ name, documents }) => [escapeControls(name), count(documents)])
    parts.push(table([{ title: 'DATA STREAM' }, { title: 'DOCUMENTS', number: true }], rows))
  }
  const problems = problemsOf(report)
  if (problems.length > 0) parts.push(`${problems.map((problem) => `! ${escapeControls(problem)}`).join('\n')}\n`)
  return parts.join('\n')
}

function serverRows({ kafka, etcd, elasticsearch, fleet, programs }: StatusReport): string[][] {
  const unknown = (name: string, flag: string): string[] => [name, 'not known', `give --${flag}`]
  const row = (name: string, healthy: boolean, addresses: readonly string[], detail?: string): string[] => [
    name,
    `${healthy ? 'ok' : 'PROBLEM'}${detail === undefined ? '' : ` (${detail})`}`,
    escapeControls(addresses.join(' ')),
  ]
  const brokers =
    kafka?.brokers === 1 ? '1 broker' : kafka?.brokers === undefined ? undefined : `${kafka.brokers} brokers`
  return [
    kafka ? row('Kafka', kafka.healthy, kafka.addresses, brokers) : unknown('Kafka', 'kafka'),
    etcd ? row('etcd', etcd.healthy, etcd.addresses) : unknown('etcd', 'etcd'),
    elasticsearch
      ? row('Elasticsearch', elasticsearch.healthy, elasticsearch.addresses, elasticsearch.status)
      : unknown('Elasticsearch', 'elasticsearch'),
    ...(fleet === undefined ? [] : [membersRow('agents', fleet.agents), membersRow('transfers', fleet.transfers)]),
    ...programs.map(({ kind, address, healthy }) => row(kind, healthy, [address])),
  ]
}

/** Nobody is no problem: agents and transfers need no etcd. */
function membersRow(name: string, { alive, failed, pending }: MembersState): string[] {
  const parts = [
    `${count(alive)} alive`,
    ...(failed > 0 ? [`${count(failed)} could not apply something`] : []),
    ...(pending > 0 ? [`${count(pending)} on the way`] : []),
  ]
  const state = alive === 0 ? 'none' : `${failed > 0 ? 'PROBLEM' : 'ok'} (${parts.join(', ')})`
  return [name, state, 'registered in etcd']
}

function problemsOf({ kafka, etcd, elasticsearch, fleet, programs }: StatusReport): string[] {
  const found: string[] = []
  for (const state of [kafka, etcd, elasticsearch]) if (state?.problem !== undefined) found.push(state.problem)
  for (const members of fleet === undefined ? [] : [fleet.agents, fleet.transfers]) found.push(...members.errors)
  for (const { kind, problem } of programs) if (problem !== undefined) found.push(`The ${kind}: ${problem}`)
  return found
}
