import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closeAfter, type Scope } from './closing.ts'
import { freePort } from './free-port.ts'
import { Program, type ProgramOptions } from './program.ts'
import { waitFor } from './wait-for.ts'

/** Settings as they stand in the YAML file; checked by the program itself. */
export type SettingsTree = Record<string, unknown>

export interface DaemonOptions extends Pick<ProgramOptions, 'env' | 'via'> {
  /** How long `startAgent`, `startTransfer` and `restart` wait for /readyz. Default 30,000; 0 does not wait. */
  readyMs?: number
}

/** logagent or logtransfer as a child process with a settings file and a fixed HTTP port of its own. */
export class Daemon extends Program {
  /** `http://host:port` of its endpoint. */
  readonly url: string
  readonly settingsFile: string
  /** A folder that lives as long as the test; the agent's registry is in `data` there, through all restarts. */
  readonly dir: string
  readonly #readyMs: number

  private constructor(
    scope: Scope,
    name: 'logagent' | 'logtransfer',
    options: DaemonOptions,
    dir: string,
    listen: string,
  ) {
    const settingsFile = join(dir, `${name}.yaml`)
    super(scope, name, { args: ['run', '--config', settingsFile], cwd: dir, ...options })
    this.url = `http://${listen}`
    this.settingsFile = settingsFile
    this.dir = dir
    this.#readyMs = options.readyMs ?? 30_000
  }

  /** Writes the settings (its HTTP address added where they have none) and starts the program. */
  static async start(
    scope: Scope,
    name: 'logagent' | 'logtransfer',
    settings: SettingsTree,
    options: DaemonOptions = {},
  ): Promise<Daemon> {
    const dir = mkdtempSync(join(tmpdir(), `${name}-`))
    closeAfter(scope, () => rmSync(dir, { recursive: true, force: true }))
    const http = (settings.http as { listen?: string } | undefined) ?? { listen: `127.0.0.1:${await freePort()}` }
    const daemon = new Daemon(scope, name, options, dir, String(http.listen))
    const dataDir = name === 'logagent' ? { dataDir: join(dir, 'data') } : {}
    daemon.writeSettings({ ...dataDir, ...settings, http })
    await daemon.start()
    if (daemon.#readyMs > 0) await daemon.ready(daemon.#readyMs)
    return daemon
  }

  /** Replaces the settings file; read at the next start. JSON is YAML. */
  writeSettings(settings: SettingsTree): void {
    writeFileSync(this.settingsFile, `${JSON.stringify(settings, null, 2)}\n`)
  }

  /** What it answers to GET `path`, as JSON; with the status, since /readyz says why not with a 503. */
  async get<T = unknown>(path: string, signal?: AbortSignal): Promise<{ status: number; body: T }> {
    const response = await fetch(`${this.url}${path}`, { signal: signal ?? AbortSignal.timeout(5_000) })
    return { status: response.status, body: (await response.json()) as T }
  }

  /** Resolves when /readyz says 200; rejects at once when the program ends, with its last words. */
  async ready(deadlineMs = 30_000): Promise<void> {
    await this.#orLastWords(async (signal) => (await this.get('/readyz', signal)).status === 200, {
      what: `${this.name} to be ready at ${this.url}/readyz`,
      deadlineMs,
    })
  }

  /** Starts it again after it ended, and waits until it is ready. */
  async restart(): Promise<void> {
    await this.start()
    await this.ready(this.#readyMs)
  }

  async #orLastWords(
    look: (signal: AbortSignal) => Promise<boolean>,
    options: { what: string; deadlineMs: number },
  ): Promise<void> {
    try {
      const outcome = await waitFor(async (signal) => (this.running ? (await look(signal)) && 'ready' : 'ended'), {
        ...options,
        everyMs: 100,
      })
      if (outcome === 'ready') return
    } catch (cause) {
      throw new Error(`Waited in vain for ${options.what}. It printed last:\n${this.output}`, { cause })
    }
    const { code, signal } = await this.exited()
    throw new Error(`${this.name} ended with ${code ?? signal} before it was ready. It printed last:\n${this.output}`)
  }
}

/** Starts logagent with these settings and waits until it is ready. */
export function startAgent(scope: Scope, settings: SettingsTree, options?: DaemonOptions): Promise<Daemon> {
  return Daemon.start(scope, 'logagent', settings, options)
}

/** Starts logtransfer with these settings and waits until it is ready. */
export function startTransfer(scope: Scope, settings: SettingsTree, options?: DaemonOptions): Promise<Daemon> {
  return Daemon.start(scope, 'logtransfer', settings, options)
}
