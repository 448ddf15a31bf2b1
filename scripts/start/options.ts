import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { LogpipeError } from '@logpipe/runtime'
import { type FirstPorts, localFolder, usualPorts } from '@logpipe/stack'

export const portFlags = {
  'kafka-port': { type: 'string' },
  'etcd-port': { type: 'string' },
  'elasticsearch-port': { type: 'string' },
  'influxdb-port': { type: 'string' },
} as const

export const portHelp = `  --kafka-port N          first port of Kafka, ${usualPorts.kafka} (also LOGPIPE_KAFKA_PORT)
  --etcd-port N           first port of etcd, ${usualPorts.etcd} (also LOGPIPE_ETCD_PORT)
  --elasticsearch-port N  port of Elasticsearch, ${usualPorts.elasticsearch} (also LOGPIPE_ELASTICSEARCH_PORT)
  --influxdb-port N       port of InfluxDB, ${usualPorts.influxdb} (also LOGPIPE_INFLUXDB_PORT)`

/** The first port of each service, from the flags, else the environment, else the usual ones. Throws a sentence on a wrong one. */
export function readPorts(
  flags: Record<string, string | boolean | undefined>,
  env: Record<string, string | undefined>,
): FirstPorts {
  const read = (service: keyof FirstPorts): number => {
    const variable = `LOGPIPE_${service.toUpperCase()}_PORT`
    const typed = flags[`${service}-port`]
    if (typed !== undefined) return readNumber(`--${service}-port`, typed, 1, 65_000)
    return env[variable] === undefined ? usualPorts[service] : readNumber(variable, env[variable], 1, 65_000)
  }
  return { kafka: read('kafka'), etcd: read('etcd'), elasticsearch: read('elasticsearch'), influxdb: read('influxdb') }
}

/** A whole number between two bounds. Throws a sentence that names where it was given. */
export function readNumber(name: string, value: string | boolean, least: number, most: number): number {
  const number = Number(value)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  throw new LogpipeError('settings_invalid', `${name} is '${value}': it must be a number from ${least} to ${most}.`)
}

export interface StartOptions {
  help: boolean
  once: boolean
  docker: boolean
  ports: FirstPorts | 'free'
  dir: string
}

export const startHelp = `npm start [-- OPTIONS]: the whole pipeline on this machine, collecting its own logs. Ctrl-C ends it.

  --once                  end with exit code 0 as soon as the first lines are searchable
  --local                 servers without Docker, even where a Docker engine answers
  --free-ports            ports that nobody uses, instead of the usual ones
${portHelp}
  --dir FOLDER            where state is kept, .local by default
`

/** Reads the flags of npm start. Throws what parseArgs throws, or a sentence. */
export function readStartOptions(args: string[], env: Record<string, string | undefined>): StartOptions {
  const { values } = parseArgs({
    args,
    options: {
      ...portFlags,
      help: { type: 'boolean', default: false },
      once: { type: 'boolean', default: false },
      local: { type: 'boolean', default: false },
      'free-ports': { type: 'boolean', default: false },
      dir: { type: 'string', default: localFolder },
    },
  })
  return {
    help: values.help,
    once: values.once,
    docker: !values.local,
    ports: values['free-ports'] ? 'free' : readPorts(values, env),
    dir: resolve(values.dir),
  }
}
