import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  type Account,
  findDebianProgram,
  freePorts,
  type Identity,
  type ServerHandle,
  startStack,
} from '@logpipe/stack'
import { closeAfter, type Scope } from '../closing.ts'

/** etcd that asks for a certificate and for a user. */
export interface SecureEtcd {
  readonly server: ServerHandle
  /** `https://host:port` */
  readonly endpoint: string
  /** Runs etcdctl as root; resolves to what it printed. */
  etcdctl(...args: readonly string[]): Promise<string>
}

export interface SecureEtcdOptions {
  /** Of the server. */
  identity: Identity
  /** Users that may read and write below `prefix`. */
  accounts: readonly Account[]
  prefix: string
}

/** On a machine whose cores are busy etcdctl's own five seconds are too few. */
const patience = ['--dial-timeout=10s', '--command-timeout=15s']
const rootPassword = 'root-of-the-test'

/** Starts a real etcd with TLS, client certificates and users (Debian's etcdctl makes them), for this scope alone. */
export async function startSecureEtcd(scope: Scope, options: SecureEtcdOptions): Promise<SecureEtcd> {
  const { identity, accounts, prefix } = options
  const [healthPort = 0] = await freePorts(1)
  const dir = mkdtempSync(join(tmpdir(), 'logpipe-secure-'))
  closeAfter(scope, () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
  const security = { etcd: { identity, healthPort } }
  const stack = await startStack({ dir, services: ['etcd'], security, ports: 'free', graceMs: 0 })
  closeAfter(scope, () => stack.stop())
  const endpoint = stack.addresses.etcd.endpoints[0] as string

  const wanted = { name: 'etcdctl', packages: ['etcd-client'], path: 'usr/bin/etcdctl' }
  const { program } = await findDebianProgram(wanted, { onProgress: () => {}, signal: AbortSignal.timeout(120_000) })
  const file = (name: 'ca' | 'cert' | 'key'): string => {
    const path = join(dir, `${name}.pem`)
    writeFileSync(path, identity[name], { mode: 0o600 })
    return path
  }
  const tls = [`--cacert=${file('ca')}`, `--cert=${file('cert')}`, `--key=${file('key')}`]
  const run = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, ETCDCTL_API: '3' }
    const { stdout } = await promisify(execFile)(program, [`--endpoints=${endpoint}`, ...patience, ...tls, ...args], {
      env,
      timeout: 20_000,
    })
    return stdout
  }
  await run('user', 'add', `root:${rootPassword}`)
  await run('user', 'grant-role', 'root', 'root')
  await run('role', 'add', 'logpipe')
  await run('role', 'grant-permission', 'logpipe', '--prefix=true', 'readwrite', `${prefix}/`)
  for (const { name, password } of accounts) {
    await run('user', 'add', `${name}:${password}`)
    await run('user', 'grant-role', name, 'logpipe')
  }
  await run('auth', 'enable')
  const asRoot = `--user=root:${rootPassword}`
  return { server: stack.etcd[0] as ServerHandle, endpoint, etcdctl: (...args) => run(asRoot, ...args) }
}
