/**
 * A server that says to every bulk request that all of it was created, and does nothing else: what Elasticsearch would answer, without
 * the work. It counts items and holds its answers until told to begin. `node null-server.ts`; it prints its port. A process of its own.
 *
 *   GET /bench/items   items answered so far      POST /bench/begin   from now on, answers are given
 */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const lineFeed = 0x0a
/** No action and no document is shorter: what stands behind a line feed need not be looked at. */
const shortestLine = 30
const created = '{"create":{"status":201}},'
const begin = Promise.withResolvers<void>()
const answers = new Map<number, Buffer>()
let items = 0

function answerOf(count: number): Buffer {
  const known = answers.get(count)
  if (known !== undefined) return known
  const answer = Buffer.from(`{"errors":false,"items":[${created.repeat(count).slice(0, -1)}]}`)
  if (answers.size < 100) answers.set(count, answer)
  return answer
}

function countLines(chunk: Buffer): number {
  let lines = 0
  for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + shortestLine)) lines++
  return lines
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let lines = 0
  for await (const chunk of request as AsyncIterable<Buffer>) lines += countLines(chunk)
  const { url = '' } = request
  let body: Buffer | string = '{"status":"green"}'
  if (url.startsWith('/_bulk')) {
    await begin.promise
    // Action and document.
    const count = lines / 2
    items += count
    body = answerOf(count)
  } else if (url === '/bench/items') body = String(items)
  else if (url === '/bench/begin') begin.resolve()
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-elastic-product': 'Elasticsearch',
  })
  response.end(body)
}

const server = createServer((request, response) => {
  handle(request, response).catch(() => response.destroy())
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
