import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { alterUserScramCredentialsV0, createAclsV3, deleteAclsV3 } from '@platformatic/kafka'
import type { Cluster } from '../cluster/cluster.ts'

/** What a rule is about. */
export interface AclSubject {
  kind: 'topic' | 'group' | 'cluster'
  /** `kafka-cluster` for the cluster. */
  name: string
}

export type AclOperation = 'read' | 'write' | 'create' | 'describe' | 'all'

const kinds = { topic: 2, group: 3, cluster: 4 } as const
const operations = { all: 2, read: 3, write: 4, create: 5, describe: 8 } as const
const literal = 3
const scramMechanism = { 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 } as const
const iterations = 4_096

/** Makes the account or changes its password, for one of the mechanisms; the cluster's client must have the right to. For tests. */
export async function setScramPassword(
  cluster: Cluster,
  mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512',
  name: string,
  password: string,
): Promise<void> {
  const salt = randomBytes(24)
  const [digest, bytes] = mechanism === 'SCRAM-SHA-256' ? ['sha256', 32] : ['sha512', 64]
  const saltedPassword = pbkdf2Sync(password, salt, iterations, bytes as number, digest as string)
  const account = { name, mechanism: scramMechanism[mechanism], iterations, salt, saltedPassword }
  const what = `Setting the password of ${name}`
  await cluster.askAny(what, (broker) =>
    cluster.connections.request(broker, 'control', alterUserScramCredentialsV0.api, [[], [account]], what),
  )
}

/** Forbids this to the principal (`User:alice`); returns what allows it again. For tests. */
export async function forbid(
  cluster: Cluster,
  principal: string,
  subject: AclSubject,
  operation: AclOperation,
): Promise<() => Promise<void>> {
  return await addRule(cluster, principal, subject, operation, 2)
}

/** Allows this to the principal, and with it forbids the subject to all who have no such rule. For tests. */
export async function allow(
  cluster: Cluster,
  principal: string,
  subject: AclSubject,
  operation: AclOperation,
): Promise<() => Promise<void>> {
  return await addRule(cluster, principal, subject, operation, 3)
}

async function addRule(
  cluster: Cluster,
  principal: string,
  { kind, name }: AclSubject,
  operation: AclOperation,
  permissionType: 2 | 3,
): Promise<() => Promise<void>> {
  const rule = {
    resourceType: kinds[kind],
    resourceName: name,
    resourcePatternType: literal,
    principal,
    host: '*',
    operation: operations[operation],
    permissionType,
  } as const
  const what = `Setting the rights on ${kind} ${name}`
  await cluster.askAny(what, (broker) =>
    cluster.connections.request(broker, 'control', createAclsV3.api, [[rule]], what),
  )
  return async () => {
    await cluster.askAny(what, (broker) =>
      cluster.connections.request(broker, 'control', deleteAclsV3.api, [[rule]], what),
    )
  }
}
