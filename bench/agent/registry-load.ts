import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '@logpipe/runtime'
import { sampleCheckpoint } from '../../packages/agent/src/registry/conformance.ts'
import { SqliteRegistry } from '../../packages/agent/src/registry/sqlite/registry.ts'
import { median } from '../lib/report.ts'

export const registryEntries = 100_000
const perSave = 10_000
const loads = 3

/** What the loading process prints. */
export interface RegistryLoad {
  checkpoints: number
  ms: number
}

/** Milliseconds, by the clock, in which a process that starts with it opens and loads a registry of 100,000 checkpoints. */
export async function registryLoadMs(folder: string): Promise<number> {
  const dataDir = join(folder, 'registry')
  try {
    await fill(dataDir)
    return median(Array.from({ length: loads }, () => loadInChild(dataDir)))
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function fill(dataDir: string): Promise<void> {
  const registry = SqliteRegistry.open(dataDir, silentLogger)
  await registry.load()
  for (let from = 0; from < registryEntries; from += perSave) {
    const put = Array.from({ length: perSave }, (_, index) =>
      sampleCheckpoint({
        sourceId: String(from + index).padStart(16, '0'),
        ino: BigInt(1_000_000 + from + index),
        path: `/var/log/app-${(from + index) % 100}/service-${from + index}.log`,
        homePath: `/var/log/app-${(from + index) % 100}/service-${from + index}.log`,
      }),
    )
    await registry.save({ put, remove: [] }, { durable: true })
  }
  await registry.close()
}

function loadInChild(dataDir: string): number {
  const program = fileURLToPath(new URL('registry-load-child.ts', import.meta.url))
  const args = ['--conditions=logpipe-source', '--disable-warning=ExperimentalWarning', program, dataDir]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 120_000 })
  if (status !== 0) throw new Error(`Loading the registry failed: ${stderr}`)
  const { checkpoints, ms } = JSON.parse(stdout) as RegistryLoad
  if (checkpoints !== registryEntries) throw new Error(`The registry gave ${checkpoints} checkpoints.`)
  return ms
}
