import { findDebianProgram } from './debian-program.ts'
import type { PlanContext } from './plan.ts'

/**
 * The etcd program: that on PATH, else Debian's, unpacked into .local/lib. It is not installed: that would start a service of its
 * own on etcd's usual port. Rejects with `program_missing`, saying what to install, where neither is to be had.
 */
export async function findEtcd(context: Pick<PlanContext, 'onProgress' | 'signal'>, library?: string): Promise<string> {
  const etcd = { name: 'etcd', packages: ['etcd-server'], path: 'usr/bin/etcd' }
  return (await findDebianProgram(etcd, context, library)).program
}
