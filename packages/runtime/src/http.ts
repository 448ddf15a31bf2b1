import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { describeError, LogpipeError } from './errors.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'

export interface Readiness {
  ready: boolean
  /** Why not, in a sentence. */
  reason?: string
}

export interface HttpOptions {
  /** `host:port`; port 0 takes a free one. */
  listen: string
  metrics: Metrics
  ready: () => Readiness
  /** Further paths: each answers GET with what its function returns, as JSON. */
  routes?: Record<string, () => unknown>
  log: Logger
}

export interface HttpEndpoint {
  /** `host:port` that is really listened on. */
  address: string
  /** Stops listening; resolves within a second or so, after requests under way have been answered or cut off. */
  close(): Promise<void>
}

const maxConnections = 256
const closeGraceMs = 1_000

/**
 * Serves /metrics, /healthz, /readyz and `routes`; resolves when it listens. Rejects with `port_taken` when another
 * program holds the port, with `settings_invalid` when the address is not one of this machine.
 */
export async function startHttp(options: HttpOptions): Promise<HttpEndpoint> {
  const app = createApp(options)
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  server.maxConnections = maxConnections
  await listen(server, options.listen)
  const { address, family, port } = server.address() as AddressInfo
  return {
    address: family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`,
    close: () => close(server),
  }
}

function createApp({ metrics, ready, routes = {}, log }: HttpOptions): Hono {
  const app = new Hono()
  app.get('/metrics', async (c) => c.body(await metrics.text(), 200, { 'content-type': metrics.contentType }))
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get('/readyz', (c) => {
    const state = ready()
    return c.json(state, state.ready ? 200 : 503)
  })
  for (const [path, answer] of Object.entries(routes)) {
    app.get(path, async () => Response.json((await answer()) ?? null))
  }
  app.notFound((c) => c.json({ error: `There is no ${c.req.path} here.` }, 404))
  app.onError((error, c) => {
    log.error('A request could not be answered', { error, 'url.path': c.req.path })
    return c.json({ error: describeError(error) }, 500)
  })
  return app
}

function listen(server: Server, address: string): Promise<void> {
  const { hostname, port } = parseAddress(address)
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => reject(listenError(address, error))
    server.once('error', onError)
    server.listen({ host: hostname, port }, () => {
      server.off('error', onError)
      resolve()
    })
  })
}

function parseAddress(address: string): { hostname: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(address)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) {
    throw new LogpipeError(
      'settings_invalid',
      `http.listen is '${address}'; write it as host:port, for instance 127.0.0.1:9600.`,
    )
  }
  return { hostname: match[1] ?? match[2] ?? '', port }
}

function listenError(address: string, error: NodeJS.ErrnoException): LogpipeError {
  const cause = { cause: error }
  switch (error.code) {
    case 'EADDRINUSE':
      return new LogpipeError(
        'port_taken',
        `Another program already listens on ${address}. Stop it, or set http.listen to another port.`,
        cause,
      )
    case 'EACCES':
      return new LogpipeError(
        'port_taken',
        `This user may not listen on ${address}. Set http.listen to a port from 1024 on, or run with the right to it.`,
        cause,
      )
    default:
      return new LogpipeError(
        'settings_invalid',
        `It is not possible to listen on ${address}; check http.listen.`,
        cause,
      )
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), closeGraceMs)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}
