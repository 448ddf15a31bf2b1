import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type FoundProgram, findDebianProgram, spawnTied } from '@logpipe/stack'
import { waitFor } from '@logpipe/testkit'
import type { Scope } from '../lib/scope.ts'
import { verifyTopic } from '../lib/verify-topic.ts'
import { type Lab, withTopic } from './lab.ts'
import { type Round, type Watched, clockDelivery } from './round.ts'
import { rsyslogSettings } from './rsyslog-settings.ts'
import { type Workload, inPlace, originFromContent, tallyOf } from './workload.ts'

/** rsyslog with its Kafka output, as installed or from Debian's packages. */
export async function findRsyslog(signal: AbortSignal): Promise<FoundProgram> {
  const rsyslog = {
    name: 'rsyslogd',
    packages: ['rsyslog', 'rsyslog-kafka'],
    path: 'usr/sbin/rsyslogd',
    withDependencies: true,
    plugin: 'usr/lib/*/rsyslog/omkafka.so',
  }
  return await findDebianProgram(rsyslog, { onProgress: (text) => console.log(`rsyslog: ${text}`), signal })
}

/**
 * A round of rsyslog (imfile and omkafka) on the same file. As for logagent, it runs before the file appears, and the clock stops
 * when the broker holds all lines. Its messages carry no headers, so the broker gets fewer bytes. Then every one is read back.
 */
export async function rsyslogRound(lab: Lab, found: FoundProgram, workload: Workload): Promise<Round> {
  return await withTopic(lab, workload.files, ({ topic, scope }) =>
    inPlace(workload, lab.watched, async (arrive) => {
      const collector = await startRsyslog(lab, found, topic, scope)
      let paths: readonly string[] = []
      const { lines } = workload
      const onArrive = (): void => void (paths = arrive())
      const round = await clockDelivery(lab, topic, collector, { lines, records: lines, arrive: onArrive })
      await scope.close()
      const [path] = paths
      if (path === undefined || paths.length > 1) throw new Error('rsyslog gets one file.')
      await verifyTopic(lab.cluster, topic, tallyOf(workload, paths), originFromContent(path), lab.signal)
      return round
    }),
  )
}

async function startRsyslog(
  lab: Lab,
  { program, env, plugin }: FoundProgram,
  topic: string,
  scope: Scope,
): Promise<Watched> {
  const folder = mkdtempSync(join(lab.folder, 'rsyslog-'))
  scope.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(lab.watched, { recursive: true })
  const settings = join(folder, 'rsyslog.conf')
  writeFileSync(settings, rsyslogSettings({ folder, brokers: lab.brokers, topic, files: join(lab.watched, '*.log') }))
  const modules = plugin === null ? [] : ['-M', dirname(plugin)]
  const args = ['-n', '-f', settings, '-i', join(folder, 'rsyslogd.pid'), ...modules]
  const child = spawnTied(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    deathSignal: 'SIGKILL',
  })
  scope.after(() => end(child))
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-10_000)))
  await once(child, 'spawn')
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  const pid = child.pid as number
  await waitFor(() => hasEnded() || watchesFolder(pid), { what: 'rsyslog to watch its folder' })
  return { name: 'rsyslog', pid, lastWords: () => (hasEnded() ? `It said last:\n${said}` : null) }
}

/** Whether the process has told the kernel which folders to watch: proc(5), fdinfo. */
function watchesFolder(pid: number): boolean {
  const folder = `/proc/${pid}/fdinfo`
  return readdirSync(folder).some((name) => /^inotify wd:/m.test(readFileSync(join(folder, name), 'latin1')))
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  // It would try to write positions and queues in peace; nobody needs them.
  child.kill('SIGKILL')
  await closed
}
