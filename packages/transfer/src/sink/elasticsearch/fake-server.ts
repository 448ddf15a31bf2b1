import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface FakeRequest {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: Buffer
}

export interface FakeAnswer {
  status: number
  headers?: Record<string, string>
  body?: string
  /** Cuts the connection after so many bytes of the body, which was announced whole. */
  cutAt?: number
  /** Never answers. */
  hang?: boolean
}

/** For tests only: an HTTP server with the answers that a real Elasticsearch cannot be made to give. Resolves with its URL. */
export async function fakeElasticsearch(t: TestContext, answer: (request: FakeRequest) => FakeAnswer): Promise<string> {
  const server = createServer((request, response) => {
    void handle(request, response, answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: FakeRequest) => FakeAnswer,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { method = '', url = '', headers } = request
  const answered = answer({ method, path: url, headers, body: Buffer.concat(chunks) })
  const { status, body = '{}', cutAt, hang } = answered
  if (hang) return
  response.writeHead(status, {
    'x-elastic-product': 'Elasticsearch',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...answered.headers,
  })
  if (cutAt === undefined) {
    response.end(body)
  } else {
    response.write(body.slice(0, cutAt), () => response.destroy())
  }
}
