import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { StackAddresses } from '@logpipe/stack'

export interface Collected {
  what: string
  path: string
  topic: string
}

export interface GeneratedSettings {
  agentFile: string
  transferFile: string
  collected: Collected[]
}

export interface SettingsInput {
  /** The folder of this run: settings, the agent's registry and the logs of our own programs. */
  folder: string
  /** Logs of the servers of the stack. */
  stackLogs: string
  addresses: StackAddresses
  agentListen: string
  transferListen: string
  env: Record<string, string | undefined>
}

/**
 * Writes the settings of an agent that collects this machine's logs and of a transfer that takes every topic of logs.
 * Our own programs' logs are left out: each line collected would make more lines.
 */
export function writeSettings(input: SettingsInput): GeneratedSettings {
  const npmFolder = input.env.npm_config_cache ?? join(homedir(), '.npm')
  const collected: Collected[] = [
    { what: "this machine's logs", path: '/var/log/**/*.log', topic: 'system_log' },
    { what: "the stack's logs", path: join(input.stackLogs, '*.log'), topic: 'stack_log' },
    { what: "npm's logs", path: join(npmFolder, '_logs/*.log'), topic: 'npm_log' },
  ]
  mkdirSync(input.folder, { recursive: true })
  const agentFile = join(input.folder, 'agent.yaml')
  const transferFile = join(input.folder, 'transfer.yaml')
  writeFileSync(agentFile, agentYaml(input, collected))
  writeFileSync(transferFile, transferYaml(input))
  return { agentFile, transferFile, collected }
}

// A JSON value is a YAML value, so that no name can break the file.
const yaml = (value: unknown): string => JSON.stringify(value)

function agentYaml({ addresses, folder, agentListen }: SettingsInput, collected: Collected[]): string {
  const own = join(folder, '**')
  const entries = collected.map(
    ({ path, topic }) => `  - { path: ${yaml(path)}, topic: ${topic}, exclude: [${yaml(own)}] }`,
  )
  return `# Written by npm start, anew each time. Copy it to make your own.
kafka: { brokers: ${yaml(addresses.kafka.brokers)} }
etcd: { endpoints: ${yaml(addresses.etcd.endpoints)} }
entries:
${entries.join('\n')}
dataDir: ${yaml(join(folder, 'agent'))}
http: { listen: ${yaml(agentListen)} }
`
}

function transferYaml({ addresses, folder, transferListen }: SettingsInput): string {
  return `# Written by npm start, anew each time. Copy it to make your own.
kafka: { brokers: ${yaml(addresses.kafka.brokers)}, group: logtransfer, topics: ["*_log"] }
elasticsearch: { nodes: ${yaml(addresses.elasticsearch.nodes)} }
etcd: { endpoints: ${yaml(addresses.etcd.endpoints)} }
dataDir: ${yaml(join(folder, 'transfer'))}
http: { listen: ${yaml(transferListen)} }
`
}
