import http from 'node:http'

/** The few plain requests that benches need; on node:http, so that the bare loop costs as little as a client can. */
export class BareClient {
  readonly #url: URL
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 8 })

  constructor(node: string) {
    this.#url = new URL(node)
  }

  /** Resolves to the answer's body; throws where the status is not 2xx. */
  async request(method: string, path: string, body?: Buffer | string): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    const headers =
      body === undefined ? {} : { 'content-type': 'application/x-ndjson', 'content-length': Buffer.byteLength(body) }
    const request = http.request(
      { host: this.#url.hostname, port: this.#url.port, method, path, headers, agent: this.#agent },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const answer = Buffer.concat(chunks)
          if ((response.statusCode ?? 500) < 300) resolve(answer)
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${answer.toString().slice(0, 500)}`))
        })
      },
    )
    request.on('error', reject)
    request.end(body)
    return await promise
  }

  /** Documents that can be found in the index or data stream now. */
  async count(index: string): Promise<number> {
    await this.request('POST', `/${index}/_refresh`)
    return (JSON.parse((await this.request('GET', `/${index}/_count`)).toString()) as { count: number }).count
  }

  close(): void {
    this.#agent.destroy()
  }
}
