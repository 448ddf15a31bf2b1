import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { findEtcd } from './etcd-program.ts'
import { answersWell } from './http-probe.ts'
import type { PlanContext } from './plan.ts'
import { type EtcdSecurity, writeIdentity } from './security.ts'
import type { ServerPlan } from './server.ts'

/** Plans etcd members, one cluster: `ports` are those of clients and peers in turn. */
export async function planEtcd(ports: number[], context: PlanContext, security?: EtcdSecurity): Promise<ServerPlan[]> {
  const program = await findEtcd(context)
  const count = ports.length / 2
  if (security !== undefined && count > 1) throw new RangeError('Only one etcd member can be secured.')
  const members = Array.from({ length: count }, (_, index) => {
    const [port, peerPort] = [ports[2 * index], ports[2 * index + 1]]
    if (port === undefined || peerPort === undefined) throw new RangeError('An etcd member needs two ports.')
    return { name: `etcd-${index + 1}`, port, peerPort }
  })
  const cluster = members.map(({ name, peerPort }) => `${name}=http://127.0.0.1:${peerPort}`).join(',')
  return await Promise.all(
    members.map(async ({ name, port, peerPort }): Promise<ServerPlan> => {
      // Members of a cluster keep each other's peer addresses in their data, so other ports are another cluster.
      const folder = join(context.dataFolder, count === 1 ? `${name}of1` : `${name}of${count}-${peerPort}`)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const client = `${security === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
      const peer = `http://127.0.0.1:${peerPort}`
      const health = security === undefined ? client : `http://127.0.0.1:${security.healthPort}`
      return {
        name,
        program,
        args: [
          `--name=${name}`,
          `--data-dir=${join(folder, 'data')}`,
          `--listen-client-urls=${client}`,
          `--advertise-client-urls=${client}`,
          `--listen-peer-urls=${peer}`,
          `--initial-advertise-peer-urls=${peer}`,
          `--initial-cluster=${cluster}`,
          '--initial-cluster-state=new',
          '--logger=zap',
          ...(security === undefined ? [] : await secureFlags(folder, security)),
        ],
        env: etcdEnvironment(),
        cwd: folder,
        logFile: join(context.logFolder, `${name}.log`),
        ports: [
          { port, use: 'etcd' },
          { port: peerPort, use: 'etcd peers' },
        ],
        isReady: (signal) => answersWell(`${health}/health`, signal),
      }
    }),
  )
}

async function secureFlags(folder: string, { identity, healthPort }: EtcdSecurity): Promise<string[]> {
  const files = await writeIdentity(join(folder, 'tls'), identity)
  return [
    `--cert-file=${files.cert}`,
    `--key-file=${files.key}`,
    `--trusted-ca-file=${files.ca}`,
    '--client-cert-auth',
    `--listen-metrics-urls=http://127.0.0.1:${healthPort}`,
  ]
}

/** Ours without etcd's own settings, which would mix with the flags. */
function etcdEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^ETCD(CTL)?_/.test(name))
  // etcd 3.4 refuses to run on ARM without this.
  const unsupported = process.arch === 'arm64' ? { ETCD_UNSUPPORTED_ARCH: 'arm64' } : {}
  return { ...Object.fromEntries(own), ...unsupported }
}
