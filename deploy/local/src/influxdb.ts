import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findDebianProgram } from './debian-program.ts'
import { answersWell } from './http-probe.ts'
import type { PlanContext } from './plan.ts'
import type { ServerPlan } from './server.ts'

export interface InfluxdbOptions {
  /** Whether requests need a user; the first one (`CREATE USER … WITH ALL PRIVILEGES`) is made without. */
  auth?: boolean
}

/** Plans one InfluxDB 1.x, that on PATH, else Debian's: `ports` are those of HTTP and of backups. */
export async function planInfluxdb(
  ports: number[],
  { auth = false }: InfluxdbOptions,
  context: PlanContext,
): Promise<ServerPlan> {
  const wanted = { name: 'influxd', packages: ['influxdb'], path: 'usr/bin/influxd' }
  const { program, env } = await findDebianProgram(wanted, context)
  const [port, backupPort] = ports
  if (port === undefined || backupPort === undefined) throw new RangeError('InfluxDB needs two ports.')
  const home = join(context.dataFolder, 'influxdb-1')
  await mkdir(home, { recursive: true })
  const file = join(home, 'influxdb.conf')
  await writeFile(file, settings(home, port, backupPort, auth))
  return {
    name: 'influxdb-1',
    program,
    args: ['-config', file],
    env: { ...process.env, ...env },
    cwd: home,
    logFile: join(context.logFolder, 'influxdb-1.log'),
    ports: [
      { port, use: 'InfluxDB' },
      { port: backupPort, use: 'InfluxDB backups' },
    ],
    isReady: (signal) => answersWell(`http://127.0.0.1:${port}/ping`, signal),
  }
}

// A JSON string is a TOML string, so that no path can break the file.
const toml = (value: string): string => JSON.stringify(value)

function settings(home: string, port: number, backupPort: number, auth: boolean): string {
  return `reporting-disabled = true
bind-address = "127.0.0.1:${backupPort}"
[meta]
dir = ${toml(join(home, 'meta'))}
[data]
dir = ${toml(join(home, 'data'))}
wal-dir = ${toml(join(home, 'wal'))}
query-log-enabled = false
[http]
bind-address = "127.0.0.1:${port}"
auth-enabled = ${auth}
log-enabled = false
[monitor]
store-enabled = false
`
}
