import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { type FoundProgram, findDebianProgram, spawnTied } from '@logpipe/stack'
import { randomName } from '@logpipe/testkit'
import { nginxLine } from '../lib/nginx-log.ts'
import { Scope } from '../lib/scope.ts'
import { clockWork } from './clock.ts'
import type { Lab, Round } from './lab.ts'
import { rsyslogSettings } from './rsyslog-settings.ts'

/** Of the lines that must be found by their text. */
const sampled = 20

/** rsyslog with its Kafka input and Elasticsearch output, as installed or from Debian's packages. */
export async function findRsyslog(signal: AbortSignal): Promise<FoundProgram> {
  const rsyslog = {
    name: 'rsyslogd',
    folder: 'rsyslogd-elasticsearch',
    packages: ['rsyslog', 'rsyslog-kafka', 'rsyslog-elasticsearch'],
    path: 'usr/sbin/rsyslogd',
    withDependencies: true,
    plugin: 'usr/lib/*/rsyslog/omelasticsearch.so',
  }
  return await findDebianProgram(rsyslog, { onProgress: (text) => console.log(`rsyslog: ${text}`), signal })
}

/** `own`: the index that Elasticsearch makes of rsyslog's documents. `ours`: one with the mappings and settings of logtransfer's template. */
export type Mapping = 'own' | 'ours'

/**
 * A round of rsyslog (imkafka and omelasticsearch) on the same topic. Its documents hold a time and the line; they are counted, and some
 * are looked for by their text.
 */
export async function rsyslogRound(lab: Lab, { program, env, plugin }: FoundProgram, mapping: Mapping): Promise<Round> {
  const { brokers, elasticsearch, node, topic, documents, signal } = lab
  const index = randomName('bench-rsyslog').replaceAll('_', '-')
  const scope = new Scope()
  const folder = mkdtempSync(join(lab.folder, 'rsyslog-'))
  scope.after(() => rmSync(folder, { recursive: true, force: true }))
  try {
    if (mapping === 'ours') await makeIndex(lab, index)
    await elasticsearch.settle(10_000, signal)
    const settings = join(folder, 'rsyslog.conf')
    writeFileSync(settings, rsyslogSettings({ folder, brokers, topic, group: index, node, index }))
    const modules = plugin === null ? [] : ['-M', dirname(plugin)]
    const child = spawnTied(program, ['-n', '-f', settings, '-i', join(folder, 'rsyslogd.pid'), ...modules], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      deathSignal: 'SIGKILL',
    })
    const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
    scope.after(async () => {
      if (hasEnded()) return
      const closed = once(child, 'close')
      child.kill('SIGKILL')
      await closed
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-10_000)))
    await once(child, 'spawn')
    const work = {
      total: documents,
      count: () => elasticsearch.indexed(index),
      pids: [child.pid as number],
      lastWords: () => (hasEnded() ? `rsyslog said last:\n${said}` : null),
    }
    const round = await clockWork(work, signal)
    await verify(lab, index)
    return round
  } finally {
    await scope.close()
    await elasticsearch.discard(index)
  }
}

/** An index with the settings and mappings of the template that logtransfer has installed. */
async function makeIndex({ elasticsearch }: Lab, index: string): Promise<void> {
  const answer = await elasticsearch.request('GET', '/_index_template/logpipe-logs')
  const { index_templates: list } = JSON.parse(answer.toString()) as {
    index_templates: { index_template: { template: { settings: object; mappings: object } } }[]
  }
  const template = list[0]?.index_template.template
  if (template === undefined) throw new Error('The template of logtransfer is not there; let it have a round first.')
  const { settings, mappings } = template
  await elasticsearch.request('PUT', `/${index}`, JSON.stringify({ settings, mappings }))
}

async function verify({ elasticsearch, documents }: Lab, index: string): Promise<void> {
  const found = await elasticsearch.count(index)
  if (found !== documents) throw new Error(`rsyslog wrote ${found} of ${documents} documents.`)
  for (let i = 0; i < sampled; i++) {
    const line = nginxLine(Math.floor((i * documents) / sampled))
    const query = { query: { match_phrase: { message: line.slice(0, line.indexOf(' HTTP/')) } }, _source: ['message'] }
    const answer = await elasticsearch.request('POST', `/${index}/_search`, JSON.stringify(query))
    const { hits } = (JSON.parse(answer.toString()) as { hits: { hits: { _source: { message: string } }[] } }).hits
    if (!hits.some(({ _source: { message } }) => message === line))
      throw new Error(`rsyslog did not write this line:\n${line}`)
  }
}
