import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStack, type Stack, type StackOptions } from '@logpipe/stack'
import { closeAfter, type Scope } from '@logpipe/testkit'

/** Servers of this test alone, to be broken; gone with their data at its end. */
export async function ownStack(
  scope: Scope,
  options: Pick<StackOptions, 'services' | 'brokers' | 'etcdMembers'>,
): Promise<Stack> {
  const dir = mkdtempSync(join(tmpdir(), 'logpipe-stack-'))
  closeAfter(scope, () => rmSync(dir, { recursive: true, force: true }))
  const stack = await startStack({ ...options, dir, ports: 'free', graceMs: 0 })
  closeAfter(scope, () => stack.stop())
  return stack
}
