import { randomBytes } from 'node:crypto'
import { LogpipeError } from '@logpipe/runtime'

/** The real servers that a test run shares. Tests use random names in them and break none of them. */
export interface TestServers {
  /** `host:port` each. */
  kafkaBrokers: string[]
  /** URLs. */
  elasticsearchNodes: string[]
  /** URLs. */
  etcdEndpoints: string[]
}

/** The shared servers of this run, as `npm test` names them in the environment. Throws a sentence where they are not named. */
export function testServers(env: Record<string, string | undefined> = process.env): TestServers {
  return {
    kafkaBrokers: addresses(env, 'LOGPIPE_TEST_KAFKA', '127.0.0.1:9092'),
    elasticsearchNodes: addresses(env, 'LOGPIPE_TEST_ELASTICSEARCH', 'http://127.0.0.1:9200'),
    etcdEndpoints: addresses(env, 'LOGPIPE_TEST_ETCD', 'http://127.0.0.1:2379'),
  }
}

/** A name that no other test uses: for topics, groups, indices and key prefixes. Lower case, so that Elasticsearch takes it. */
export function randomName(prefix: string): string {
  return `${prefix}_${randomBytes(5).toString('hex')}`
}

function addresses(env: Record<string, string | undefined>, name: string, example: string): string[] {
  const list = (env[name] ?? '').split(',').filter((address) => address !== '')
  if (list.length === 0) {
    throw new LogpipeError(
      'settings_invalid',
      `${name} is not set, so there is no server to test against. Run npm test, or set it, e.g. ${name}=${example}.`,
    )
  }
  return list
}
