import { spawnSync } from 'node:child_process'

/** A namespace of our own has limits of its own; nobody else on the machine feels them. */
const namespace = ['unshare', '--user', '--map-root-user']
const limit = '/proc/sys/user/max_inotify_watches'

/**
 * Put before a program, lets it watch no more than so many files and folders (inotify); null where that cannot be had here, because
 * user namespaces are forbidden.
 */
export function watchesAtMost(count: number): readonly string[] | null {
  const via = [...namespace, 'sh', '-c', `echo ${count} > ${limit} && exec "$0" "$@"`]
  return spawnSync('unshare', [...via.slice(1), 'true']).status === 0 ? via : null
}
