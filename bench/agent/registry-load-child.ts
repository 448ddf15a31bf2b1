// Run by registry-load.ts in a process of its own: opens and loads the registry in the folder it is given, and prints how long that took.
import process from 'node:process'
import { silentLogger } from '@logpipe/runtime'
import { SqliteRegistry } from '../../packages/agent/src/registry/sqlite/registry.ts'
import type { RegistryLoad } from './registry-load.ts'

const startedMs = performance.now()
const registry = SqliteRegistry.open(process.argv[2] as string, silentLogger)
const { checkpoints } = await registry.load()
const load: RegistryLoad = { checkpoints: checkpoints.length, ms: performance.now() - startedMs }
await registry.close()
console.log(JSON.stringify(load))
