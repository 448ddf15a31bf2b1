import assert from 'node:assert/strict'
import { test } from 'node:test'
import { existingStack, freePorts } from '@logpipe/stack'
import { stackFolder, startCommand } from './shared/test-command.ts'

test('up starts servers that outlive the command, status tells of them, down ends them', async (t) => {
  const dir = await stackFolder(t)
  // Each service takes a port more for its peers: the next one, InfluxDB the one after that.
  const [kafka, , etcd, , influxdb, , , elasticsearch] = await freePorts(8)
  const env = {
    LOGPIPE_KAFKA_PORT: String(kafka),
    LOGPIPE_ETCD_PORT: String(etcd),
    LOGPIPE_ELASTICSEARCH_PORT: String(elasticsearch),
    LOGPIPE_INFLUXDB_PORT: String(influxdb),
  }
  const run = async (...args: string[]): Promise<{ code: number | null; output: string }> => {
    const command = startCommand(t, ['stack', ...args, '--dir', dir], env)
    return { code: await command.ended, output: command.output() }
  }
  const up = await run('up', '--influxdb')
  assert.equal(up.code, 0, up.output)
  assert.match(up.output, new RegExp(`Kafka +127\\.0\\.0\\.1:${kafka}\netcd +http://127\\.0\\.0\\.1:${etcd}\n`))
  assert.match(up.output, new RegExp(`InfluxDB +http://127\\.0\\.0\\.1:${influxdb}\n`))
  assert.equal(existingStack(dir)?.running.length, 4)

  const again = await run('up')
  assert.equal(again.code, 0)
  assert.match(again.output, /^It is up already\./)

  const status = await run('status')
  assert.equal(status.code, 0)
  assert.match(status.output, /^kafka-1 +runs +pid \d+/m)

  const servers = existingStack(dir)?.running ?? []
  process.kill(servers.find(({ name }) => name === 'etcd-1')?.pid ?? 0, 'SIGKILL')
  const broken = await run('status')
  assert.equal(broken.code, 3)
  assert.match(broken.output, /^etcd-1 +ended/m)

  const down = await run('down')
  assert.equal(down.code, 0)
  assert.equal(down.output, 'Ended 3 servers.\n')
  assert.equal(existingStack(dir), undefined)
})
