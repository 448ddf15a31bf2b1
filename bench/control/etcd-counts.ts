/** What an etcd has done since it was started, by its own /metrics. */
export interface EtcdCounts {
  cpuSeconds: number
  /** Writes that went through Raft, leases granted and revoked among them. */
  proposals: number
  puts: number
  reads: number
  renewals: number
  /** Answers on watch streams, each with one event or several. */
  watchMessages: number
  sentBytes: number
  /** Now, not since the start. */
  watchers: number
  residentMiB: number
}

/** Asks the member at `endpoint`; a figure that it does not tell is NaN. */
export async function readEtcdCounts(endpoint: string, signal: AbortSignal): Promise<EtcdCounts> {
  const response = await fetch(new URL('/metrics', endpoint), { signal })
  const text = await response.text()
  const value = (name: string, ...labels: string[]): number => {
    const line = text.split('\n').find((one) => one.startsWith(name) && labels.every((label) => one.includes(label)))
    return Number(line?.slice(line.lastIndexOf(' ')))
  }
  const grpc = (direction: 'received' | 'sent', service: string, method: string): number =>
    value(`grpc_server_msg_${direction}_total{`, `grpc_method="${method}"`, `etcdserverpb.${service}"`)
  return {
    cpuSeconds: value('process_cpu_seconds_total '),
    proposals: value('etcd_server_proposals_committed_total '),
    puts: value('etcd_mvcc_put_total '),
    reads: grpc('received', 'KV', 'Range'),
    renewals: grpc('received', 'Lease', 'LeaseKeepAlive'),
    watchMessages: grpc('sent', 'Watch', 'Watch'),
    sentBytes: value('etcd_network_client_grpc_sent_bytes_total '),
    watchers: value('etcd_debugging_mvcc_watcher_total '),
    residentMiB: value('process_resident_memory_bytes ') / 2 ** 20,
  }
}

/** What it did between two looks, and how it stood at the second. */
export function between(before: EtcdCounts, after: EtcdCounts): EtcdCounts {
  const { watchers, residentMiB } = after
  const did = Object.entries(after).map(([name, value]) => [name, value - before[name as keyof EtcdCounts]])
  return { ...(Object.fromEntries(did) as unknown as EtcdCounts), watchers, residentMiB }
}
