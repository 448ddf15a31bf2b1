import type { Registration } from '@logpipe/config'

/** Whether the entries of the host with this address are this agent's. */
export function hasAddress({ ip, ips }: Registration, address: string): boolean {
  return ip === address || ips.includes(address)
}

/** Whether a group with this selector means this agent: by its labels, host name and address. */
export function isSelected({ host, ip, labels }: Registration, selector: Readonly<Record<string, string>>): boolean {
  const own: Readonly<Record<string, string>> = { hostname: host, ip, ...labels }
  return Object.entries(selector).every(([label, value]) => own[label] === value)
}
