import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from './metrics.ts'

test('metrics carry the prefix, build_info tells the versions, process metrics are there', async () => {
  const metrics = createMetrics('logagent', { version: '1.2.3' })
  metrics.counter('read_bytes_total', 'Bytes read.', ['topic']).inc({ topic: 'a' }, 5)
  metrics.histogram('send_duration_seconds', 'Time of a request.').observe(0.02)
  const text = await metrics.text()
  assert.match(text, /^logagent_read_bytes_total\{topic="a"\} 5$/m)
  assert.match(text, /^logagent_build_info\{version="1\.2\.3",node="[\d.]+"\} 1$/m)
  assert.match(text, /^logagent_send_duration_seconds_bucket\{le="0\.025"\} 1$/m)
  assert.match(text, /^process_resident_memory_bytes \d+/m)
  assert.match(metrics.contentType, /^text\/plain/)
})

test('asking twice for a name gives the same metric, and two registries do not meet', async () => {
  const metrics = createMetrics('a')
  metrics.counter('x_total', 'X.').inc()
  metrics.counter('x_total', 'X.').inc()
  assert.match(await metrics.text(), /^a_x_total 2$/m)
  assert.doesNotMatch(await createMetrics('a').text(), /a_x_total/)
})

test('a gauge may look its value up at each scrape', async () => {
  const metrics = createMetrics('a')
  let size = 1
  metrics.gauge('queue_bytes', 'Bytes waiting.', [], (gauge) => gauge.set(size))
  assert.match(await metrics.text(), /^a_queue_bytes 1$/m)
  size = 7
  assert.match(await metrics.text(), /^a_queue_bytes 7$/m)
})

test('names that break the rule are refused where they are made', () => {
  const metrics = createMetrics('a')
  assert.throws(() => metrics.counter('lines', 'Lines.'), /_total/)
  assert.throws(() => metrics.gauge('queueBytes', 'Bytes.'), /snake_case/)
})
