import http from 'node:http'
import { sleep } from '@logpipe/runtime'

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

  /** Indexes a body of documents; throws where one of them is refused. Asks as logtransfer does: less of the answer would be less work for the server. */
  async bulk(body: Buffer): Promise<void> {
    const answer = await this.request('POST', '/_bulk?filter_path=errors,items.*.status,items.*.error', body)
    if (!answer.subarray(0, 20).includes('"errors":false')) throw new Error('A bulk of the bench got errors.')
  }

  /** Documents that can be found in the index or data stream now. */
  async count(index: string): Promise<number> {
    await this.request('POST', `/${index}/_refresh`)
    return (JSON.parse((await this.request('GET', `/${index}/_count`)).toString()) as { count: number }).count
  }

  /** Documents written to an index or data stream so far, found or not; 0 where there is none yet. Cheap for the server. */
  async indexed(target: string): Promise<number> {
    const path = `/${target}/_stats/indexing?filter_path=_all.primaries.indexing.index_total&ignore_unavailable=true`
    const { _all: all } = JSON.parse((await this.request('GET', path)).toString()) as {
      _all?: { primaries?: { indexing?: { index_total?: number } } }
    }
    return all?.primaries?.indexing?.index_total ?? 0
  }

  /** Removes what an index or data stream holds; of a data stream, an empty index stays. Harmless where there is none. */
  async discard(target: string): Promise<void> {
    const gone = (): undefined => undefined
    // Local stacks have no way to delete a data stream, and its last index only goes with it.
    await this.request('POST', `/${target}/_rollover`).catch(gone)
    const list = (await this.request('GET', '/_cat/indices?h=index&expand_wildcards=all')).toString().split('\n')
    const isIts = (name: string): boolean => name === target || name.startsWith(`.ds-${target}-`)
    for (const name of list.filter(isIts)) await this.request('DELETE', `/${name}`).catch(gone)
  }

  /** Resolves when the server merges nothing any more, or after `maxMs`: what one round left to do is no other's burden. */
  async settle(maxMs: number, signal: AbortSignal): Promise<void> {
    const endMs = performance.now() + maxMs
    while (performance.now() < endMs) {
      const answer = await this.request(
        'GET',
        '/_stats/merge?filter_path=_all.total.merges.current&expand_wildcards=all',
      )
      if (!/"current":[1-9]/.test(answer.toString())) return
      await sleep(200, signal)
    }
  }

  close(): void {
    this.#agent.destroy()
  }
}
