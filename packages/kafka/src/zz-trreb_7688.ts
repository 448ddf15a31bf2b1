import { Cluster, Producer, RecordBatchEncoder, HeaderBlock } from './index.ts'
const [,, topic, total='100000', files='20', comp='zstd'] = process.argv
const cluster = new Cluster({ brokers: ['127.0.0.1:19092'], clientId: 'p' })
const parts = await cluster.ensureTopic(topic!, { partitions: 6, replication: 'auto' }, AbortSignal.timeout(30000))
const producer = new Producer(cluster)
const per = Math.floor(+total / +files)
const t0 = performance.now()
const sends: Promise<unknown>[] = []
for (let f = 0; f < +files; f++) {
  const id = Buffer.from(String(f).padStart(12, 'x')).toString('base64url')
  const block = new HeaderBlock([{ key: 'source', value: Buffer.from(JSON.stringify({ id, host: 'web-1', ip: '10.0.0.1', path: `/var/log/app/${f}.log`, entry: 'e1' })) }], 'offset')
  let off = 0, n = 0
  while (n < per) {
    const enc = new RecordBatchEncoder(1_000_000)
    enc.reset()
    for (; n < per; n++) {
      const line = Buffer.from(`10.0.0.${f} - - [20/Nov/2026:00:00:00 +0000] "GET /api/v1/users/${n}?x=${f} HTTP/1.1" 200 5123 "https://example.com/path/page" "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36" 0.012 f${f} n${n}`)
      if (!enc.appendLine(line, 0, line.length, block, off)) break
      off += line.length + 1
    }
    sends.push(producer.send(topic!, f % parts, await enc.seal(comp as 'zstd')))
  }
}
await Promise.all(sends)
console.log('produced', total, ((performance.now() - t0)).toFixed(0), 'ms')
producer.close(); await cluster.close()
