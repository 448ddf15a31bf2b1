import { z } from 'zod'
import { TopicName } from './topic.ts'

/** The collectors of host metrics, by name. */
export const hostCollectors = ['cpu', 'load', 'memory', 'filesystem', 'disk', 'network', 'processes', 'agent'] as const
export type HostCollectorName = (typeof hostCollectors)[number]

/** A glob over names of the host; patterns that the agent's globs do not know are refused here. */
const HostGlob = z
  .string()
  .min(1)
  .max(256)
  .refine((glob) => !/[@!+?*]\(/.test(glob), 'must not hold patterns such as +(a|b); write {a,b}')

function globs(defaults: readonly string[], description: string): z.ZodDefault<z.ZodArray<typeof HostGlob>> {
  return z
    .array(HostGlob)
    .max(100)
    .default([...defaults])
    .describe(description)
}

/** What no disk stands behind, and what a server elsewhere may keep waiting for ever. */
const oddFilesystems = [
  '{tmpfs,devtmpfs,ramfs,overlay,squashfs,iso9660,proc,sysfs,devpts,mqueue,hugetlbfs,cgroup*,bpf,nsfs,rpc_pipefs}',
  '{autofs,binfmt_misc,configfs,debugfs,tracefs,securityfs,efivarfs,pstore,fusectl,selinuxfs}',
  '{nfs*,cifs,smb*,9p,ceph,glusterfs,lustre,afs,fuse.*}',
]

const Exclude = z.strictObject({
  filesystems: globs(
    oddFilesystems,
    'Types of file systems that are left out. A server that hangs would hold up all mounts, so those over the network are.',
  ),
  mounts: globs(
    ['/{dev,proc,run,sys}/**', '/var/lib/{docker,containerd,kubelet}/**'],
    'Mount points that are left out; `**`: any number of folders.',
  ),
  devices: globs(
    ['{loop,ram,zram,fd,sr}*', '{sd,hd,vd,xvd}*[0-9]', '{nvme,mmcblk}*p[0-9]*'],
    'Disks that are left out; also partitions, whose I/O counts for their disk.',
  ),
  interfaces: globs(['lo', '{veth,cali,lxc,ifb,tap}*'], 'Network interfaces that are left out.'),
})

/** What the agent measures of its host, and where it tells. */
export const HostMetrics = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether the host is measured: at /metrics, and as records to `topic`.'),
  topic: TopicName.exactOptional().describe(
    'Topic of the records, one a measurement, as JSON that a route to InfluxDB takes as points (docs/design/agent.md, Host metrics). Default: none, /metrics only.',
  ),
  everyMs: z.int().min(1_000).max(3_600_000).default(10_000).describe('How often records are written.'),
  collectors: z
    .array(z.enum(hostCollectors))
    .max(hostCollectors.length)
    .default([...hostCollectors])
    .describe('What is measured.'),
  exclude: Exclude.prefault({}).describe('What is left out, by globs.'),
})
export type HostMetrics = z.output<typeof HostMetrics>
