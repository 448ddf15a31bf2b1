import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The process of this machine that listens on a TCP port; null where none does, or it may not be looked at. Linux: proc(5). */
export function listenerPid(port: number): number | null {
  const sockets = new Set(['tcp', 'tcp6'].flatMap((table) => listening(table, port)))
  if (sockets.size === 0) return null
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return pids.find((pid) => openSockets(pid).some((socket) => sockets.has(socket))) ?? null
}

const listenState = '0A'

/** Inodes of the sockets that listen on the port. */
function listening(table: string, port: number): string[] {
  const rows = readFileSync(`/proc/net/${table}`, 'latin1').split('\n').slice(1)
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/)
    return state === listenState && local.endsWith(wanted) ? [inode] : []
  })
}

/** Inodes of the sockets that a process holds. */
function openSockets(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`)) ?? []
      return inode === undefined ? [] : [inode]
    })
  } catch {
    // Somebody else's, or it has ended.
    return []
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
