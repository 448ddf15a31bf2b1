import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { isAlive, localFolder } from '@logpipe/stack'

/**
 * Runs `use` with a folder for large files, on the disk of the checkout (the system's folder for temporary files is often
 * memory), and removes it afterwards; also what earlier runs left that were killed.
 */
export async function withBenchFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  mkdirSync(localFolder, { recursive: true })
  for (const name of readdirSync(localFolder)) {
    const pid = Number(/^bench-(\d+)$/.exec(name)?.[1])
    if (pid && !isAlive(pid)) rmSync(join(localFolder, name), { recursive: true, force: true })
  }
  const folder = join(localFolder, `bench-${process.pid}`)
  mkdirSync(folder)
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
