import type { Rig } from './rig.ts'

const nobody = 65_534

/** Takes the rights to a folder of the rig from this process, where it is root too. Returns what gives them back. */
export function withoutRightsTo(rig: Rig, folder: string, mode = 0o000): () => void {
  rig.dir.chmod('.', 0o777)
  rig.dir.chmod(folder, mode)
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(nobody)
  return () => {
    if (isRoot) process.seteuid?.(0)
    rig.dir.chmod(folder, 0o755)
  }
}
